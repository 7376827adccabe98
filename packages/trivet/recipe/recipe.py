"""A recipe: all knobs of one training run, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from trivet.recipe.data import TARGETS, DataRecipe
from trivet.recipe.encoder import EncoderRecipe
from trivet.recipe.export import ExportRecipe
from trivet.recipe.gates import GatesRecipe
from trivet.recipe.method import HeadMethod, Method, ZeroShotMethod
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
        ("classification", "few_shot"),
        ("classification", "zero_shot"),
        ("multilabel", "head"),
        ("multilabel", "full"),
        ("multilabel", "lora"),
        ("regression", "head"),
        ("regression", "full"),
        ("regression", "lora"),
        ("similarity", "head"),
        ("next_item", "full"),
        ("similarity", "full"),
        ("similarity", "lora"),
        ("pretraining", "full"),
        ("multitask", "full"),
        ("multitask", "lora"),
        ("tagging", "full"),
        ("tagging", "lora"),
    }
)

# Methods that learn another measure of novelty than the prototypes.
MEASURED = ("full", "head", "lora")


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

    @model_validator(mode="before")
    @classmethod
    def _first_part_is_the_data(cls, values: Any) -> Any:
        """A recipe of several tasks names its data sets among its parts."""
        task = values.get("task") if isinstance(values, Mapping) else None
        parts = task.get("parts") if isinstance(task, Mapping) and "data" not in values else None
        if isinstance(parts, list | tuple) and parts and isinstance(parts[0], Mapping) and "data" in parts[0]:
            return {**values, "data": parts[0]["data"]}
        return values

    @model_validator(mode="after")
    def _pair_is_supported(self) -> Recipe:
        pair = (self.task.kind, self.method.kind)
        if pair not in SUPPORTED:
            able = ", ".join(sorted(method for task, method in SUPPORTED if task == self.task.kind))
            raise ValueError(f"method {pair[1]!r} does not go with task {pair[0]!r}; use {able}")
        if self.trust.novelty != "prototypes" and (pair[0] != "classification" or pair[1] not in MEASURED):
            raise ValueError(
                f"trust.novelty {self.trust.novelty!r} goes with task 'classification' and method"
                f" {', '.join(MEASURED)}; leave it out"
            )
        return self

    @model_validator(mode="before")
    @classmethod
    def _task_says_the_target(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        task, data = values.get("task", {}), values.get("data")
        kind = task.get("kind", "classification") if isinstance(task, Mapping) else getattr(task, "kind", "")
        target = TARGETS.get(kind, "")
        if isinstance(data, Mapping) and not data.get("target"):
            return {**values, "data": {**data, "target": target}}
        if isinstance(data, DataRecipe) and not data.target:
            return {**values, "data": data.model_copy(update={"target": target})}
        return values

    @model_validator(mode="after")
    def _knobs_go_with_the_task(self) -> Recipe:
        kind = self.task.kind
        if self.data.target != TARGETS.get(kind, ""):
            raise ValueError(f"data.target {self.data.target!r} does not go with task {kind!r}; leave it out")
        if kind in ("multilabel", "regression"):
            if self.data.shots:
                raise ValueError(f"data.shots counts rows of one label a text, which task {kind!r} does not have")
            if self.training.contrast:
                raise ValueError(f"training.contrast needs one label a text, which task {kind!r} does not have")
        heads = {"multilabel": ("auto", "analytic", "logistic"), "regression": ("auto", "analytic")}.get(kind)
        if heads and isinstance(self.method, HeadMethod) and self.method.head not in heads:
            raise ValueError(f"method.head {self.method.head!r} does not go with task {kind!r}; use {', '.join(heads)}")
        return self

    @model_validator(mode="after")
    def _promises_are_possible(self) -> Recipe:
        """Knobs that need rows are refused where there are none, not passed over."""
        if isinstance(self.method, ZeroShotMethod):
            if self.trust.sets != "none":
                raise ValueError("trust.sets needs rows held out, which method 'zero_shot' does not have; leave it out")
            if self.trust.calibration != "temperature":
                raise ValueError("trust.calibration needs rows, which method 'zero_shot' does not have; leave it out")
        return self
