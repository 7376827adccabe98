"""Dates and times as Chinese writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

_NUMBER = r"(?:\d{1,4}|[零〇一二两三四五六七八九十]{1,4})"
_DAYS = {
    "大前天": -3,
    "前天": -2,
    "昨天": -1,
    "昨晚": -1,
    "今天": 0,
    "今晚": 0,
    "今日": 0,
    "明天": 1,
    "明晚": 1,
    "明日": 1,
    "后天": 2,
    "大后天": 3,
}
_WEEKS = {"上上": -2, "上": -1, "这": 0, "本": 0, "": 0, "下": 1, "下下": 2}
_WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6, "末": 5} | {
    str(n + 1): n for n in range(7)
}
_UNITS = {
    "天": "days",
    "日": "days",
    "周": "weeks",
    "星期": "weeks",
    "礼拜": "weeks",
    "小时": "hours",
    "个小时": "hours",
    "分钟": "minutes",
}

_DATE = (
    r"(?P<iso>\d{4})[-/.](?P<iso_month>\d{1,2})[-/.](?P<iso_day>\d{1,2})"
    rf"|(?:(?P<year>\d{{4}}|[零〇一二三四五六七八九]{{4}})年)?(?P<month>{_NUMBER})月(?P<day>{_NUMBER})[日号]"
    rf"|(?P<relative>{'|'.join(sorted(_DAYS, key=len, reverse=True))})"
    r"|(?P<week>上上|下下|上|下|这|本|)(?:个)?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天末1-7])"
    rf"|(?P<count>{_NUMBER}|半)(?:个)?(?P<unit>小时|分钟|天|日|周|星期|礼拜|月|年)(?P<side>前|后|以前|以后|之前|之后)"
    r"|(?P<span>上个?月|这个?月|本月|下个?月|去年|今年|明年|上周|上个星期|下周|下个星期|本周|这周)"
)
_TIME = (
    r"(?P<part>凌晨|早上|上午|中午|下午|傍晚|晚上|今晚|明晚|昨晚)?"
    rf"(?:(?P<hour>{_NUMBER})(?:点钟?|时)(?:(?P<half>半)|(?P<quarter>[一三]刻)|(?P<minute>{_NUMBER})分?)?"
    r"|(?P<clock>\d{1,2}):(?P<clock_minute>\d{2}))"
)
_MOMENT = re.compile(rf"(?:{_DATE})(?:\s*的?\s*{_TIME})?")
_TIME_ALONE = re.compile(_TIME)
_HAN = re.compile("[\u4e00-\u9fff]")
_AFTERNOON = ("下午", "傍晚", "晚上", "今晚", "明晚", "昨晚")


def find_chinese_dates(text: str, written: datetime) -> Iterator[tuple[int, int, str]]:
    """First character, the one after the last, and ISO 8601 of each date or time; impossible ones are passed over."""
    if not _HAN.search(text):
        return
    at = 0
    while at < len(text):
        match = _MOMENT.search(text, at)
        alone = _TIME_ALONE.search(text, at)
        if match is None and alone is None:
            return
        if match is None or (alone is not None and alone.start() < match.start()):
            assert alone is not None, "one of the two was found"
            value = _read_time(alone, written)
            found: re.Match[str] = alone
        else:
            value, found = _read(match, written), match
        if value is not None:
            yield found.start(), found.end(), value
        at = found.end()


def _read(match: re.Match[str], written: datetime) -> str | None:
    try:
        day, has_time = _read_day(match, written)
    except (ValueError, OverflowError):
        return None
    if match["hour"] is not None or match["clock"] is not None:
        return _at_time(match, day, part=match["part"] or match["relative"])
    return day.isoformat(timespec="minutes") if has_time else day.date().isoformat()


def _read_day(match: re.Match[str], written: datetime) -> tuple[datetime, bool]:
    if match["iso"] is not None:
        return written.replace(year=int(match["iso"]), month=int(match["iso_month"]), day=int(match["iso_day"])), False
    if match["month"] is not None:
        year = written.year if match["year"] is None else _count(match["year"])
        return written.replace(year=year, month=_count(match["month"]), day=_count(match["day"])), False
    if match["relative"] is not None:
        return written + timedelta(days=_DAYS[match["relative"]]), False
    if match["weekday"] is not None:
        monday = written - timedelta(days=written.weekday())
        return monday + timedelta(weeks=_WEEKS[match["week"]], days=_WEEKDAYS[match["weekday"]]), False
    if match["count"] is not None:
        return _shift(match, written)
    return _read_span(match["span"], written), False


def _shift(match: re.Match[str], written: datetime) -> tuple[datetime, bool]:
    count = 0.5 if match["count"] == "半" else float(_count(match["count"]))
    count = -count if "前" in match["side"] else count
    unit = match["unit"]
    if unit in ("月", "年"):
        return _add_months(written, round(count * (12 if unit == "年" else 1))), False
    return written + timedelta(**{_UNITS[unit]: count}), unit in ("小时", "分钟")


def _read_span(span: str, written: datetime) -> datetime:
    step = -1 if span[0] in "上去" else 1 if span[0] in "下明" else 0
    if span.endswith("月"):
        return _add_months(written, step)
    if span.endswith("年"):
        return _add_months(written, 12 * step)
    return written + timedelta(weeks=step)


def _add_months(moment: datetime, months: int) -> datetime:
    count = moment.year * 12 + moment.month - 1 + months
    # The last days of a month may not be there in another.
    return moment.replace(year=count // 12, month=count % 12 + 1, day=min(moment.day, 28))


def _read_time(match: re.Match[str], written: datetime) -> str | None:
    return _at_time(match, written, part=match["part"])


def _at_time(match: re.Match[str], day: datetime, *, part: str | None) -> str | None:
    hour = int(match["clock"]) if match["clock"] is not None else _count(match["hour"])
    minute = 0
    if match["clock_minute"] is not None:
        minute = int(match["clock_minute"])
    elif match["half"] is not None:
        minute = 30
    elif match["quarter"] is not None:
        minute = 15 if match["quarter"][0] == "一" else 45
    elif match["minute"] is not None:
        minute = _count(match["minute"])
    if part in _AFTERNOON and hour < 12:
        hour += 12
    try:
        return day.replace(hour=hour, minute=minute).isoformat(timespec="minutes")
    except ValueError:
        return None


def _count(signs: str) -> int:
    if signs.isdigit() and signs.isascii():
        return int(signs)
    import cn2an

    return int(cn2an.cn2an(signs, "smart"))
