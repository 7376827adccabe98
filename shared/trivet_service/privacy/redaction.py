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

# The surest first: each sees the text without what those before it have found.
_RECOGNISERS: tuple[tuple[Kind, Callable[[str], Iterator[tuple[int, int]]]], ...] = (
    ("key", find_keys),
    ("email", find_emails),
    ("iban", find_ibans),
    ("id", find_resident_ids),
    ("card", find_cards),
    ("id", find_social_security),
    ("account", find_accounts),
    ("phone", find_phones),
)
# Whatever is found has an @, six digits or a long word.
_HINT = re.compile("[@\uff20]|[0-9A-Za-z_-]{20}")
_DIGITS = re.compile(r"\d(?:\D*+\d){5}")
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
    if _HINT.search(text) is None and _DIGITS.search(text) is None:
        return ()
    folded, found = fold(text), list[Personal]()
    rest = folded
    while True:
        seen = len(found)
        for kind, find in _RECOGNISERS:
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
