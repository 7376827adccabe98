"""What one may ask a worker to do."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from trivet_service.datasets.shelf import NAME as SET_NAME

Scalar = str | int | float | bool
Knob = Scalar | Annotated[list[Scalar], Field(max_length=100)]

DataSetName = Annotated[
    str,
    Field(
        pattern=f"^{SET_NAME.pattern}$",
        description="A data set of your own, or a public one by name; never a path.",
        examples=["faq"],
    ),
]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    service: str = Field("", description="Which service; empty: the only one.", examples=["support"])
    timeout_s: float | None = Field(None, gt=0, description="Seconds that an attempt may run; null: the default.")


class TrainAsked(_Asked):
    """Train a model; it is registered as your candidate and goes live only by a promotion."""

    kind: Literal["train"]
    dataset: DataSetName
    recipe: str = Field("default", pattern="^[a-z][a-z0-9_-]{0,62}$", description="Which recipe of the service.")
    overrides: dict[str, Knob] = Field(
        default_factory=dict,
        max_length=50,
        description="Knobs by their dotted names. Not data sets, names, gates or paths.",
        examples=[{"training.epochs": 3}],
    )
    judge: bool = Field(default=True, description="Open the test rows afterwards; promotion needs the report.")


class EvaluateAsked(_Asked):
    """Judge a model of yours on test rows."""

    kind: Literal["evaluate"]
    model: str = Field(
        "", description="name, name/3 or name@candidate; empty: what is live for you.", examples=["support@candidate"]
    )
    dataset: DataSetName | None = Field(
        None, description="A set whose `test` table, else all of whose rows are judged; null: the model's own."
    )


class ImportAsked(_Asked):
    """Take a data set in: every row of every table is checked; a service with a store puts the rows there."""

    kind: Literal["import"]
    dataset: DataSetName


class RebuildAsked(_Asked):
    """Compute anew what a service derives from its rows and a model."""

    kind: Literal["rebuild"]
    model: str = Field("", description="As for evaluate.", examples=["recommend@candidate"])


def _tag(asked: Any) -> str:
    kind = asked.get("kind") if isinstance(asked, dict) else getattr(asked, "kind", "")
    return f"<{kind}>"


# In angle brackets, so that a pointer to what is wrong leaves them out.
JobAsked = Annotated[
    Annotated[TrainAsked, Tag("<train>")]
    | Annotated[EvaluateAsked, Tag("<evaluate>")]
    | Annotated[ImportAsked, Tag("<import>")]
    | Annotated[RebuildAsked, Tag("<rebuild>")],
    Discriminator(
        _tag,
        custom_error_type="kind",
        custom_error_message="kind is one of train, evaluate, import, rebuild",
    ),
]

EXAMPLES: dict[str, Any] = {
    "train": {"value": {"kind": "train", "service": "support", "dataset": "faq", "overrides": {"method.kind": "full"}}},
    "evaluate": {"value": {"kind": "evaluate", "service": "support", "model": "support@candidate", "dataset": "faq"}},
    "import": {"value": {"kind": "import", "dataset": "shop", "service": "recommend"}},
    "rebuild": {"value": {"kind": "rebuild", "service": "recommend"}},
}
