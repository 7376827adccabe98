"""What is promised about an answer."""

from __future__ import annotations

from pydantic import Field

from trivet.recipe.section import Section


class TrustRecipe(Section):
    """Calibration, the promised error and what counts as foreign."""

    folds: int = Field(5, ge=2, le=20, description="Folds for out-of-fold scores where the method is cheap enough.")
    risk: float = Field(0.05, gt=0, lt=1, description="Share of wrong answers among those given, at most.")
    confidence: float = Field(0.95, gt=0.5, lt=1, description="Of the promise.")
    refuse_in_scope: float = Field(
        0.03, gt=0, lt=0.5, description="Share of in-scope texts that may be refused as foreign."
    )
