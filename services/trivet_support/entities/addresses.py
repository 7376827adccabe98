"""E-mail addresses and telephone numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trivet_service.privacy.emails import find_emails
from trivet_service.privacy.folding import fold
from trivet_service.privacy.phones import find_phones
from trivet_support.entities.entity import Entity

if TYPE_CHECKING:
    from trivet_support.entities.spotter import Message


@dataclass(frozen=True)
class EmailSpotter:
    """Finds e-mail addresses; the value is in small letters."""

    name: str

    def find(self, message: Message) -> Iterator[Entity]:
        """Every address."""
        for start, end in find_emails(fold(message.text)):
            text = message.text[start:end]
            yield Entity(
                entity=self.name,
                value=fold(text).lower(),
                text=text,
                start=start,
                end=end,
                confidence=1.0,
                extractor="email",
            )


@dataclass(frozen=True)
class PhoneSpotter:
    """Finds telephone numbers; the value is E.164 where the country is known, else the digits."""

    name: str

    def find(self, message: Message) -> Iterator[Entity]:
        """Every number that is one."""
        region = "CN" if message.language.startswith("zh") else None
        for start, end in find_phones(fold(message.text)):
            text = message.text[start:end]
            yield Entity(
                entity=self.name,
                value=_normalise(fold(text), region),
                text=text,
                start=start,
                end=end,
                confidence=1.0,
                extractor="phone",
            )


def _normalise(text: str, region: str | None) -> str:
    import phonenumbers

    plain = f"+{text[2:]}" if text.startswith("00") else text
    try:
        number = phonenumbers.parse(plain, region)
    except phonenumbers.NumberParseException:
        number = None
    if number is not None and phonenumbers.is_possible_number(number):
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return "".join(character for character in plain if character.isdigit() or character == "+")
