"""What examples of a tenant say about a message, beside a model that does not know them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trivet.heads.prototypes import normalise
from trivet_support.growth.spread import Spread

F32 = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

# Temperature of the discriminants by the width of the embeddings (12 and 16 at 384: distances grow with it), and what a
# tenant's label has to make up for; with a measured spread and without.
TEMPERATURE, BIAS = 12.0 / 384, -0.75
ROUND_TEMPERATURE, ROUND_BIAS = 16.0 / 384, -1.5
# A message that is an example, up to the rounding of int8, wants what the example wants, with these odds.
SAME = 0.9995
SAME_LOG_ODDS = 4.0


@dataclass(frozen=True, eq=False)
class Extension:
    """Linear discriminants of one shared spread: the labels of a model by their prototypes, a tenant's by its examples.

    `weights` F32[D, C + J] and `offsets` [C + J] give the discriminants, first of the model's `base` labels, then of
    the tenant's `labels`. `rows` F32[N, D] are the examples, `owners` I64[N] their labels among the tenant's and
    `means` F32[J, D] of unit length the means by label. It is computed from the rows alone, in their order: one that is
    taken away leaves nothing behind.
    """

    labels: tuple[str, ...]
    base: int
    weights: F32
    offsets: F32
    rows: F32
    owners: npt.NDArray[np.int64]
    means: F32
    temperature: float
    bias: float

    @classmethod
    def fit(cls, prototypes: F32, spread: Spread, rows: F32, labels: Sequence[str]) -> Extension:
        """From prototypes F32[C, D] of a model and examples F32[N, D] with their labels, at least one."""
        names = tuple(sorted(set(labels)))
        place = {name: at for at, name in enumerate(names)}
        owners = np.array([place[label] for label in labels], dtype=np.int64)
        unit = normalise(rows)
        sums = np.zeros((len(names), unit.shape[1]))
        np.add.at(sums, owners, unit.astype(np.float64))
        # Means of few rows are longer than those of many: all get the length of those that the spread was measured on.
        own = normalise(sums)
        means = spread.length * np.concatenate([normalise(prototypes), own]).astype(np.float64)
        weights = spread.whitener.astype(np.float64) @ means.T
        offsets = 0.5 * (means.T * weights).sum(axis=0)
        temperature, bias = (TEMPERATURE, BIAS) if spread.measured else (ROUND_TEMPERATURE, ROUND_BIAS)
        return cls(
            labels=names,
            base=len(prototypes),
            weights=weights.astype(np.float32),
            offsets=offsets.astype(np.float32),
            rows=unit,
            owners=owners,
            means=own,
            temperature=temperature * unit.shape[1],
            bias=bias,
        )

    def log_odds(self, embeddings: F32) -> Doubles:
        """Of each of the tenant's labels against all labels of the model together, F64[N, J]."""
        asked = normalise(embeddings)
        scores = (asked @ self.weights - self.offsets).astype(np.float64) / self.temperature
        old = scores[:, : self.base]
        top = old.max(axis=1, keepdims=True)
        odds = scores[:, self.base :] - top - np.log(np.exp(old - top).sum(axis=1, keepdims=True)) + self.bias
        near = asked @ self.rows.T
        for row, example in zip(*np.nonzero(near >= SAME), strict=True):
            owner = self.owners[example]
            odds[row] = np.minimum(odds[row], 0.0)
            odds[row, owner] = max(odds[row, owner], SAME_LOG_ODDS)
        return odds


def combine(known: Doubles, extension: Extension, embeddings: F32, labels: Sequence[str]) -> Doubles:
    """Log chances F64[N, C + J'] of a model's log chances [N, C] and an extension; J' are labels that it lacks.

    The model's chances stay in proportion to each other. A label of the model that has examples as well gets both.
    """
    odds = extension.log_odds(embeddings)
    place = {name: at for at, name in enumerate(grown_labels(labels, extension))}
    columns = np.array([place[name] for name in extension.labels])
    grown = np.full((len(known), len(place)), -np.inf)
    grown[:, : known.shape[1]] = known
    grown[:, columns] = np.logaddexp(grown[:, columns], odds)
    top = grown.max(axis=1, keepdims=True)
    return np.asarray(grown - top - np.log(np.exp(grown - top).sum(axis=1, keepdims=True)), dtype=np.float64)


def grown_labels(labels: Sequence[str], extension: Extension) -> tuple[str, ...]:
    """The labels of a model, then those that only the tenant has."""
    known = set(labels)
    return (*labels, *(name for name in extension.labels if name not in known))
