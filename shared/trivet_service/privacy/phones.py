"""Telephone numbers: international ones, local ones in the forms they are written in, and what a word calls one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from trivet_service.privacy.folding import WORD

# Countries whose numbers are known without their code, where the form alone does not tell which.
_REGIONS = ("GB", "DE", "FR", "IT", "CN", "IN", "JP", "KR", "AU", "NL", "BE", "CH", "AT", "SE", "TR", "ZA", "NG", "BR")

_ALONE = r"(?<![0-9A-Za-z_])(?<!\d[.,])"
_ENDS = r"(?![0-9A-Za-z_%]|[.,]\d)"
_GAP = "[ ()./-]{0,3}"

_INTERNATIONAL = re.compile(rf"(?<![\w+])(?:\+|00(?=[1-9]))\(?\d(?:{_GAP}\d){{6,17}}(?!\d)")
_CHINESE_MOBILE = re.compile(rf"{_ALONE}(?<![-+]\d)1[3-9]\d(?:\d{{8}}|([ -])\d{{4}}\1\d{{4}}){_ENDS}")
_NORTH_AMERICAN = re.compile(
    rf"{_ALONE}(?<!\d[ -])(?:1[ .-])?"
    rf"(?:\([2-9]\d\d\)[ .-]{{0,2}}[2-9]\d\d[ .-]|[2-9]\d\d([ .-])[2-9]\d\d\1)\d{{4}}{_ENDS}"
)
# With the zero of the trunk: in groups between which the same mark stands, the first may be another.
_TRUNK = re.compile(
    rf"(?<![\w.,$€£¥+%/-])(?<!\d )(?:\(0[1-9]\d{{0,4}}\)[ .-]?|0[1-9]\d{{0,4}}(?: ?/ ?|[ .-]))"
    rf"\d{{2,8}}(?:([ .-])\d{{2,4}}(?:\1\d{{2,4}}){{0,3}})?{_ENDS}"
)
_TRUNK_MOBILE = re.compile(rf"(?<![\w.,$€£¥+%/-])0[1-9]\d{{8,10}}{_ENDS}")
_NAMED = re.compile(
    rf"(?:(?<!{WORD})(?:(?:tele)?phones?|tel|mobile|mob|cell|cellphone|fax|whats ?app|sms"
    r"|(?:call|text|ring|reach|contact|phone|dial)\s+(?:me|us|him|her|them|back)"
    r"|telefon|telefoon|handy|rufnummer|téléphone|portable|teléfono|móvil|celular|telefono|cellulare"
    r"|телефон|тел|моб)(?![A-Za-z])|电话|電話|手机|手機|座机|联系方式|携帯|전화)"
    r"\s*(?:(?:numbers?|no|nr|num|n°|nummer|número|numero|номер|号码|號碼|号|番号|번호|back|at|on|under|unter|al"
    r"|is|ist|est|es|now|是|为|為|は|:|=|#|-|\.|,|\()\s*){0,4}"
    rf"(?P<digits>\(?\+?\d(?:{_GAP}\d){{6,14}}){_ENDS}",
    re.IGNORECASE,
)
_DATES = re.compile(
    r"\(?(?:(?:19|20)\d\d[ ./-]{1,3}(?:19|20)\d\d|(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2}"
    r"|\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d)(?!\d)"
)
_SEPARATORS = str.maketrans("", "", " ()./-")


def find_phones(text: str) -> Iterator[tuple[int, int]]:
    """Where telephone numbers stand."""
    for match in _NAMED.finditer(text):
        if _DATES.match(match["digits"]) is None:
            yield match.span("digits")
    for match in _INTERNATIONAL.finditer(text):
        yield from _longest(text, match, _is_international)
    for match in _CHINESE_MOBILE.finditer(text):
        yield from _longest(text, match, lambda found: _is_valid(found, "CN"))
    for match in _NORTH_AMERICAN.finditer(text):
        yield from _longest(text, match, lambda found: _is_valid(found, "US"))
    for match in _TRUNK.finditer(text):
        if _DATES.match(match.group()) is None and len(match.group().translate(_SEPARATORS)) >= 9:
            yield from _longest(text, match, lambda found: any(_is_valid(found, region) for region in _REGIONS))
    for match in _TRUNK_MOBILE.finditer(text):
        if any(_is_valid(match.group(), region, mobile=True) for region in _REGIONS):
            yield match.span()


def _longest(text: str, match: re.Match[str], is_phone: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    """The match up to the last group of digits with which it is a number: another number may follow it."""
    start, end = match.span()
    while end - start >= 7:
        if is_phone(text[start:end]):
            yield start, end
            return
        shorter = re.search(r"[^\d(+]+\d+$", text[start:end])
        if shorter is None:
            return
        end = start + shorter.start()


def _is_international(found: str) -> bool:
    import phonenumbers

    try:
        number = phonenumbers.parse(f"+{found[2:]}" if found.startswith("00") else found)
    except phonenumbers.NumberParseException:
        return False
    if phonenumbers.is_valid_number(number):
        return True
    # A range that is newer than the list of ranges is a number all the same, where the length is right.
    is_possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    return is_possible and found.startswith("+") and len(found.translate(_SEPARATORS)) > 10


def _is_valid(found: str, region: str, *, mobile: bool = False) -> bool:
    import phonenumbers

    try:
        number = phonenumbers.parse(found, region)
    except phonenumbers.NumberParseException:
        return False
    if not phonenumbers.is_valid_number(number):
        return False
    kinds = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
    return not mobile or phonenumbers.number_type(number) in kinds
