"""Requests and answers of the recommend service."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag, model_validator

from trivet_recommend.ladder import Rung
from trivet_service.limits import MAX_CHARACTERS
from trivet_service.paging import Page
from trivet_service.provenance import EXAMPLE, Provenance

Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Prose = Annotated[str, StringConstraints(max_length=MAX_CHARACTERS)]
_PROVENANCE = EXAMPLE | {"model": "recommend"}


class ItemIn(BaseModel):
    """An item of the catalogue; the encoder reads `text`, or title, description and category where it is left out."""

    model_config = ConfigDict(extra="forbid")

    item: Name
    title: Prose = ""
    description: Prose = ""
    category: Annotated[str, StringConstraints(max_length=1000)] = Field("", description="Several with commas between.")
    text: Prose = ""
    added_at: AwareDatetime | None = Field(None, description="When it came; left out: now.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not f"{self.text}{self.title}{self.description}{self.category}".strip():
            raise ValueError("an item needs a text, or a title, description or category")
        return self


class ItemsIn(BaseModel):
    """Items to add; one of the same name is replaced."""

    model_config = ConfigDict(extra="forbid")

    items: list[ItemIn] = Field(min_length=1)


class ItemShown(BaseModel):
    """An item of the catalogue."""

    item: str
    title: str
    category: str
    text: str = Field(description="What the encoder reads.")
    added_at: datetime


class ItemsPage(Page[ItemShown]):
    """Items by name."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {
                            "item": "i002",
                            "title": "Skyfell Mountain Racer",
                            "category": "Footwear",
                            "text": "Skyfell Mountain Racer. Featherweight racing shoe. Footwear",
                            "added_at": "2026-11-01T09:30:00Z",
                        }
                    ],
                    "next_cursor": "WyJpdGVtcyIsImkwMDIiXQ",
                }
            ]
        }
    )


class ItemsPut(Provenance):
    """How many items were put, and how many the catalogue holds now."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"put": 2, "catalogue": 120, **_PROVENANCE}]})

    put: int
    catalogue: int


class EventIn(BaseModel):
    """Somebody did something with an item; of events with the same `id` only the first counts."""

    model_config = ConfigDict(extra="forbid")

    id: Name | None = Field(None, description="Left out: the event cannot be told from another when it is sent again.")
    user: Name
    item: Name
    event: Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(
        "view", description="view, click, cart, like, purchase, dislike, return, hide, or a word of your own."
    )
    value: float = Field(1.0, allow_inf_nan=False)
    time: AwareDatetime | None = Field(None, description="When it happened; left out: now.")


class EventsIn(BaseModel):
    """Several events."""

    model_config = ConfigDict(extra="forbid")

    events: list[EventIn] = Field(min_length=1)


def _shape(value: Any) -> str:
    return "<many>" if isinstance(value, dict) and "events" in value else "<one>"


EventsBody = Annotated[Annotated[EventIn, Tag("<one>")] | Annotated[EventsIn, Tag("<many>")], Discriminator(_shape)]


class EventsTaken(BaseModel):
    """What became of events; those accepted are on the disk."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"accepted": 1, "duplicates": 0, "ids": ["e-17"], "unknown_items": [], "request_id": "5f2b6c0e4f7d4c0f"}
            ]
        }
    )

    accepted: int
    duplicates: int = Field(description="Events whose id was there already.")
    ids: list[str] = Field(description="Ids of all events of the request, in order.")
    unknown_items: list[str] = Field(
        description="Items that the catalogue does not hold yet; their events count once it does."
    )
    request_id: str


class RecommendRequest(BaseModel):
    """For a `user`, for what a visitor looked at (`history`), or for anybody."""

    model_config = ConfigDict(extra="forbid")

    user: Name | None = None
    history: list[Name] | None = Field(None, max_length=1000, description="Items, oldest first.")
    n: int = Field(10, ge=1, le=100)
    exclude: list[Name] = Field(default_factory=list, max_length=1000, description="Items that must not appear.")
    category: Annotated[str, StringConstraints(max_length=256)] | None = None

    @model_validator(mode="after")
    def _at_most_one(self) -> Self:
        if self.user is not None and self.history is not None:
            raise ValueError("give user or history, not both")
        return self


class Recommended(BaseModel):
    """An item and why it is there."""

    item: str
    title: str
    category: str
    score: float
    reason: str = Field(description="`because of ...`, `popular` or `new`.")
    because: str | None = Field(description="The item of the history that spoke for it.")


class RecommendAnswer(Provenance):
    """Items, best first; none that the user already had."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {
                            "item": "i002",
                            "title": "Skyfell Mountain Racer",
                            "category": "Footwear",
                            "score": 1.21,
                            "reason": "because of Ridgeline 3 Trail Running Shoe",
                            "because": "i001",
                        }
                    ],
                    "rung": "personal",
                    **_PROVENANCE,
                }
            ]
        }
    )

    items: list[Recommended]
    rung: Rung = Field(description="What was known: a user's history, a session, or nothing.")


def seconds(time: datetime | None, *, now: float) -> float:
    """A time as seconds since 1970; `now` where there is none."""
    return now if time is None else time.timestamp()
