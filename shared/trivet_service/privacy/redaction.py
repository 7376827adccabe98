"""Personal data out of texts before they are kept: what it is, where it stands, and the text without it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from trivet_service.privacy.accounts import find_accounts
from trivet_service.privacy.cards import find_cards
from trivet_service.privacy.emails import find_emails
from trivet_service.privacy.folding import fold
from trivet_service.privacy.ibans import find_ibans
from trivet_service.privacy.keys import find_keys
from trivet_service.privacy.phones import find_phones
from trivet_service.privacy.resident_ids import find_resident_ids
from trivet_service.privacy.social_security import find_social_security

Kind: TypeAlias = Literal["key", "email", "iban", "id", "card", "account", "phone"]

# What a text must hold for a recogniser to find anything: most texts hold none of it.
_AT = re.compile("[@\uff20]")
_LONG_WORD = re.compile("[0-9A-Za-z_-]{20}")
_DIGITS = re.compile(r"\d(?:\W{0,3}\d){5}")

# The surest first: each sees the text without what those before it have found.
_RECOGNISERS: tuple[tuple[Kind, re.Pattern[str], Callable[[str], Iterator[tuple[int, int]]]], ...] = (
    ("key", _LONG_WORD, find_keys),
    ("email", _AT, find_emails),
    ("iban", _DIGITS, find_ibans),
    ("id", _DIGITS, find_resident_ids),
    ("card", _DIGITS, find_cards),
    ("id", _DIGITS, find_social_security),
    ("account", _DIGITS, find_accounts),
    ("phone", _DIGITS, find_phones),
)
# Stands within a place that was found; nothing that a recogniser reads.
_BLANK = "\0"


@dataclass(frozen=True)
class Personal:
    """What was found in a text, from `start` up to `end` in characters."""

    start: int
    end: int
    kind: Kind


def find_personal(text: str) -> tuple[Personal, ...]:
    """What is personal or secret in a text, in order, nothing overlapping.

    Cards, e-mail addresses, telephone and account numbers, identity numbers and keys; no names and no addresses, which
    have no form of their own.
    """
    hints = [hint for hint in (_LONG_WORD, _AT, _DIGITS) if hint.search(text)]
    if not hints:
        return ()
    recognisers = [(kind, find) for kind, hint, find in _RECOGNISERS if hint in hints]
    folded, found = fold(text), list[Personal]()
    rest = folded
    while True:
        seen = len(found)
        for kind, find in recognisers:
            for start, end in find(rest):
                if rest[start:end] == folded[start:end]:
                    found.append(Personal(start, end, kind))
                    rest = f"{rest[:start]}[{_BLANK * (end - start - 2)}]{rest[end:]}"
        # What is left may be told by what it now stands beside, as it would be in the redacted text.
        if len(found) == seen:
            return tuple(sorted(found, key=lambda one: one.start))


def redact(text: str) -> str:
    """The text with `[card]`, `[email]` and so on in place of what is personal; the same whenever it is done again."""
    parts, at = list[str](), 0
    for one in find_personal(text):
        parts += (text[at : one.start], f"[{one.kind}]")
        at = one.end
    return "".join((*parts, text[at:])) if parts else text
