"""A question back where two intents are close, and how the next message settles it without the model."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from trivet_support.phrases import title_of

# Words that say which of two or three, wherever the number stands.
_PLACES: tuple[frozenset[str], ...] = (
    frozenset({"1", "1st", "first", "one", "former", "a", "第一个", "第1个", "第一", "一", "前者", "前面的", "前一个"}),
    frozenset({"2", "2nd", "second", "two", "b", "第二个", "第2个", "第二", "二", "后面的", "后一个"}),
    frozenset({"3", "3rd", "third", "three", "c", "第三个", "第3个", "第三", "三"}),
)
_LAST = frozenset({"last", "latter", "后者", "最后一个"})
# What stands around a choice and does not change it.
_AROUND = frozenset(
    re.findall(
        r"\S+",
        "the option number no nr choice answer it is its that this i mean meant please thanks thank you yes ok okay"
        " want one ones would like take choose pick to about my for of with and"
        " 是 我要 我选 选 要 请 谢谢 吧 的 号 那个 选项 这个",
    )
)
_REFUSES = re.compile(
    r"\b(neither|none|not|no|nothing|nope|never|don'?t|isn'?t|both)\b|不是|都不|没有|不要|都是", re.IGNORECASE
)
_EASTERN = re.compile("[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Asked:
    """An intent that was asked about, and what a customer reads of it."""

    intent: str
    label: str


def ask_about(intents: Sequence[str]) -> tuple[Asked, ...]:
    """The options of a question, as a customer reads them."""
    return tuple(Asked(intent, title_of(intent)) for intent in intents)


def find_pick(text: str, options: Sequence[Asked]) -> str | None:
    """The intent that a message chooses of those that were asked about; None where it says something else.

    It may be a button's payload, the place ("the second one", "2", "第二个", "the latter"), or words of one option and
    of no other. What refuses, or says anything beside the choice, is left to the model.
    """
    plain = _plain(text)
    if not plain:
        return None
    for option in options:
        if plain in (_plain(option.intent), _plain(option.label)):
            return option.intent
    if _REFUSES.search(text):
        return None
    words = _words(plain)
    place = _find_place(words, count=len(options))
    if place is not None:
        return options[place].intent
    return _find_words([word for word in words if word not in _AROUND], options)


def _find_place(words: Sequence[str], *, count: int) -> int | None:
    """The place that the words name, if they name one and nothing else."""
    # "The second one" and "the first of the two" name one place, with a number word behind it.
    said = [word for word in words if word == "one" or word not in _AROUND]
    if not said:
        return None
    first, rest = said[0], said[1:]
    if any(word not in {"one", "two", "three", "个"} for word in rest):
        return None
    if first in {"one", "option"} and rest:
        first = rest[0]
    if first in _LAST:
        return count - 1
    return next((at for at, words in enumerate(_PLACES[:count]) if first in words), None)


def _find_words(said: Sequence[str], options: Sequence[Asked]) -> str | None:
    """The one option that has all the words."""
    if not said:
        return None
    fitting = [one for one in options if set(said) <= {*_words(_plain(one.label)), *_words(_plain(one.intent))}]
    return fitting[0].intent if len(fitting) == 1 else None


def _plain(text: str) -> str:
    """Letters and digits alone, parted by single blanks."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("'", "")
    return " ".join(re.sub(r"[\W_]+", " ", folded).split())


def _words(plain: str) -> list[str]:
    """Words; a run of Chinese is cut where one of ours stands at its edge."""
    found = []
    for word in plain.split():
        found += _cut_eastern(word) if _EASTERN.search(word) else [word]
    return found


def _cut_eastern(run: str) -> list[str]:
    known = sorted(
        (word for word in {*_AROUND, *_LAST, *frozenset().union(*_PLACES)} if _EASTERN.search(word)), key=len
    )
    found: list[str] = []
    while run:
        word = next((word for word in reversed(known) if run.startswith(word)), None)
        if word is None:
            return [*found, run]
        found.append(word)
        run = run[len(word) :]
    return found
