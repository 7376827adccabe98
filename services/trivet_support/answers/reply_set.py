"""What a bot says to one intent: variants with variables, in several languages and for several channels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from trivet_support.answers.template import Template, read_template
from trivet_support.replies import Button

_LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
EXAMPLE: dict[str, Any] = {
    "variants": [
        {
            "text": "Your card for account {account} was posted on {posted}.",
            "language": "en",
            "buttons": [{"title": "It has not come", "payload": "card not arrived"}],
        },
        {"text": "Cards arrive five working days after they are posted.", "language": "en"},
    ],
    "ask": {"account": "Which account is the card for?"},
}

Said = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=r"\S")]


class Variant(BaseModel):
    """One way to say it; without a language it serves every one, without channels all of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Said = Field(description="`{name}` stands for a variable: of the request, an entity, or the session.")
    language: str | None = Field(None, max_length=35, pattern=_LANGUAGE)
    channels: list[str] = Field(default_factory=list, max_length=20)
    buttons: list[Button] = Field(default_factory=list, max_length=20)


class ReplySet(BaseModel):
    """Variants in the order in which they are tried; `ask` is the question for a variable that none can do without."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [EXAMPLE]})

    variants: list[Variant] = Field(min_length=1, max_length=50)
    ask: dict[str, Said] = Field(default_factory=dict, max_length=50)


@dataclass(frozen=True)
class Filled:
    """A variant as it goes out."""

    text: str
    buttons: tuple[Button, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything in it that a customer reads."""
        return (self.text, *(button.title for button in self.buttons))


class Replies:
    """A reply set that was read: templates beside their variants."""

    def __init__(self, replies: ReplySet) -> None:
        """Raises InputError where a template is none; `where` points at it."""
        self._ask = replies.ask
        self._variants = [
            (
                variant,
                read_template(variant.text, pointer=f"/variants/{at}/text"),
                [
                    read_template(button.title, pointer=f"/variants/{at}/buttons/{number}/title")
                    for number, button in enumerate(variant.buttons)
                ],
            )
            for at, variant in enumerate(replies.variants)
        ]

    def fill(self, variables: Mapping[str, str], *, language: str, channel: str) -> Iterator[Filled]:
        """Every variant whose variables are all known, in order: those in the language, then those in none."""
        for variant, text, titles in self._fitting(language=language, channel=channel):
            if not any(part.missing(variables) for part in (text, *titles)):
                buttons = [
                    Button(title=title.fill(variables), payload=button.payload)
                    for title, button in zip(titles, variant.buttons, strict=True)
                ]
                yield Filled(text.fill(variables), tuple(buttons))

    def missing(self, variables: Mapping[str, str], *, language: str, channel: str) -> str:
        """The variable that stands between the customer and a reply; empty: there is none in this language.

        It is the first that the variant lacks which lacks fewest.
        """
        lacking = [
            [name for part in (text, *titles) for name in part.missing(variables)]
            for _, text, titles in self._fitting(language=language, channel=channel)
        ]
        return min(lacking, key=len, default=[""])[0] if all(lacking) and lacking else ""

    def question(self, name: str) -> str | None:
        """The question for a variable, where the set has one."""
        return self._ask.get(name)

    def _fitting(self, *, language: str, channel: str) -> list[tuple[Variant, Template, list[Template]]]:
        here = [entry for entry in self._variants if not entry[0].channels or channel in entry[0].channels]
        same = [entry for entry in here if entry[0].language and _is_same(entry[0].language, language)]
        return same + [entry for entry in here if not entry[0].language] or here


def _is_same(one: str, other: str) -> bool:
    """Whether two tags name one language, whatever the region."""
    return one.partition("-")[0] == other.partition("-")[0]
