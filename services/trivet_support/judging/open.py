"""Opens a model of support for its suite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from trivet.artifact.artifact import Artifact
from trivet.data.judged import rows_to_judge
from trivet.errors import RegistryError
from trivet.registry.open import open_artifact
from trivet.settings import Settings
from trivet_service.suites.suite import Opened, Question, Subject, Suite
from trivet_support.judging.judged import Judged

# What a model is compared with where nothing else is named.
LIVE = "support@live"


@contextmanager
def open_judged(question: Question) -> Iterator[Opened]:
    """The model and the one that it is compared with, before their rows; both are closed afterwards.

    Raises:
        TrivetError: no such model or data set, or the model is of another task.
    """
    settings = Settings()
    with ExitStack() as stack:
        artifact = stack.enter_context(closing(open_artifact(question.reference, settings)))
        against = _open_other(question, artifact, settings)
        if against is not None:
            stack.enter_context(closing(against))
        own = artifact.recipe.data
        data = rows_to_judge(own, question.data) if question.data else own
        judged = Judged(
            artifact, data, settings, against=against, is_quick=question.is_quick, seed=question.seed, resources=stack
        )
        tables = judged.dataset.tables
        table = "test" if "test" in tables else "train"
        rows = f"{len(judged.rows):,} test rows, {len(judged.labels)} intents"
        yield Opened(
            Subject(
                question.reference,
                artifact.identity,
                judged.dataset.name,
                judged.dataset.sha256(table),
                (question.against or LIVE) if against else "",
                (rows,),
            ),
            judged,
        )


def _open_other(question: Question, artifact: Artifact, settings: Settings) -> Artifact | None:
    """The model that is asked for, else the live one where there is one and it is another."""
    try:
        other = open_artifact(question.against or LIVE, settings)
    except RegistryError:
        if question.against:
            raise
        return None
    if question.against or other.identity != artifact.identity:
        return other
    other.close()
    return None


def support_suite() -> Suite:
    """The suite of the support service."""
    return Suite("support", "trivet_support.suite", Path(__file__).parents[1] / "gates", open_judged)
