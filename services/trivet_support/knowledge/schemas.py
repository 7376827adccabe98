"""Requests and answers of `/v1/knowledge`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from trivet_service.moments import moment
from trivet_service.paging import Page
from trivet_support.knowledge.document import Document, Format
from trivet_support.knowledge.passage import count_vectors

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
_SHOWN: dict[str, Any] = {
    "document": "fees",
    "title": "Fees",
    "format": "markdown",
    "characters": 62,
    "passages": 1,
    "state": "ready",
    "created_at": "2026-11-20T10:00:00Z",
    "updated_at": "2026-11-20T10:00:00Z",
}
Filled = Annotated[str, StringConstraints(min_length=1, pattern=r"\w")]


class Pair(BaseModel):
    """A question and its answer."""

    model_config = ConfigDict(extra="forbid")

    question: Annotated[Filled, StringConstraints(max_length=2000)]
    answer: Annotated[Filled, StringConstraints(max_length=20_000)]


class DocumentIn(BaseModel):
    """A document: a text in some format, or questions with their answers."""

    model_config = ConfigDict(extra="forbid")

    document: str | None = Field(None, pattern=NAME, description="Its name; null: one is made up.")
    title: str = Field("", max_length=500, description="Empty: that of the text, else its name.")
    format: Format = "text"
    text: str | None = Field(
        None, min_length=1, description="Of a `faq`: JSON, or CSV with the columns question and answer."
    )
    pairs: list[Pair] | None = Field(None, min_length=1, max_length=10_000, description="Of a `faq`, instead of text.")

    @model_validator(mode="after")
    def _is_one(self) -> DocumentIn:
        if (self.text is None) == (self.pairs is None):
            raise ValueError("send either text or pairs")
        if self.pairs is not None and self.format != "faq":
            raise ValueError("pairs are a document of the format faq")
        return self


class DocumentsIn(BaseModel):
    """Documents to know; one of a name that there is takes its place."""

    model_config = ConfigDict(extra="forbid")

    documents: list[DocumentIn] = Field(min_length=1)


class DocumentShown(BaseModel):
    """A document. While it is `embedding` its words are found already, its meaning is not."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SHOWN]})

    document: str
    title: str
    format: Format
    characters: int
    passages: int
    state: Literal["embedding", "ready"]
    created_at: datetime
    updated_at: datetime


class DocumentWhole(DocumentShown):
    """A document with its text, into which citations point."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [_SHOWN | {"text": "# Fees\n\nA new card costs 5 euros."}]}
    )

    text: str


class DocumentsPut(BaseModel):
    """The documents as they are kept."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_SHOWN]}]})

    items: list[DocumentShown]


class DocumentsPage(Page[DocumentShown]):
    """A page of documents, by name."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_SHOWN], "next_cursor": None}]})


class DocumentDeleted(BaseModel):
    """The bot knows it no longer."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"document": "fees"}]})

    document: str


def show_document(document: Document, *, embedded: int) -> DocumentShown:
    """A document as it is shown; so many of its passages are `embedded`."""
    wanted = count_vectors(document)
    return DocumentShown(
        document=document.document,
        title=document.title,
        format=document.format,
        characters=len(document.text),
        passages=wanted,
        state="ready" if embedded >= wanted else "embedding",
        created_at=moment(document.created_at),
        updated_at=moment(document.updated_at),
    )
