"""Chinese resident identity numbers (GB 11643): province, date of birth and a check digit that is right."""

from __future__ import annotations

import re
from collections.abc import Iterator

_PROVINCE = r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91)"
_DATE = r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_NUMBER = re.compile(rf"(?<![0-9A-Za-z_])(?<!\d\.){_PROVINCE}\d{{4}}[ -]?{_DATE}[ -]?\d{{3}}[0-9Xx](?![0-9A-Za-z_])")
_SEPARATORS = str.maketrans("", "", " -")


def find_resident_ids(text: str) -> Iterator[tuple[int, int]]:
    """Where identity numbers stand."""
    for match in _NUMBER.finditer(text):
        from stdnum.cn import ric

        number = match.group().translate(_SEPARATORS).upper()
        if ric.calc_check_digit(number) == number[-1]:
            yield match.span()
