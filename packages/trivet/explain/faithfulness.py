"""Whether the words that an attribution names are those that the model rests on: it is asked without them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trivet.artifact.artifact import Artifact
from trivet.evaluation.compare import Comparison, compare_paired
from trivet.explain.attribution import Attribution, attribute, chances, check_explained
from trivet.explain.occlusion import read_part, without
from trivet.explain.words import Span

# Shares of the words of a text that are deleted, at least one word each time.
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5)
# Random orders a text, whose mean is what ours has to beat.
DRAWS = 5


@dataclass(frozen=True)
class Faithfulness:
    """Area over the perturbation curve of each text, by our order of the words and by chance.

    That is the mean, over `SHARES`, of how far the probability of the answer falls where so many words are deleted
    (AOPC: Samek et al. 2017, arXiv 1509.06321; comprehensiveness: DeYoung et al. 2020, arXiv 1911.03429). `comparison`
    is ours against chance on the same texts.
    """

    ours: tuple[float, ...]
    random: tuple[float, ...]
    comparison: Comparison


def measure_faithfulness(artifact: Artifact, texts: Sequence[str], *, seed: int) -> Faithfulness:
    """Deletes the heaviest words of each text, and as many random ones in `DRAWS` orders that `seed` gives.

    Raises:
        InputError: there is no text, or one is empty.
        ArtifactError: the model does not answer with one of several labels.
    """
    check_explained(artifact.answering)
    labels = [answer.label for answer in artifact.classify(texts, top=1)]
    attributions = attribute(artifact, texts, labels)
    ours, random = [], []
    for row, (text, found) in enumerate(zip(texts, attributions, strict=True)):
        generator = np.random.default_rng([seed, row])
        drawn = [generator.permutation(len(found.words)) for _ in range(DRAWS)]
        areas = measure_areas(artifact, text, found, [rank(found), *drawn])
        ours.append(areas[0])
        random.append(float(np.mean(areas[1:])))
    return Faithfulness(tuple(ours), tuple(random), compare_paired(ours, random, seed=seed))


def rank(attribution: Attribution) -> NDArray[np.int64]:
    """The words by number, heaviest first; equal ones as they stand in the text."""
    return np.argsort([-word.weight for word in attribution.words], kind="stable")


def measure_areas(
    artifact: Artifact, text: str, attribution: Attribution, orders: Sequence[NDArray[np.int64]]
) -> list[float]:
    """The area over the perturbation curve of a text by each order in which its words are deleted."""
    words = [Span(word.start, word.end) for word in attribution.words]
    if not words:
        return [0.0] * len(orders)
    counts = [math.ceil(share * len(words)) for share in SHARES]
    read = read_part(text, words)
    variants = [read, *(without(read, words, order[:count].tolist()) for order in orders for count in counts)]
    values = chances(artifact, variants, [attribution.label] * len(variants))
    fallen = values[0] - values[1:].reshape(len(orders), len(SHARES))
    return [float(area) for area in fallen.mean(axis=1)]
