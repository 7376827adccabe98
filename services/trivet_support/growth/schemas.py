"""Requests and answers about intents and their examples."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from trivet_service.limits import ShortText
from trivet_service.moments import moment
from trivet_service.paging import Page
from trivet_support.growth.effect import Effect
from trivet_support.growth.footings import State
from trivet_support.growth.intent import MAX_NAME, Example, Intent, Source

_INTENT: dict[str, Any] = {
    "name": "card_freeze",
    "description": "wants their card blocked for a while",
    "examples": 3,
    "known_by": "examples",
    "created_at": "2026-11-24T12:00:00Z",
    "changed_at": "2026-11-24T12:00:00Z",
}
_EXAMPLE: dict[str, Any] = {
    "id": "3c1f",
    "text": "freeze my card please",
    "source": "api",
    "created_at": "2026-11-20T10:00:00Z",
}
CHANGED: dict[str, Any] = {
    "added": 2,
    "merged": 0,
    "removed": 0,
    "created": ["card_freeze"],
    "revision": 7,
    "answers": True,
    "stored": True,
    "effect": None,
}
_EFFECT: dict[str, Any] = {
    "held_out": {
        "rows": 924,
        "right_alone": 862,
        "right_before": 861,
        "right_after": 859,
        "change": -0.0022,
        "taken": 2,
    },
    "confused": [{"intent": "card_arrival", "rows": 2}],
    "footing": "ready",
    "tolerance": 0.01,
    "passes": True,
}

KnownBy: TypeAlias = Literal["model", "examples", "both", "nothing"]
# Whether the model learnt it, and whether there are examples.
_KNOWN_BY: Mapping[tuple[bool, bool], KnownBy] = {
    (True, True): "both",
    (True, False): "model",
    (False, True): "examples",
    (False, False): "nothing",
}


def _check_name(name: str) -> str:
    if name != name.strip() or not name.isprintable() or "/" in name:
        raise ValueError("a name has no blanks around it, no slash, and only characters that can be printed")
    return name


Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME), AfterValidator(_check_name)]
Description = Annotated[str, StringConstraints(max_length=1000)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class IntentPut(_Asked):
    """An intent as it is to be; with `examples` it has exactly these afterwards."""

    description: Description = ""
    examples: list[ShortText] | None = Field(
        None, description="Messages that want it; null: those that it has stay. Up to 5,000 in one request."
    )


class IntentPatch(_Asked):
    """What is to be changed of an intent."""

    description: Description


class ExamplesIn(_Asked):
    """Further messages that want an intent."""

    examples: list[ShortText] = Field(min_length=1)


class IntentShown(BaseModel):
    """An intent; `known_by` says whether the live model learnt it, or only your examples say what it is, or both."""

    model_config = ConfigDict(json_schema_extra={"examples": [_INTENT]})

    name: str = Field(examples=["card_freeze"])
    description: str
    examples: int = Field(description="How many you have given.")
    known_by: KnownBy
    created_at: datetime | None = Field(description="Null: only the model knows it.")
    changed_at: datetime | None


class IntentsPage(Page[IntentShown]):
    """Some of the intents, by name."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_INTENT], "next_cursor": None}]})


class ExampleShown(BaseModel):
    """An example of an intent."""

    id: str
    text: str
    source: Source
    created_at: datetime


class ExamplesPage(Page[ExampleShown]):
    """Some of the examples of an intent, oldest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_EXAMPLE], "next_cursor": None}]})


class Counted(BaseModel):
    """Held-out rows that are right by the model alone, before a change and after it; `taken` are right no more."""

    rows: int
    right_alone: int
    right_before: int
    right_after: int
    change: float = Field(description="Of accuracy, as a share: -0.01 is a point lost.")
    taken: int


class Confused(BaseModel):
    """An intent that loses rows to the change."""

    intent: str
    rows: int


class EffectShown(BaseModel):
    """What a change does to the answers.

    `held_out` are rows of the model's data set that it has not learnt, null while those are not at hand: then the
    gate cannot judge and lets pass.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_EFFECT]})

    held_out: Counted | None
    confused: list[Confused] = Field(description="Intents of held-out rows that are right no more, the most first.")
    footing: State
    tolerance: float
    passes: bool


class IntentChanged(BaseModel):
    """What came of a change, and what it does to the answers.

    `answers` says whether this server answers by it already; others follow within a second or two.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [CHANGED]})

    added: int
    merged: int = Field(description="Examples that were there already, letters and digits alone.")
    removed: int
    created: list[str]
    revision: int = Field(description="Of your rows; grows with every change.")
    answers: bool
    stored: bool = Field(description="False after a dry run.")
    effect: EffectShown | None


class ExampleRemoved(BaseModel):
    """An example that is no more."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": "3c1f", "answers": True}]})

    id: str
    answers: bool


class IntentRemoved(BaseModel):
    """An intent that is no more; `known_by_model`: the live model learnt it and goes on knowing it until the next."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "card_freeze", "removed": 2, "known_by_model": False}]}
    )

    name: str
    removed: int
    known_by_model: bool


def show_intent(one: Intent, *, known: bool) -> IntentShown:
    """An intent of the tenant; `known`: the live model learnt it."""
    known_by: KnownBy = _KNOWN_BY[known, one.examples > 0]
    return IntentShown(
        name=one.name,
        description=one.description,
        examples=one.examples,
        known_by=known_by,
        created_at=moment(one.created_at) if one.created_at else None,
        changed_at=moment(one.changed_at) if one.changed_at else None,
    )


def show_example(one: Example) -> ExampleShown:
    """An example."""
    return ExampleShown(id=one.id, text=one.text, source=one.source, created_at=moment(one.created_at))


def show_effect(effect: Effect) -> EffectShown:
    """An effect."""

    def count(one: Any) -> Counted | None:
        if one is None:
            return None
        return Counted(
            rows=one.rows,
            right_alone=one.alone,
            right_before=one.before,
            right_after=one.after,
            change=round(one.change, 4),
            taken=one.taken,
        )

    return EffectShown(
        held_out=count(effect.held_out),
        confused=[Confused(intent=name, rows=rows) for name, rows in effect.confused],
        footing=effect.footing,
        tolerance=effect.tolerance,
        passes=effect.passes,
    )
