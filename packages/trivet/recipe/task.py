"""The problem that a model solves."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trivet.recipe.section import Section


class Classification(Section):
    """One label of several for a text."""

    kind: Literal["classification"] = "classification"
    max_tokens: int = Field(128, ge=8, le=512, description="Texts over it are truncated, counted and reported.")


class Similarity(Section):
    """Texts that belong together lie close: a retrieval embedding from pairs."""

    kind: Literal["similarity"] = "similarity"
    max_tokens: int = Field(128, ge=8, le=512)


Task = Annotated[Classification | Similarity, Field(discriminator="kind")]
