"""A model that answers with a tenant's examples beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from trivet.answers.classification import ClassificationFacts
from trivet.artifact.answering import Answering
from trivet.artifact.artifact import Artifact
from trivet.heads.prototypes import normalise
from trivet.trust.vector_scaling import calibrate
from trivet_support.growth.extension import Extension, combine, grown_labels
from trivet_support.growth.spread import Spread

F32 = npt.NDArray[np.float32]

_LEAST = 1e-12
# Least cosine to the mean of a tenant's intent for a message to be no more foreign than the model's threshold.
_FAMILIAR = 0.5


@dataclass(frozen=True)
class GrownAnswering(Answering):
    """As the model's own, with what a tenant's examples say: scores are logarithms of chances.

    It holds the model that it stands on, which stays open for as long.
    """

    extension: Extension | None = None
    base: Artifact | None = None
    texts: tuple[str, ...] = ()

    def score(self, outputs: Mapping[str, F32]) -> Any:
        """Log chances F64[N, C]."""
        extension, base = self._parts()
        return combine(log_chances(base, outputs), extension, outputs["embedding"], labels_of(base))

    def measure_novelty(self, outputs: Mapping[str, F32]) -> npt.NDArray[np.float32] | None:
        """How foreign each row is to the model, F32[N]; what is near to the likeliest intent of the tenant is not."""
        extension, base = self._parts()
        found = base.answering.measure_novelty(outputs)
        assert isinstance(self.facts, ClassificationFacts)
        if found is None or self.facts.novelty_threshold is None:
            return found
        rows = normalise(outputs["embedding"])
        likeliest = extension.log_odds(rows)
        near = (rows @ extension.means.T)[np.arange(len(rows)), likeliest.argmax(axis=1)]
        familiar = (likeliest.max(axis=1) > 0) & (near >= _FAMILIAR)
        capped = np.minimum(found, self.facts.novelty_threshold)
        return np.where(familiar, capped, found).astype(np.float32)

    def _parts(self) -> tuple[Extension, Artifact]:
        assert self.extension is not None, "it has grown by something"
        assert self.base is not None, "it stands on a model"
        return self.extension, self.base


def grow(artifact: Artifact, spread: Spread, rows: F32, labels: Sequence[str], texts: Sequence[str] = ()) -> Artifact:
    """The artifact as it answers with a tenant's examples beside, texts with embeddings F32[N, D]; its files stay.

    The threshold of confidence stays as a caution. What was promised with it rests on no rows any more, nor do sets.
    """
    prototypes = artifact.prototypes
    assert prototypes is not None, "checked by whoever grows it"
    extension = Extension.fit(prototypes.means, spread, rows, labels)
    facts = artifact.facts
    assert isinstance(facts, ClassificationFacts)
    point = facts.operating_point
    answering = GrownAnswering(
        facts=replace(
            facts,
            labels=grown_labels(facts.labels, extension),
            temperature=1.0,
            vector=None,
            sets=None,
            operating_point=None if point is None else replace(point, coverage=0.0, rows=0),
        ),
        head=artifact.head,
        prototypes=prototypes,
        yardstick=artifact.answering.yardstick,
        extension=extension,
        base=artifact,
        texts=tuple(texts),
    )
    return replace(artifact, answering=answering)


def can_grow(artifact: Artifact) -> bool:
    """Whether there are means of its labels to compare examples with."""
    return isinstance(artifact.facts, ClassificationFacts) and artifact.prototypes is not None


def is_grown(artifact: Artifact) -> bool:
    """Whether a tenant's examples answer beside the model: then nothing is promised."""
    return isinstance(artifact.answering, GrownAnswering)


def base_of(artifact: Artifact) -> Artifact:
    """The model itself, without a tenant's examples."""
    answering = artifact.answering
    return answering.base if isinstance(answering, GrownAnswering) and answering.base is not None else artifact


def texts_of(artifact: Artifact) -> tuple[str, ...]:
    """The texts of the examples that answer beside a model."""
    answering = artifact.answering
    return answering.texts if isinstance(answering, GrownAnswering) else ()


def log_chances(artifact: Artifact, outputs: Mapping[str, F32]) -> npt.NDArray[np.float64]:
    """Logarithms of the calibrated chances of a model, F64[N, C]."""
    facts = artifact.facts
    assert isinstance(facts, ClassificationFacts)
    chances = calibrate(artifact.answering.score(outputs), facts.temperature, facts.vector)
    return np.asarray(np.log(np.maximum(chances, _LEAST)), dtype=np.float64)


def labels_of(artifact: Artifact) -> tuple[str, ...]:
    """The labels that a model tells apart."""
    assert isinstance(artifact.facts, ClassificationFacts)
    return artifact.facts.labels
