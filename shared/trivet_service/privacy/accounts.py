"""Numbers of bank accounts that the words beside them tell: a number alone says nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trivet_service.privacy.folding import WORD

_ACCOUNT = (
    rf"(?:(?<!{WORD})(?:accounts?|accnt|acct?|a/c|sort code|routing|aba|bsb|kontonummer|konto(?:nr)?|compte|cuenta"
    r"|conto|conta|rekening|счет|счёт|счета)(?![A-Za-z])|账号|帐号|账户|帐户|帳號|帳戶|賬戶|銀行口座|口座|卡号|卡號|계좌)"
)
_NUMBER = r"numbers?|no|nr|num|n°|№|nummer|numéro|número|numero|номер|номера|号码|號碼|番号|번호"
_LINK = r"is|was|are|ist|lautet|est|es|è|é|是|为|為|は|:|=|#|-|\.|,|\(|with|ending(?: in)?"
# A word for an account alone may stand before an amount or a year; with one for its number it may not.
_DIGITS = r"\d(?:[ -]?\d){%d,19}(?!\d|[.,]\d|[A-Za-z_%%])"
_NUMBERED = rf"{_ACCOUNT}\s*(?:(?:{_LINK})\s*){{0,2}}(?:(?:{_NUMBER})\s*)(?:(?:{_LINK})\s*){{0,3}}"
_NAMED = rf"{_ACCOUNT}\s*(?:(?:{_LINK})\s*){{0,3}}"
_PATTERNS = (
    re.compile(rf"{_NUMBERED}(?P<digits>{_DIGITS % 5})", re.IGNORECASE),
    re.compile(rf"{_NAMED}(?P<digits>{_DIGITS % 7})", re.IGNORECASE),
    re.compile(
        r"(?<![0-9A-Za-z_])(?<!\d[.,])(?P<digits>\d(?:[ -]?\d){5,19})\s*,?\s*(?:is|as)\s+"
        r"(?:the|my|our|his|her|their)\s+(?:bank\s+)?(?:account|acct|a/c)",
        re.IGNORECASE,
    ),
)
_YEARS = re.compile(r"(?:19|20)\d\d[ -](?:19|20)\d\d|(?:19|20)\d\d-\d\d-\d\d|\d\d-\d\d-(?:19|20)\d\d")


def find_accounts(text: str) -> Iterator[tuple[int, int]]:
    """Where digits stand that a word beside them calls an account."""
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if _YEARS.match(match["digits"]) is None:
                yield match.span("digits")
