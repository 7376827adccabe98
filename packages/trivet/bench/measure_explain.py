"""How faithful the weights of words are: deleting the heaviest against deleting random ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from trivet.artifact.artifact import Artifact
from trivet.bench.measures import Measured
from trivet.bench.record import Baseline
from trivet.data.sources import open_dataset
from trivet.data.splits import test_rows
from trivet.recipe import Recipe
from trivet.settings import Settings

FAITHFUL_ROWS = 300


def measure_attribution(artifact: Artifact, recipe: Recipe, settings: Settings, *, seed: int) -> Measured:
    """The area over the perturbation curve of test texts drawn by `seed`, by our order of the words and by chance.

    The interval is that of the mean difference, paired by text; the baseline is what random words lose.
    """
    # Imported here: where it stood above, every record would go stale with it.
    from trivet.explain.faithfulness import measure_faithfulness

    rows = test_rows(open_dataset(recipe.data, settings), recipe.data)
    chosen = np.sort(np.random.default_rng(seed).permutation(len(rows))[:FAITHFUL_ROWS])
    found = measure_faithfulness(artifact, [rows["text"].iloc[row] for row in chosen], seed=seed)
    kept = {"rows": chosen.tolist(), "ours": list(found.ours), "random": list(found.random)}
    paired = found.comparison
    baseline = Baseline(value=float(np.mean(found.random)), paired_p=paired.p)
    return Measured(kept, paired.low, paired.high, {"random words": baseline})


def mean_gain(kept: Mapping[str, Sequence[float]]) -> float:
    """By how much our area exceeds that of random words, in the mean over the texts.

    Raises:
        ValueError: there are no texts, or not as many areas of one as of the other.
    """
    ours, random = kept["ours"], kept["random"]
    if len(ours) != len(random) or not ours:
        raise ValueError(f"{len(ours)} areas against {len(random)}")
    return float(np.mean(np.asarray(ours, dtype=np.float64) - np.asarray(random, dtype=np.float64)))
