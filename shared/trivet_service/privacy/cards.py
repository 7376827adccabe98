"""Numbers of payment cards: 13 to 19 digits of a range that is issued, in the groups they are printed in."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Where a number may begin: not inside a word or after a decimal point, but behind the name of a card.
_BEGINS = re.compile(
    r"(?:(?<![0-9A-Za-z_])|(?<=visa)|(?<=card)|(?<=amex)|(?<=debit)|(?<=credit))(?<!\d\.)(?=[2-68-9]\d)", re.IGNORECASE
)
_BETWEEN = "[ .-]{1,2}"
_ENDS = r"(?!\.?\d|[A-Za-z_])"
# Longest first: what follows a number, such as its check code, is tried as a part of it.
_FORMS = tuple(
    re.compile(form.replace("~", _BETWEEN) + _ENDS)
    for form in (
        r"\d{13,19}",
        r"\d{4}~\d{4}~\d{4}~\d{4}~\d{1,3}",
        r"\d{4}~\d{4}~\d{4}~\d{1,4}",
        r"\d{4}~\d{6}~\d{4,5}",
        r"\d{6}~\d{8,13}",
        r"\d{8}~\d{8}",
    )
)
# The ranges of ISO/IEC 7812 that payment cards are issued from, with their lengths.
_ISSUED = re.compile(
    r"4(?:\d{12}|\d{15}|\d{17,18})"
    r"|5[0-8]\d{14,17}"
    r"|(?:222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720|220[0-4])\d{12}"
    r"|3[47]\d{13}"
    r"|3(?:0[0-5]|09|[68]\d|9\d)\d{11}(?:\d{2,5})?"
    r"|35\d{14,17}"
    r"|6\d{15,18}"
    r"|8[12]\d{14,17}"
    r"|9558\d{15}"
    r"|9792\d{12}"
)
_NOT_A_DIGIT = re.compile(r"\D")


def find_cards(text: str) -> Iterator[tuple[int, int]]:
    """Where numbers of cards stand: of an issued range, and right by the formula of Luhn."""
    from stdnum import luhn

    taken = 0
    for begin in _BEGINS.finditer(text):
        if begin.start() < taken:
            continue
        for form in _FORMS:
            match = form.match(text, begin.start())
            if match is None:
                continue
            number = _NOT_A_DIGIT.sub("", match.group())
            if _ISSUED.fullmatch(number) and luhn.is_valid(number):
                taken = match.end()
                yield match.span()
                break
