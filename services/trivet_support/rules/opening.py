"""Whether hours are open at a moment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from trivet.errors import InputError
from trivet_support.rules.rule import DAYS, Hours

_SPAN = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_HOLIDAY = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2})")
_DAY_MINUTES = 24 * 60


@dataclass(frozen=True)
class Opening:
    """Hours that were read: minutes of the day from and to (without), by weekday from Monday, 0."""

    zone: ZoneInfo
    spans: Mapping[int, tuple[tuple[int, int], ...]]
    holidays: frozenset[str]

    def is_open(self, now: float) -> bool:
        """Whether they are open at `now`, seconds since 1970 UTC."""
        here = datetime.fromtimestamp(now, UTC).astimezone(self.zone)
        if f"{here:%m-%d}" in self.holidays or f"{here:%Y-%m-%d}" in self.holidays:
            return False
        minute = here.hour * 60 + here.minute
        return any(start <= minute < end for start, end in self.spans.get(here.weekday(), ()))


def read_hours(hours: Hours, *, pointer: str) -> Opening:
    """Hours as they can be asked.

    Raises:
        InputError: there is no such zone, time or date, or they are never open; `where` points at it under `pointer`.
    """
    try:
        zone = ZoneInfo(hours.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        what = f"there is no time zone {hours.zone!r}."
        raise InputError(what, where=f"{pointer}/zone", todo="Name one such as Europe/Berlin.") from error
    spans = {
        DAYS.index(day): tuple(_read_span(span, pointer=f"{pointer}/days/{day}/{at}") for at, span in enumerate(given))
        for day, given in hours.days.items()
    }
    if not any(spans.values()):
        raise InputError(f"the hours {hours.name!r} are never open.", where=f"{pointer}/days")
    for at, holiday in enumerate(hours.holidays):
        _check_holiday(holiday, pointer=f"{pointer}/holidays/{at}")
    return Opening(zone, spans, frozenset(hours.holidays))


def _read_span(span: str, *, pointer: str) -> tuple[int, int]:
    found = _SPAN.fullmatch(span)
    if found is None:
        raise InputError(f"{span!r} is no span of time.", where=pointer, todo="Write it as 09:00-17:00.")
    hours = [int(group) for group in found.groups()]
    start, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    if end > _DAY_MINUTES or start >= end:
        todo = "Cut it at midnight: 22:00-24:00, and 00:00-06:00 on the next day."
        raise InputError(f"{span!r} does not end after it begins.", where=pointer, todo=todo)
    return start, end


def _check_holiday(holiday: str, *, pointer: str) -> None:
    found = _HOLIDAY.fullmatch(holiday)
    try:
        if found is None:
            raise ValueError(holiday)
        # A leap year, so that the 29th of February may be one every year.
        datetime(int(found[1] or 2024), int(found[2]), int(found[3]), tzinfo=UTC)
    except ValueError as error:
        raise InputError(f"{holiday!r} is no date.", where=pointer, todo="Write 12-25 or 2026-12-25.") from error
