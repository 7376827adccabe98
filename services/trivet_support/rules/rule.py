"""Business rules as they are written down: when a message is meant, and what is then done."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from trivet_support.decision import Decision
from trivet_support.rules.fired import Urgency

Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\s/]+$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"\w")]
Day: TypeAlias = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
DAYS: tuple[Day, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

EXAMPLE: dict[str, Any] = {
    "hours": [
        {
            "name": "office",
            "zone": "Europe/Berlin",
            "days": {"monday": ["09:00-12:30", "13:30-17:00"], "friday": ["09:00-14:00"]},
            "holidays": ["12-25", "2027-03-26"],
        }
    ],
    "rules": [
        {
            "name": "lawyers",
            "because": "Threats of legal action go to a person at once.",
            "priority": 100,
            "when": {"words": ["lawyer", "attorney", "sue you"]},
            "then": {"do": "escalate", "urgency": "urgent"},
        },
        {
            "name": "no-guarantees",
            "because": "Nobody may promise a date of delivery.",
            "then": {"do": "forbid_phrases", "phrases": ["guaranteed", "by tomorrow"]},
        },
    ],
}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Hours(_Part):
    """Opening hours: what is open when, in the zone's own time; a day that is not named is closed."""

    name: Name
    zone: str = Field(max_length=100, description="A time zone such as Europe/Berlin.")
    days: dict[Day, list[str]] = Field(description="`HH:MM-HH:MM`, several a day; 24:00 is its end.")
    holidays: list[str] = Field(
        default_factory=list, max_length=1000, description="Closed: `MM-DD` every year, `YYYY-MM-DD` in one."
    )


class When(_Part):
    """What must all hold of a message; a list holds where one of its entries does. Nothing: always."""

    words: list[Words] = Field(
        default_factory=list, max_length=1000, description="Whole words or phrases, whatever their case."
    )
    pattern: str = Field("", max_length=1000, description="A regular expression of RE2, found anywhere in the text.")
    intents: list[str] = Field(default_factory=list, max_length=1000)
    entities: list[str] = Field(default_factory=list, max_length=100, description="Kinds of entities.")
    languages: list[str] = Field(default_factory=list, max_length=100)
    channels: list[str] = Field(default_factory=list, max_length=100)
    decisions: list[Decision] = Field(default_factory=list, max_length=10)
    confidence_below: float | None = Field(None, gt=0, le=1, description="The model is less certain of its intent.")
    turns_from: int | None = Field(None, ge=1, le=10_000, description="At least the so-manieth message of a dialogue.")
    within: str = Field("", max_length=100, description="The name of hours that are open now.")
    outside: str = Field("", max_length=100, description="The name of hours that are closed now.")


class ForceIntent(_Part):
    """The message has this intent, whatever the model thinks; rules of less priority see it so."""

    do: Literal["force_intent"]
    intent: str = Field(min_length=1, max_length=200)


class HandOver(_Part):
    """A person takes over."""

    do: Literal["hand_over"]


class Escalate(_Part):
    """A person takes over, with an urgency."""

    do: Literal["escalate"]
    urgency: Urgency


class FallBack(_Part):
    """The bot says that it cannot help."""

    do: Literal["fall_back"]


class SetReply(_Part):
    """The bot says this; `{name}` is filled as in a template."""

    do: Literal["reply"]
    text: str = Field(min_length=1, max_length=4000)


class ForbidAnswer(_Part):
    """The bot neither answers nor asks: what it would answer goes to a person."""

    do: Literal["forbid_answer"]


class ForbidPhrases(_Part):
    """No reply with one of these leaves; another is looked for, else a person takes over."""

    do: Literal["forbid_phrases"]
    phrases: list[Words] = Field(min_length=1, max_length=1000)


Then: TypeAlias = Annotated[
    ForceIntent | HandOver | Escalate | FallBack | SetReply | ForbidAnswer | ForbidPhrases, Field(discriminator="do")
]


class Rule(_Part):
    """One rule; of several that apply, the one of highest priority decides, of equal ones the first."""

    name: Name
    because: str = Field(min_length=1, max_length=500, description="Why; shown with every answer that it changed.")
    priority: int = Field(0, ge=-1000, le=1000)
    when: When = When()
    then: Then

    @property
    def decides(self) -> bool:
        """Whether no rule after it decides anything."""
        return self.then.do not in ("force_intent", "forbid_phrases")


class RuleSet(_Part):
    """All the rules of a tenant."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    hours: list[Hours] = Field(default_factory=list, max_length=50)
    rules: list[Rule] = Field(default_factory=list, max_length=500)
