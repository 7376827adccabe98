"""Small changes to a message that should not change what is understood: one in every message, drawn with a seed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence

from trivet_support.hearing.keyboard import beside

# A message and the draw for it give the changed message.
Change = Callable[[str, random.Random], str]

_GREETINGS = (
    "hi there, ",
    "hello, hope you are well. ",
    "good morning, could you please help me? ",
    "sorry to bother you, ",
    "dear team, ",
    "hey, quick question please: ",
)
_THANKS = (
    " thank you so much in advance!",
    ", thanks",
    " would really appreciate your help",
    " cheers and have a nice day",
    ", please and thank you",
    " many thanks for your kind assistance.",
)
_CHINESE_GREETINGS = ("你好，请问", "您好，打扰了，", "不好意思，想咨询一下，", "早上好，麻烦问一下，")
_CHINESE_THANKS = ("，谢谢！", "，非常感谢", "，麻烦了，谢谢你", "，感谢您的帮助。")
_EMOJI = ("🙂", "😡", "🙏", "😭", "👍", "🤔", "💳", "❤️", "😅", "🔥")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_PUNCTUATION = re.compile(r"[^\w\s]")
# A slip in a shorter word makes another word rather than a misspelt one.
_LEAST_LETTERS = 4


def put_politeness(text: str, draw: random.Random) -> str:
    """A greeting in front and thanks behind."""
    if _CHINESE.search(text):
        return draw.choice(_CHINESE_GREETINGS) + text + draw.choice(_CHINESE_THANKS)
    return draw.choice(_GREETINGS) + text + draw.choice(_THANKS)


def put_typo(text: str, draw: random.Random) -> str:
    """A slip of the finger in one word: two letters swapped, one left out, one doubled, or the key beside it."""
    words = [found.span() for found in re.finditer(r"[A-Za-z]+", text) if len(found.group()) >= _LEAST_LETTERS]
    if not words:
        return text
    start, end = draw.choice(words)
    word = text[start:end]
    at = draw.randrange(1, len(word) - 1)
    near = beside(word[at].lower())
    slips = (
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[:at] + draw.choice(near) + word[at + 1 :],
    )
    return text[:start] + draw.choice(slips) + text[end:]


def put_casing(text: str, draw: random.Random) -> str:
    """All in capitals, each word with one, or small and large letters swapped."""
    return draw.choice((text.upper(), text.title(), text.swapcase()))


def put_letter(text: str, draw: random.Random) -> str:
    """A stray letter by itself: in front, behind or between two words."""
    return _put_between(text, draw.choice("abcdefghijklmnopqrstuvwxyz"), draw)


def put_emoji(text: str, draw: random.Random) -> str:
    """An emoji: in front, behind or between two words."""
    return _put_between(text, draw.choice(_EMOJI), draw)


def put_punctuation(text: str, draw: random.Random) -> str:
    """No punctuation at all, or far too much at the end."""
    bare = _PUNCTUATION.sub("", text).strip() or text
    return draw.choice((bare, f"{bare}!!!", f"{bare}...", f"{bare} ???"))


CHANGES: Mapping[str, Change] = {
    "politeness": put_politeness,
    "typo": put_typo,
    "casing": put_casing,
    "single-letter": put_letter,
    "emoji": put_emoji,
    "punctuation": put_punctuation,
}


def change_all(texts: Sequence[str], change: str, *, seed: int) -> list[str]:
    """Every message with the change; the same seed draws the same, whatever other changes there are."""
    draw = random.Random(f"{change} {seed}")
    return [CHANGES[change](text, draw) for text in texts]


def _put_between(text: str, mark: str, draw: random.Random) -> str:
    words = text.split()
    at = draw.randrange(len(words) + 1)
    return " ".join([*words[:at], mark, *words[at:]])
