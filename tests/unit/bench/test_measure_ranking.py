import numpy as np
import pytest

from trivet.bench.definition import Benchmark
from trivet.bench.measure_ranking import recompute_ndcg
from trivet.bench.verify import recompute


def test_ndcg_is_computed_again_from_the_places() -> None:
    kept = {"places": [1, 3, 10, 11], "items": 20}
    expected = (1 + 1 / np.log2(4) + 1 / np.log2(11) + 0) / 4
    assert recompute_ndcg(kept) == pytest.approx(expected)
    benchmark = Benchmark(id="toy", measure="ndcg", metric="ndcg@10", recipe="toy.toml", seeds=(0,))
    assert recompute(benchmark, kept) == pytest.approx(expected)


@pytest.mark.parametrize("places", [[], [0], [21]])
def test_places_outside_of_the_catalogue_are_no_predictions(places: list[int]) -> None:
    with pytest.raises(ValueError, match="outside of the catalogue"):
        recompute_ndcg({"places": places, "items": 20})
