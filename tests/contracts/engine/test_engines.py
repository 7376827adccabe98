"""What every engine promises, checked on each."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trivet.errors import ArtifactError
from trivet.runtime.engine import Engine
from trivet.runtime.onnx_engine import OnnxEngine
from trivet.runtime.openvino_engine import OpenVinoEngine
from trivet.runtime.tokens import Encoded, pad

ENGINES = ("openvino-int8", "openvino-fp32", "onnx-fp32")
# How far a row may lie off in other company: float32 rounds, int8 steps.
TOLERANCE = {"fp32": 2e-6, "int8": 5e-3}


def open_engine(name: str, folder: Path) -> Engine:
    kind, precision = name.split("-")
    if kind == "onnx":
        return OnnxEngine(folder, threads=1)
    return OpenVinoEngine(folder, precision="int8" if precision == "int8" else "fp32", threads=1)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tiny_logits: Path) -> Engine:
    return open_engine(request.param, tiny_logits)


@pytest.fixture
def encoded(tiny: Any) -> list[Encoded]:
    return list(tiny.tokenizer().encode(tiny.texts))


def test_it_says_what_it_is(engine: Engine, tiny: Any) -> None:
    assert f"{engine.kind}-{engine.precision}" in ENGINES
    assert engine.outputs == ("embedding", "logits")
    assert dict(engine.widths) == {"embedding": tiny.source.dim, "logits": len(tiny.labels)}
    assert engine.dim == tiny.source.dim


def test_it_answers_a_row_of_float32_a_text(engine: Engine, encoded: list[Encoded]) -> None:
    found = engine.infer(*pad(encoded))
    assert {name: (rows.shape, rows.dtype) for name, rows in found.items()} == {
        name: ((len(encoded), width), np.dtype(np.float32)) for name, width in engine.widths.items()
    }


def test_embeddings_have_unit_length(engine: Engine, encoded: list[Encoded]) -> None:
    assert np.linalg.norm(engine.infer(*pad(encoded))["embedding"], axis=1) == pytest.approx(1.0, abs=1e-5)


def test_a_row_does_not_depend_on_its_company(engine: Engine, encoded: list[Encoded]) -> None:
    together = engine.infer(*pad(encoded))
    for row, text in enumerate(encoded):
        alone = engine.infer(*pad([text]))
        for name in engine.outputs:
            assert np.abs(alone[name][0] - together[name][row]).max() <= TOLERANCE[engine.precision]


def test_a_row_does_not_depend_on_its_padding(engine: Engine, encoded: list[Encoded]) -> None:
    near = engine.infer(*pad(encoded, multiple=1))
    far = engine.infer(*pad(encoded, multiple=40))
    for name in engine.outputs:
        assert np.abs(near[name] - far[name]).max() <= TOLERANCE[engine.precision]


@pytest.mark.parametrize("rows", [1, 2, 5, 7, 13, 31, 33, 70])
def test_any_number_of_rows_comes_back_in_order(engine: Engine, encoded: list[Encoded], rows: int) -> None:
    batch = [encoded[row % len(encoded)] for row in range(rows)]
    wanted = engine.infer(*pad(encoded))["embedding"]
    found = engine.infer(*pad(batch))["embedding"]
    assert found.shape[0] == rows
    for row in range(rows):
        assert np.abs(found[row] - wanted[row % len(encoded)]).max() <= TOLERANCE[engine.precision]


def test_the_same_batch_gives_the_same_bits(engine: Engine, encoded: list[Encoded]) -> None:
    first, second = engine.infer(*pad(encoded)), engine.infer(*pad(encoded))
    assert all(np.array_equal(first[name], second[name]) for name in engine.outputs)


def test_rows_are_the_callers_to_keep(engine: Engine, encoded: list[Encoded]) -> None:
    kept = engine.infer(*pad(encoded[:1]))["embedding"]
    before = kept.copy()
    engine.infer(*pad(encoded[1:2]))
    assert np.array_equal(kept, before)


def test_inputs_are_not_changed(engine: Engine, encoded: list[Encoded]) -> None:
    ids, mask = pad(encoded)
    before = ids.copy(), mask.copy()
    engine.infer(ids, mask)
    assert np.array_equal(ids, before[0])
    assert np.array_equal(mask, before[1])


def test_calls_from_many_threads_get_their_own_rows(engine: Engine, encoded: list[Encoded]) -> None:
    wanted = [engine.infer(*pad([text]))["embedding"][0] for text in encoded]
    with ThreadPoolExecutor(max_workers=8) as threads:
        found = list(threads.map(lambda text: engine.infer(*pad([text]))["embedding"][0], encoded * 5))
    assert all(np.array_equal(row, wanted[at % len(encoded)]) for at, row in enumerate(found))


@pytest.mark.parametrize("name", ["openvino-fp32", "onnx-fp32"])
def test_float32_engines_agree_with_torch_within_a_ten_thousandth(
    name: str, tiny_logits: Path, encoded: list[Encoded], tiny: Any
) -> None:
    import torch

    from trivet.backbone.text import load_encoder

    engine = open_engine(name, tiny_logits)
    ids, mask = pad(encoded)
    module = load_encoder(tiny.source, dropout=0.0).eval()
    with torch.no_grad():
        wanted = module(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()
    assert np.abs(engine.infer(ids, mask)["embedding"] - wanted).max() <= 1e-4


@pytest.mark.parametrize("name", ENGINES)
def test_a_file_that_is_no_graph_is_named(name: str, tmp_path: Path) -> None:
    kind, precision = name.split("-")
    file = "model.onnx" if kind == "onnx" else f"{precision}.xml"
    (tmp_path / file).write_text("no graph", encoding="utf-8")
    with pytest.raises(ArtifactError, match=f"{file}: .* cannot load the graph"):
        open_engine(name, tmp_path)


@pytest.mark.parametrize("name", ENGINES)
def test_a_missing_graph_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"model\.onnx|int8\.xml|fp32\.xml"):
        open_engine(name, tmp_path)
