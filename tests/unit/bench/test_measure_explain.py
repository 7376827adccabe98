"""The figure of faithfulness, from its areas again."""

from __future__ import annotations

import pytest

from trivet.bench.definition import Benchmark
from trivet.bench.measure_explain import mean_gain
from trivet.bench.verify import recompute


def test_the_figure_is_the_mean_of_what_our_words_lose_above_random_ones() -> None:
    kept = {"rows": [3, 5], "ours": [0.9, 0.5], "random": [0.4, 0.6]}
    benchmark = Benchmark(
        id="toy", measure="attribution_faithfulness", metric="aopc above random", recipe="toy.toml", seeds=(0,)
    )
    assert recompute(benchmark, kept) == pytest.approx(0.2)


@pytest.mark.parametrize("kept", [{"ours": [], "random": []}, {"ours": [0.1], "random": []}])
def test_areas_of_something_else_are_told(kept: dict[str, list[float]]) -> None:
    with pytest.raises(ValueError, match="areas against"):
        mean_gain(kept)
