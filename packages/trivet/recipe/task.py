"""The problem that a model solves."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from trivet.recipe.data import DataRecipe
from trivet.recipe.section import Section


class Classification(Section):
    """One label of several for a text."""

    kind: Literal["classification"] = "classification"
    max_tokens: int = Field(128, ge=8, le=512, description="Texts over it are truncated, counted and reported.")


class Similarity(Section):
    """Texts that belong together lie close: a retrieval embedding from pairs, or from behaviour at once (`head`)."""

    kind: Literal["similarity"] = "similarity"
    max_tokens: int = Field(128, ge=8, le=512)
    window: int = Field(3, ge=1, le=50, description="Items that one user touches within so many steps are a pair.")
    pairs: int = Field(30_000, ge=32, description="At most so many pairs; a seeded sample where there are more.")
    factors: int = Field(256, ge=2, le=1024, description="Width of the embedding that a head gives.")
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


class Tagging(Section):
    """Spans of a text by type: entities, slots."""

    kind: Literal["tagging"] = "tagging"
    max_tokens: int = Field(128, ge=8, le=512, description="Texts over it are truncated, counted and reported.")
    subtokens: Literal["first", "all"] = Field(
        "first", description="`first`: a word is tagged at its first piece; `all`: every piece, so spans may cut words."
    )


class Multilabel(Section):
    """Any number of labels for a text, none included."""

    kind: Literal["multilabel"] = "multilabel"
    max_tokens: int = Field(128, ge=8, le=512, description="Texts over it are truncated, counted and reported.")


class Regression(Section):
    """A number for a text."""

    kind: Literal["regression"] = "regression"
    max_tokens: int = Field(128, ge=8, le=512, description="Texts over it are truncated, counted and reported.")


class TaskPart(Section):
    """One of several classifications that share an encoder: what it learns from."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")
    data: DataRecipe
    weight: float = Field(1.0, gt=0, description="What a row of this task counts beside those of others.")


class Multitask(Section):
    """Several classifications of a text at once: one encoder, a head a task, one pass at serving."""

    kind: Literal["multitask"] = "multitask"
    max_tokens: int = Field(128, ge=8, le=512, description="Texts over it are truncated, counted and reported.")
    parts: tuple[TaskPart, ...] = Field(min_length=2, description="The tasks: name, data and weight of each.")
    balance: Literal["fixed", "uncertainty"] = Field(
        "fixed", description="`uncertainty`: weights by each task's noise, which is learnt along (Kendall 2018)."
    )

    @field_validator("parts")
    @classmethod
    def _names_differ(cls, parts: tuple[TaskPart, ...]) -> tuple[TaskPart, ...]:
        if len({part.name for part in parts}) < len(parts):
            raise ValueError("two tasks have one name")
        return parts


class NextItem(Section):
    """Which item of a catalogue follows a history: a small transformer over items."""

    kind: Literal["next_item"] = "next_item"
    max_tokens: int = Field(48, ge=8, le=512, description="Latest items of a history that are looked at.")
    dim: int = Field(64, ge=8, le=1024, description="Width of the embeddings.")
    layers: int = Field(2, ge=1, le=24)
    heads: int = Field(2, ge=1, le=64)
    start: Literal["text", "random"] = Field(
        "text", description="`text`: an item starts where the encoder puts its text; `random`: anywhere."
    )
    sampled: int = Field(0, ge=0, description="Negatives a history of the sampled softmax; 0: all items.")


Task = Annotated[
    Classification | NextItem | Similarity | Pretraining | Multitask | Tagging | Multilabel | Regression,
    Field(discriminator="kind"),
]
