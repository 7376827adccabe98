"""Dates and times, as seen from when the message was written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from trivet_service.privacy.folding import fold
from trivet_support.entities.chinese_dates import find_chinese_dates
from trivet_support.entities.entity import Entity

if TYPE_CHECKING:
    from trivet_support.entities.spotter import Message

# Words that say nothing of a date by themselves, which the library takes for months, days or units.
_MEANINGLESS = re.compile(
    r"(?:on|at|in|by|to|of|the|and|from|since|until|a|an|may|mar|march|sat|sun|mon|second|seconds|minute|minutes|hour"
    r"|hours|day|days|week|weeks|month|months|year|years|now|am|pm|do|so|is|it|me|ago|\d[\d.,]*|\s|[.,;:?!-])+",
    re.IGNORECASE,
)
# Unless they stand together so that they do: 12/05, 5 pm, in 3 hours, two days ago.
_PLAIN = re.compile(r"\d\s*[/:.-]\s*\d|\d\s*(?:am|pm)\b|^in\s+.*\d|\d.*\bago\b", re.IGNORECASE)
# What a date, or a time, may hold besides words that name it.
_HINT = re.compile(
    r"\d|today|tonight|tomorrow|yesterday|week|month|year|day|noon|midnight|morning|evening|ago|monday|tuesday|wednesday"
    r"|thursday|friday|saturday|sunday|january|february|march|april|june|july|august|september|october|november|december"
    r"|hour|minute|last|next",
    re.IGNORECASE,
)
_TIME = re.compile(r"\d\s*[:h]\s*\d|\d\s*(?:am|pm|a\.m|p\.m|o'clock)|hour|minute|second|noon|midnight", re.IGNORECASE)
# Amounts of money, and numbers that are too long for a year, are no part of a date.
_NO_DATE = re.compile(
    r"(?:[$€£¥￥]|\b[A-Z]{3}\s?)\d[\d,.]*|\d[\d,.]*\s?(?:[$€£¥￥%]|dollars?|euros?|pounds?)|\b\d{5,}\b"
)
# The library takes a second for some 4,000 characters that may all be dates.
_READ = 1_000
_LEADING = re.compile(r"^(?:(?:on|at|by|in|from|since|until|before|after|to|of|the)\s+)+(?=\D*\d|\w)", re.IGNORECASE)


@dataclass(frozen=True)
class DateSpotter:
    """Finds dates and times; the value is ISO 8601, a date alone where no time is told."""

    name: str

    def find(self, message: Message) -> Iterator[Entity]:
        """Every date and time, English and Chinese."""
        folded = fold(message.text)
        # Without an offset, as somebody who writes `at five` means the clock on the wall.
        written = message.written.replace(tzinfo=None)
        found = [*find_chinese_dates(folded, written), *_find_english(folded, written)]
        for start, end, value in found:
            yield Entity(
                entity=self.name,
                value=value,
                text=message.text[start:end],
                start=start,
                end=end,
                confidence=1.0,
                extractor="date",
            )


def _find_english(text: str, written: datetime) -> Iterator[tuple[int, int, str]]:
    if not _HINT.search(text):
        return
    from dateparser.search import search_dates

    masked = _NO_DATE.sub(lambda match: "#" * len(match.group()), text[:_READ])
    settings = {"RELATIVE_BASE": written, "PREFER_DATES_FROM": "current_period", "RETURN_AS_TIMEZONE_AWARE": False}
    at = 0
    for said, moment in search_dates(masked, languages=["en"], settings=settings) or ():
        start = masked.find(said, at)
        if start < 0 or (_MEANINGLESS.fullmatch(said) and not _PLAIN.search(said)):
            continue
        at = end = start + len(said)
        lead = _LEADING.match(said)
        start += lead.end() if lead is not None and lead.group().split()[0].lower() != "in" else 0
        yield start, end, write_moment(moment, has_time=bool(_TIME.search(said)))


def write_moment(moment: datetime, *, has_time: bool) -> str:
    """ISO 8601: the date alone, or with the time to the minute."""
    return moment.replace(tzinfo=None).isoformat(timespec="minutes") if has_time else moment.date().isoformat()
