"""Which questions of Bitext's were made from one template: the file does not say, but their words do."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from difflib import get_close_matches

_NUMBER = re.compile(r"[#$€£]?\d[\d.,]*")
_WORD = re.compile(r"<\w+>|[a-z]+")
# A word in the questions of so many intents is one of asking (`help me`, `I want to`), not of what is asked.
_INTENTS = 9
# A word that stands in fewer questions may be another one that is written wrongly.
_RARE = 8
_ALIKE = 0.75
_ENDINGS = (("ing", 6), ("ed", 5), ("es", 5), ("s", 4))


def find_templates(questions: Sequence[tuple[str, str, str, str]]) -> list[str]:
    """A name for the template of each question (text, intent, entity, its value): its words, whatever their order.

    Entities and numbers are masked, slips of the pen mended, forms of a word put together; words of asking do not
    count, as the generator puts any of them around the same template.
    """
    masked = [_split(text, entity=entity, value=value) for text, _, entity, value in questions]
    counts = Counter(word for words in masked for word in set(words))
    known = [word for word, count in counts.items() if count >= _RARE]
    mended = {word: word for word in known}
    for word in counts.keys() - mended.keys():
        mended[word] = next(iter(get_close_matches(word, known, 1, _ALIKE)), word)
    intents = defaultdict(set)
    for words, (_, intent, _, _) in zip(masked, questions, strict=True):
        for word in words:
            intents[mended[word]].add(intent)
    return [
        " ".join(sorted({mended[word] for word in words if len(intents[mended[word]]) < _INTENTS})) for words in masked
    ]


def _split(text: str, *, entity: str, value: str) -> list[str]:
    folded = text.lower()
    if value:
        folded = folded.replace(value.lower(), f" <{entity}> ")
    return [word if word[0] == "<" else _stem(word) for word in _WORD.findall(_NUMBER.sub(" <n> ", folded))]


def _stem(word: str) -> str:
    for ending, least in _ENDINGS:
        if word.endswith(ending) and len(word) >= least and not word.endswith("ss"):
            word = word.removesuffix(ending)
            break
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return word.rstrip("e") or word
