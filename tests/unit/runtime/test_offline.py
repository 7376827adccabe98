from collections.abc import Mapping

import numpy as np

from trivet.runtime.engine import Floats
from trivet.runtime.offline import run_sorted
from trivet.runtime.tokens import Encoded, Ids


class Echo:
    """Answers the first id of every row, and how many tokens it has."""

    kind = "echo"
    precision = "fp32"
    outputs = ("embedding", "logits")
    dim = 1

    def __init__(self) -> None:
        self.widths: Mapping[str, int] = {"embedding": 1, "logits": 2}
        self.shapes: list[tuple[int, int]] = []

    def infer(self, ids: Ids, mask: Ids) -> dict[str, Floats]:
        self.shapes.append((ids.shape[0], ids.shape[1]))
        first = ids[:, :1].astype(np.float32)
        return {"embedding": first, "logits": np.hstack([first, mask.sum(axis=1, keepdims=True)]).astype(np.float32)}


def texts(lengths: list[int]) -> list[Encoded]:
    return [Encoded(np.full(length, row + 1), length, truncated=False) for row, length in enumerate(lengths)]


def test_rows_come_back_in_the_order_of_the_texts() -> None:
    lengths = [int(length) for length in np.random.default_rng(0).integers(1, 120, 200)]
    found = run_sorted(Echo(), texts(lengths))
    assert found["embedding"][:, 0].tolist() == list(range(1, 201))
    assert found["logits"][:, 1].tolist() == lengths


def test_only_texts_that_are_padded_alike_share_a_batch() -> None:
    engine = Echo()
    run_sorted(engine, texts([3, 60, 5, 7, 61, 20]))
    assert sorted(engine.shapes) == [(1, 24), (2, 64), (3, 8)]


def test_a_batch_holds_at_most_as_many_rows_as_asked() -> None:
    engine = Echo()
    run_sorted(engine, texts([4] * 70), batch_size=32)
    assert [rows for rows, _ in engine.shapes] == [32, 32, 6]


def test_long_texts_make_small_batches() -> None:
    engine = Echo()
    run_sorted(engine, texts([500] * 32))
    assert max(rows * width for rows, width in engine.shapes) <= 4096


def test_no_texts_make_no_rows() -> None:
    found = run_sorted(Echo(), [])
    assert found["embedding"].shape == (0, 1)
    assert found["logits"].shape == (0, 2)
