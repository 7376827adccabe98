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
    window: int = Field(3, ge=1, le=50, description="Items that one user touches within so many steps are a pair.")
    pairs: int = Field(30_000, ge=32, description="At most so many pairs; a seeded sample where there are more.")


Task = Annotated[Classification | Similarity, Field(discriminator="kind")]
