"""What is served."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from trivet.recipe.section import Section


class ExportRecipe(Section):
    """Engine and precision of the served graph, and what int8 may cost."""

    precision: Literal["int8", "fp32"] = "int8"
    onnx: bool = Field(default=False, description="Write model.onnx for the second engine as well.")
    calibration_rows: int = Field(300, ge=8, le=10000)
    max_int8_loss: float = Field(
        0.01, ge=0, description="Share of accuracy that int8 may lose against fp32 on validation."
    )
    golden_rows: int = Field(32, ge=4, le=1000)
