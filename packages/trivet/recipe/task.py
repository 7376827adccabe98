"""The problem that a model solves."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

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
    correct_popularity: bool = Field(
        default=False, description="Takes the logarithm of an item's share of the pairs off its score (logQ)."
    )
    hard_negatives: int = Field(0, ge=0, le=64, description="A row, mined with the encoder before training; 0: none.")
    absolute_margin: float = Field(0.0, ge=0, lt=2, description="By how much a hard negative lies below its positive.")
    relative_margin: float = Field(0.05, ge=0, lt=1, description="The same as a share of the positive's cosine.")
    matryoshka: tuple[int, ...] = Field(
        (), description="Dimensions that an embedding may be cut to at serving, trained for; empty: the whole alone."
    )

    @field_validator("matryoshka")
    @classmethod
    def _dims_rise(cls, dims: tuple[int, ...]) -> tuple[int, ...]:
        if any(dim < 1 for dim in dims) or list(dims) != sorted(set(dims)):
            raise ValueError("dimensions are different whole numbers above 0, the least first")
        return dims


Task = Annotated[Classification | Similarity, Field(discriminator="kind")]
