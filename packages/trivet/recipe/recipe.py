"""A recipe: all knobs of one training run, frozen."""

from __future__ import annotations

from pydantic import Field, model_validator

from trivet.recipe.data import DataRecipe
from trivet.recipe.encoder import EncoderRecipe
from trivet.recipe.export import ExportRecipe
from trivet.recipe.gates import GatesRecipe
from trivet.recipe.method import HeadMethod, Method
from trivet.recipe.section import Section
from trivet.recipe.task import Classification, Task
from trivet.recipe.training import TrainingRecipe
from trivet.recipe.trust import TrustRecipe

# Which task goes with which method; tests/unit/recipe checks that every pair here trains.
SUPPORTED: frozenset[tuple[str, str]] = frozenset(
    {
        ("classification", "head"),
        ("classification", "full"),
        ("classification", "lora"),
        ("similarity", "full"),
        ("similarity", "lora"),
        ("pretraining", "full"),
    }
)


class Recipe(Section):
    """Everything that decides what a training run produces; saved with the artifact, all defaults written out."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$", description="Name of the model in the registry.")
    data: DataRecipe
    task: Task = Classification()
    encoder: EncoderRecipe = EncoderRecipe()
    method: Method = HeadMethod()
    training: TrainingRecipe = TrainingRecipe()
    trust: TrustRecipe = TrustRecipe()
    export: ExportRecipe = ExportRecipe()
    gates: GatesRecipe = GatesRecipe()

    @model_validator(mode="after")
    def _pair_is_supported(self) -> Recipe:
        pair = (self.task.kind, self.method.kind)
        if pair not in SUPPORTED:
            able = ", ".join(sorted(method for task, method in SUPPORTED if task == self.task.kind))
            raise ValueError(f"method {pair[1]!r} does not go with task {pair[0]!r}; use {able}")
        return self
