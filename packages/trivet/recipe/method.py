"""How the weights are fitted."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trivet.recipe.section import Section


class HeadMethod(Section):
    """A head over the frozen encoder; seconds, and every such artifact shares one graph."""

    kind: Literal["head"] = "head"
    head: Literal["auto", "analytic", "logistic", "prototypes"] = Field(
        "auto",
        description="`auto`: the better of analytic and logistic on rows held out where there are few; analytic where"
        " there are many. `prototypes` learns a new label without the old rows (`trivet add-label`).",
    )
    expansion: int = Field(4000, ge=0, le=20000, description="Width of the random ReLU expansion (analytic); 0: none.")
    penalties: tuple[float, ...] = Field(
        (10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0),
        min_length=1,
        description="Ridge penalties to choose from (analytic).",
    )
    weight_penalties: tuple[float, ...] = Field(
        (0.03, 0.1, 0.3), min_length=2, description="L2 penalties, 1/C, to choose from (logistic)."
    )


class FullMethod(Section):
    """All weights of the encoder and its head."""

    kind: Literal["full"] = "full"
    layer_decay: float = Field(1.0, gt=0, le=1, description="Rate of each layer relative to the one above it.")
    freeze_embeddings: bool = False


class LoraMethod(Section):
    """Low-rank adapters (LoRA with rank-stabilised scaling), merged for export."""

    kind: Literal["lora"] = "lora"
    rank: int = Field(16, ge=1, le=256)
    alpha: int = Field(16, ge=1, le=1024)
    dropout: float = Field(0.05, ge=0, lt=1)
    targets: tuple[str, ...] = Field(
        ("query", "key", "value", "dense"), min_length=1, description="Names of linear layers."
    )


class FewShotMethod(Section):
    """The encoder tuned by contrast between a few rows a label, then a head over it.

    Each batch holds as many rows of each of its labels; the knobs of the loop are those of `training`, where a batch is
    `labels_a_batch` x `rows_a_label` rows.
    """

    kind: Literal["few_shot"] = "few_shot"
    head: Literal["logistic", "prototypes"] = Field(
        "logistic", description="`prototypes` learns a new label without the old rows (`trivet add-label`)."
    )
    names: bool = Field(default=True, description="The words of a label's name are one more text of that label.")
    labels_a_batch: int = Field(16, ge=2, le=1024)
    rows_a_label: int = Field(4, ge=2, le=64, description="Rows of each label in a batch.")
    head_weight: float = Field(
        1.0, ge=0, description="Of the cross-entropy of a linear head beside the contrast; fitted anew at the end."
    )
    blend: float = Field(
        0.85, gt=0, le=1, description="Share of the tuned weights in those served; the rest is as before tuning."
    )
    weight_penalties: tuple[float, ...] = Field(
        (0.03, 0.1, 0.3), min_length=1, description="L2 penalties, 1/C, to choose from out of fold (logistic)."
    )
    folds: int = Field(
        2, ge=2, le=20, description="Fits without a part of the rows each, for choices and promises; 2 are cheapest."
    )


class ZeroShotMethod(Section):
    """Labels told apart by their names, or by descriptions of them; no training row is learnt."""

    kind: Literal["zero_shot"] = "zero_shot"
    descriptions: str = Field(
        "", description="A TOML, JSON or CSV file of label and description; empty: the names alone."
    )
    templates: tuple[str, ...] = Field(
        ("{}",), min_length=1, description="Texts around the words of a name, `{}` for the name; their mean counts."
    )


Method = Annotated[HeadMethod | FullMethod | LoraMethod | FewShotMethod | ZeroShotMethod, Field(discriminator="kind")]
