"""How the weights are fitted."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trivet.recipe.section import Section


class HeadMethod(Section):
    """A head over the frozen encoder; seconds, and every such artifact shares one graph."""

    kind: Literal["head"] = "head"
    head: Literal["auto", "analytic", "logistic"] = Field(
        "auto",
        description="`auto`: the better one on rows held out where there are few; analytic where there are many.",
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


Method = Annotated[HeadMethod | FullMethod | LoraMethod, Field(discriminator="kind")]
