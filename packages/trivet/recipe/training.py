"""The knobs of the loop."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from trivet.recipe.section import Section


class TrainingRecipe(Section):
    """How long, how fast and how carefully the loop runs; methods that need no loop ignore it."""

    epochs: int = Field(5, ge=1, le=1000)
    batch_size: int = Field(32, ge=1, le=4096)
    learning_rate: float = Field(1e-4, gt=0)
    head_learning_rate: float = Field(1e-3, gt=0)
    warmup: float = Field(0.1, ge=0, lt=1, description="Share of the steps over which the rate rises.")
    decay: Literal["linear", "cosine", "none"] = "linear"
    weight_decay: float = Field(0.01, ge=0)
    dropout: float = Field(0.1, ge=0, lt=1)
    label_smoothing: float = Field(0.1, ge=0, lt=1)
    class_weights: Literal["none", "balanced"] = "none"
    contrast: float = Field(0.0, ge=0, description="Weight of the supervised contrastive loss beside cross-entropy.")
    temperature: float = Field(0.05, gt=0, description="Of the in-batch contrastive losses.")
    max_gradient_norm: float = Field(1.0, gt=0)
    accumulate: int = Field(1, ge=1, description="Batches an optimiser step.")
    bf16: Literal["auto", "on", "off"] = Field("auto", description="`auto`: where the CPU has it.")
    patience: int = Field(
        0, ge=0, description="Epochs without gain on validation before stopping; 0: never stops early."
    )
    refit: bool = Field(default=False, description="After choices on validation, fit once more on all training rows.")
    checkpoint_steps: int = Field(0, ge=0, description="Steps between two checkpoints to resume from; 0: none.")
    seed: int = 0
