"""What is promised about an answer."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from trivet.recipe.section import Section


class TrustRecipe(Section):
    """Calibration, the promised error and what counts as foreign."""

    calibration: Literal["temperature", "vector", "auto"] = Field(
        "temperature", description="`auto`: vector scaling where it loses less on unseen folds of the rows held out."
    )
    novelty: Literal["prototypes", "max_probability", "energy", "mahalanobis", "neighbours", "combined"] = Field(
        "prototypes", description="What tells foreign texts: one score, or all of them combined."
    )
    outliers: bool = Field(
        default=True, description="`combined` may learn from training rows that the set marks as out of scope."
    )
    neighbours: int = Field(5, ge=1, le=100, description="Training texts that `neighbours` measures by.")
    neighbour_rows: int = Field(4000, ge=1, le=50_000, description="Embeddings of training texts that are kept.")
    sets: Literal["none", "lac", "aps", "raps"] = Field(
        "none", description="Sets of labels that hold the right one in `set_coverage` of texts."
    )
    set_coverage: float = Field(0.95, gt=0, lt=1, description="Share of texts whose set holds the right label.")
    sets_by_label: bool = Field(default=False, description="The coverage holds for the texts of each label.")
    folds: int = Field(5, ge=2, le=20, description="Folds for out-of-fold scores where the method is cheap enough.")
    risk: float = Field(0.05, gt=0, lt=1, description="Share of wrong answers among those given, at most.")
    confidence: float = Field(0.95, gt=0.5, lt=1, description="Of the promise.")
    coverage: float = Field(
        0.9, gt=0, lt=1, description="Share of true numbers that the interval of a regression holds, at least."
    )
    horizon: int = Field(
        0, ge=0, description="The promised share is kept among so many next texts; 0: in the long run."
    )
    refuse_in_scope: float = Field(
        0.03, gt=0, lt=0.5, description="Share of in-scope texts that may be refused as foreign."
    )
