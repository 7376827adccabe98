"""What is judged, and on which rows."""

from __future__ import annotations

from dataclasses import dataclass

from trivet.artifact.artifact import Artifact
from trivet.data.dataset import Dataset
from trivet.evaluation.report import Subject
from trivet.recipe.data import DataRecipe
from trivet.settings import Settings


@dataclass(frozen=True)
class Case:
    """An artifact before the test rows of a data set; `version` 0: not registered."""

    artifact: Artifact
    dataset: Dataset
    data: DataRecipe
    settings: Settings
    version: int = 0
    with_baselines: bool = True

    @property
    def subject(self) -> Subject:
        """Who is judged on what, as the report names it."""
        tables = self.dataset.tables
        table = "test" if "test" in tables else "train" if "train" in tables else "interactions"
        return Subject(self.artifact.recipe.name, self.version, self.data.dataset, "test", self.dataset.sha256(table))
