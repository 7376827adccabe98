import pytest

from trivet.bench.measure_spans import recompute_spans

KEPT = {
    "types": ["loc", "per"],
    "truth": [[[0, 3, "per"], [4, 8, "loc"]], [[0, 2, "per"]]],
    "predicted": [[[0, 3, "per"], [4, 7, "loc"]], [[0, 2, "per"]]],
}


def test_f1_is_recomputed_over_all_spans_or_as_the_mean_over_types() -> None:
    assert recompute_spans(KEPT, macro=False) == pytest.approx(2 / 3)
    assert recompute_spans(KEPT, macro=True) == pytest.approx((0.0 + 1.0) / 2)


def test_predictions_of_fewer_texts_are_refused() -> None:
    with pytest.raises(ValueError, match="1 predictions for 2 texts"):
        recompute_spans({**KEPT, "predicted": KEPT["predicted"][:1]}, macro=False)
