"""The public functions, as few as the verbs of the command line: `from trivet import train, evaluate, load`.

A model is an artifact that is open, its folder, or what the registry calls it: `name`, `name/3`, `name@live`. Settings
are read from `TRIVET_*` where none are given. Every user's mistake is a `trivet.errors.TrivetError`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from trivet.artifact.artifact import Artifact
    from trivet.evaluation.report import Report
    from trivet.evaluation.versus import Versus
    from trivet.explain.explanation import Explanation
    from trivet.recipe import Recipe
    from trivet.settings import Settings

__all__ = ["compare", "evaluate", "explain", "export", "load", "train"]

Model: TypeAlias = "Artifact | Path | str"


def train(
    recipe: Recipe | Mapping[str, Any] | Path | str,
    *,
    out: Path | str,
    settings: Settings | None = None,
    workspace: Path | str | None = None,
    resume: bool = False,
) -> Artifact:
    """Trains what a recipe says (built, as plain values, or the path of a TOML file) and saves the artifact at `out`.

    It is there whole or not at all, and is returned open. Test rows are not opened. With `workspace` and
    `training.checkpoint_steps`, a run that was cut off goes on with `resume`, to the same bits.

    Raises:
        RecipeError: a knob is unknown, out of range, or does not go with another.
        DataError: the data set is missing, holds a bad row, or most of its rows contradict each other.
        EncoderError: the encoder is not to be found.
        ArtifactError: something is at `out` already, or the served graph answers otherwise than the trained weights.
        TrivetError: the loss is no longer a number, or memory runs out.
    """
    from trivet.train import train as train_recipe

    place = None if workspace is None else Path(workspace)
    return train_recipe(_recipe(recipe), out=Path(out), settings=settings, workspace=place, resume=resume)


def load(model: Path | str, *, settings: Settings | None = None) -> Artifact:
    """An open artifact: `predict(texts)` answers, `embed(texts)` gives F32[N, D] of unit length, `close()` frees it.

    Every file is checked against its sha256 and golden texts are answered first; torch is not loaded. Artifacts of an
    older format are read as they are.

    Raises:
        RegistryError: the registry does not hold it.
        ArtifactError: it is damaged, half written or of a newer format.
    """
    from trivet.registry.open import open_artifact

    return open_artifact(str(model), _settings(settings))


def evaluate(
    model: Model,
    dataset: Path | str = "",
    *,
    text: str = "",
    label: str = "",
    with_baselines: bool = True,
    settings: Settings | None = None,
) -> Report:
    """Judges a model on the test rows of a data set by name or path; by default the one that it was trained on.

    `text` and `label` name columns. Shares lie in 0 to 1, intervals hold 95 %; simpler ways answer the same rows and
    are compared row by row (trivet.evaluation.compare says by which tests).

    Raises:
        DataError: rows are missing or bad, or hold a label that the model has not learnt.
        RegistryError, ArtifactError: as `load`.
    """
    from trivet.data.judged import rows_to_judge
    from trivet.evaluate import evaluate as judge

    settings = _settings(settings)
    with _open(model, settings) as artifact:
        own = artifact.recipe.data
        rows = rows_to_judge(own, str(dataset), text=text, label=label) if dataset else None
        return judge(artifact, settings=settings, data=rows, with_baselines=with_baselines)


def compare(
    one: Model,
    other: Model,
    dataset: Path | str = "",
    *,
    text: str = "",
    label: str = "",
    settings: Settings | None = None,
) -> Versus:
    """Sets two models side by side on the same test rows, by default those of the set that the first was trained on.

    Each difference is first minus second, row by row, with its 95 % interval, its p value and a verdict about the first
    (trivet.evaluation.compare says by which tests); classifiers are compared in their calibration and slices too.

    Raises:
        InputError: the two solve other tasks.
        DataError: rows are missing or bad, or hold a label that one of the two has not learnt.
        RegistryError, ArtifactError: as `load`.
    """
    from trivet.compare import compare as put_together
    from trivet.data.judged import rows_to_judge

    settings = _settings(settings)
    with _open(one, settings) as ours, _open(other, settings) as theirs:
        own = ours.recipe.data
        rows = rows_to_judge(own, str(dataset), text=text, label=label) if dataset else None
        names = tuple(str(model) if isinstance(model, Path | str) else model.recipe.name for model in (one, other))
        return put_together(ours, theirs, settings=settings, data=rows, names=(names[0], names[1]))


def explain(
    model: Model, texts: Sequence[str], *, neighbours: int = 5, settings: Settings | None = None
) -> list[Explanation]:
    """Why each text gets its answer: what each word carries of its probability, and the nearest training rows.

    Weights are differences of probability, found by leaving words out of the text (occlusion; Zeiler and Fergus 2014);
    distances are cosines, 0 to 2. With `neighbours` 0 the training rows are not opened.

    Raises:
        InputError: a text is empty or none; `where` points at it.
        DataError: the training rows are wanted and gone.
        ArtifactError: the model does not answer with one of several labels; or as `load`.
    """
    from trivet.explain.explanation import explain as find_reasons
    from trivet.explain.neighbours import open_examples

    settings = _settings(settings)
    with _open(model, settings) as artifact:
        artifact.encode(texts)
        examples = open_examples(artifact, settings, say=_say_nothing) if neighbours else None
        return find_reasons(artifact, texts, examples=examples, k=neighbours)


def export(
    model: Path | str, out: Path | str, *, accept_licence: bool = False, settings: Settings | None = None
) -> int:
    """Copies what a model serves from, without the weights for training, to a new folder; returns its size in bytes.

    The copy has the newest format, whatever Trivet wrote the model.

    Raises:
        LicenceError: it is for research only, and `accept_licence` is not given.
        ArtifactError: something is at `out` already; or as `load`.
        RegistryError: as `load`.
    """
    from trivet.artifact.copy import copy_for_serving
    from trivet.artifact.licence import acceptance, check_licence

    with _open(model, _settings(settings)) as artifact:
        check_licence(artifact.card, accepted=acceptance() if accept_licence else "", where=str(model))
        return copy_for_serving(artifact.path, Path(out))


def _recipe(given: Recipe | Mapping[str, Any] | Path | str) -> Recipe:
    from trivet.recipe import Recipe, build_recipe, read_recipe

    match given:
        case Recipe():
            return given
        case Path() | str():
            return read_recipe(Path(given))
        case _:
            return build_recipe(given)


def _settings(given: Settings | None) -> Settings:
    from trivet.settings import Settings

    return given or Settings()


@contextmanager
def _open(model: Model, settings: Settings) -> Iterator[Artifact]:
    """The artifact; one that was not open before is closed again."""
    if not isinstance(model, Path | str):
        yield model
        return
    artifact = load(model, settings=settings)
    try:
        yield artifact
    finally:
        artifact.close()


def _say_nothing(line: str) -> None:
    """A function has no screen."""
