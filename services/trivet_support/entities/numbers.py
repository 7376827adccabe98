"""Numbers in digits and in words, English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trivet_service.privacy.folding import fold
from trivet_support.entities.entity import Entity

if TYPE_CHECKING:
    from trivet_support.entities.spotter import Message

# No part of a word, a code or a date.
_DIGITS = re.compile(
    r"(?<![\w.,/:-])-?\d+(?:[.,' ]\d{3})*(?:[.,]\d+)?(?![\w/:-]|[.,]\d)|(?<=[\u4e00-\u9fff])\d+(?:\.\d+)?"
)
_BESIDE_SIGNS = re.compile(r"(?<![A-Za-z0-9_.,/:-])\d+(?:,\d{3})*(?:\.\d+)?(?=[\u4e00-\u9fff])")
_WORDS = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")
_SIGNS = re.compile("[零〇一二两三四五六七八九十百千万亿半]+(?:点[零〇一二三四五六七八九]+)?")
# Behind which a single sign counts something: in other places 一 is a part of words.
_MEASURE = re.compile("[个個块塊元次天张張笔筆件岁年月日号號点小时分钟人位条只斤台部本份周倍%]")
_MOST_WORDS = 10
# A longer row of digits or signs is no number that anybody counts with.
LONGEST = 24


@dataclass(frozen=True)
class Number:
    """Characters `start` to `end` (without) and what they count."""

    start: int
    end: int
    value: int | float


@dataclass(frozen=True)
class NumberSpotter:
    """Finds numbers."""

    name: str

    def find(self, message: Message) -> Iterator[Entity]:
        """Every number; those of the languages that their words are written in."""
        for one in find_numbers(message.text):
            text = message.text[one.start : one.end]
            yield Entity(
                entity=self.name,
                value=one.value,
                text=text,
                start=one.start,
                end=one.end,
                confidence=1.0,
                extractor="number",
            )


def find_numbers(text: str) -> Iterator[Number]:
    """Numbers in digits, in English words, in Chinese signs."""
    folded = fold(text)
    seen: set[tuple[int, int]] = set()
    for expression in (_DIGITS, _BESIDE_SIGNS):
        for match in expression.finditer(folded):
            if match.span() not in seen and len(match.group()) <= LONGEST:
                seen.add(match.span())
                yield Number(*match.span(), read_digits(match.group()))
    yield from _find_words(folded)
    yield from _find_signs(folded)


def read_digits(text: str) -> int | float:
    """What digits say, whichever mark stands before the decimals."""
    from price_parser.parser import parse_number

    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    found = parse_number(digits)
    value = float(found) if found is not None else float(re.sub(r"\D", "", digits))
    return sign * (int(value) if value.is_integer() else value)


def _find_words(text: str) -> Iterator[Number]:
    from number_parser import parse_number

    words = list(_WORDS.finditer(text))
    at = 0
    while at < len(words):
        value, end = None, at
        # A phrase of numbers goes on while it still reads as one: `two`, `two hundred`, `two hundred and five`.
        for last in range(at, min(len(words), at + _MOST_WORDS)):
            if last > at and text[words[last - 1].end() : words[last].start()].strip(" -"):
                break
            read = parse_number(text[words[at].start() : words[last].end()].lower(), language="en")
            if read is not None and words[last].group().lower() != "and":
                value, end = read, last
            elif last == at or words[last].group().lower() != "and":
                break
        if value is None:
            at += 1
            continue
        yield Number(words[at].start(), words[end].end(), value)
        at = end + 1


def _find_signs(text: str) -> Iterator[Number]:
    import cn2an

    for match in _SIGNS.finditer(text):
        signs = match.group()
        if len(signs) > LONGEST or (len(signs) == 1 and not _MEASURE.match(text, match.end())):
            continue
        try:
            value = cn2an.cn2an(signs, "smart")
        except (ValueError, KeyError):
            continue
        yield Number(*match.span(), int(value) if float(value).is_integer() else float(value))
