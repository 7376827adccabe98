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


class Pretraining(Section):
    """Texts without labels: the encoder learns their domain before another recipe starts from it."""

    kind: Literal["pretraining"] = "pretraining"
    max_tokens: int = Field(128, ge=8, le=512)
    objective: Literal["masked", "denoising"] = Field(
        "masked", description="`masked`: tell hidden words; `denoising`: write a spoilt text again (TSDAE)."
    )
    rows: Literal["training", "texts"] = Field(
        "training", description="`training`: texts of the training rows; `texts`: a whole file that has no labels."
    )
    masked: float = Field(0.15, gt=0, lt=1, description="Share of words that are hidden, at least one a text.")
    whole_words: bool = Field(default=True, description="Hides all tokens of a word together.")
    deleted: float = Field(0.6, gt=0, lt=1, description="Share of words that a spoilt text lacks; one always stays.")


Task = Annotated[Classification | Similarity | Pretraining, Field(discriminator="kind")]
