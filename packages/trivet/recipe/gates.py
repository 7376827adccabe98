"""What a candidate must show before it goes live."""

from __future__ import annotations

from pydantic import Field

from trivet.recipe.section import Section


class GatesRecipe(Section):
    """Bars on the evaluation report; a promotion checks them all."""

    beat_baseline: str = Field(
        "", description="The whole interval must be better than this baseline; empty: the simplest of the report."
    )
    max_error: float | None = Field(None, gt=0, description="Ceiling of a main metric of which less is better.")
    min_score: float = Field(0.0, ge=0, le=1, description="Floor of the main metric.")
    max_ece: float = Field(1.0, ge=0, le=1)
    margin: float = Field(0.01, ge=0, description="Non-inferiority margin against the live version.")
