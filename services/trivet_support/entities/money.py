"""Amounts of money: a number beside a currency."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trivet_service.privacy.folding import fold
from trivet_support.entities.entity import Entity
from trivet_support.entities.numbers import LONGEST, Number, find_numbers, read_digits

if TYPE_CHECKING:
    from trivet_support.entities.spotter import Message

# By ISO 4217. Signs that several countries use stand for the one that is meant most.
_SIGNS = {"US$": "USD", "HK$": "HKD", "A$": "AUD", "C$": "CAD", "NT$": "TWD", "S$": "SGD", "$": "USD", "€": "EUR"}
_SIGNS |= {"£": "GBP", "¥": "JPY", "￥": "CNY", "₹": "INR", "₩": "KRW", "₽": "RUB", "₺": "TRY", "฿": "THB"}
_CODES = (
    "USD", "EUR", "GBP", "JPY", "CNY", "RMB", "CHF", "AUD", "CAD", "HKD", "INR", "SGD", "NZD", "SEK", "NOK", "DKK",
    "PLN", "CZK", "KRW", "TRY", "BRL", "MXN", "ZAR", "THB", "TWD",
)  # fmt: skip
_NAMES = {
    "dollars?": "USD", "bucks?": "USD", "us dollars?": "USD", "cents?": "USD", "euros?": "EUR", "pounds?": "GBP",
    "quid": "GBP", "pence": "GBP", "yen": "JPY", "yuan": "CNY", "renminbi": "CNY", "rupees?": "INR", "francs?": "CHF",
    "人民币": "CNY", "元": "CNY", "块钱": "CNY", "块": "CNY", "美元": "USD", "美金": "USD", "欧元": "EUR",
    "英镑": "GBP", "日元": "JPY", "港币": "HKD", "港元": "HKD",
}  # fmt: skip
_HUNDREDTHS = re.compile("cents?|pence", re.IGNORECASE)

_SIGN = "|".join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True))
_NAME = "|".join(sorted(_NAMES, key=len, reverse=True))
_BEFORE = re.compile(rf"(?:({_SIGN})|\b({'|'.join(_CODES)}))\s?$", re.IGNORECASE)
_AFTER = re.compile(rf"\s?(?:({_SIGN})|({'|'.join(_CODES)})(?![A-Za-z])|({_NAME})(?![A-Za-z]))", re.IGNORECASE)
# An amount that touches its sign, where a number alone would not stand: $1,234.50, 20€.
_TOUCHING = re.compile(
    rf"(?:(?:{_SIGN})\s?)(\d[\d.,']*\d|\d)|(\d[\d.,']*\d|\d)(?=\s?(?:{_SIGN}|{'|'.join(_CODES)}|k\b))", re.IGNORECASE
)


@dataclass(frozen=True)
class MoneySpotter:
    """Finds amounts of money."""

    name: str

    def find(self, message: Message) -> Iterator[Entity]:
        """Every amount with its currency."""
        folded = fold(message.text)
        for number in (*find_numbers(message.text), *_touching(folded)):
            found = _beside(folded, number, is_chinese=message.language.startswith("zh"))
            if found is None:
                continue
            start, end, currency, value = found
            yield Entity(
                entity=self.name,
                value=value,
                text=message.text[start:end],
                start=start,
                end=end,
                confidence=1.0,
                extractor="money",
                unit=currency,
            )


def _touching(text: str) -> Iterator[Number]:
    for match in _TOUCHING.finditer(text):
        group = 1 if match.group(1) else 2
        if len(match.group(group)) <= LONGEST:
            yield Number(match.start(group), match.end(group), read_digits(match.group(group)))


def _beside(text: str, number: Number, *, is_chinese: bool) -> tuple[int, int, str, int | float] | None:
    before = _BEFORE.search(text[max(0, number.start - 6) : number.start])
    if before is not None:
        start = number.start - len(before.group())
        return start, number.end, _currency(before.group(1), before.group(2), is_chinese=is_chinese), number.value
    after = _AFTER.match(text, number.end)
    if after is None:
        return None
    sign, code, name = after.groups()
    if name is not None:
        key = next(pattern for pattern in _NAMES if re.fullmatch(pattern, name, re.IGNORECASE))
        value = number.value / 100 if _HUNDREDTHS.fullmatch(name) else number.value
        return number.start, after.end(), _NAMES[key], value
    return number.start, after.end(), _currency(sign, code, is_chinese=is_chinese), number.value


def _currency(sign: str | None, code: str | None, *, is_chinese: bool) -> str:
    if sign is None:
        assert code is not None, "either stands there"
        return "CNY" if code.upper() == "RMB" else code.upper()
    return "CNY" if is_chinese and sign in "¥￥" else _SIGNS[sign.upper()]
