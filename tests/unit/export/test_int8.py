from pathlib import Path
from typing import Any

import numpy as np

from trivet.export.ir import gather_before_dequantising, save_ir
from trivet.runtime.load_openvino import load_openvino
from trivet.runtime.openvino_engine import OpenVinoEngine
from trivet.runtime.tokens import pad


def make_table() -> Any:
    """A lookup in an int8 table that is dequantised first, as nncf writes it."""
    ov = load_openvino()
    rng = np.random.default_rng(0)
    ids = ov.opset8.parameter([-1, -1], np.int64, name="input_ids")
    mask = ov.opset8.parameter([-1, -1], np.int64, name="attention_mask")
    ids.output(0).get_tensor().set_names({"input_ids"})
    mask.output(0).get_tensor().set_names({"attention_mask"})
    table = ov.opset8.constant(rng.integers(-127, 128, (50, 8)), np.int8)
    scales = ov.opset8.constant(rng.uniform(0.01, 0.1, (50, 1)), np.float32)
    rows = ov.opset8.multiply(ov.opset8.convert(table, "f32"), scales)
    found = ov.opset8.gather(rows, ids, ov.opset8.constant(0, np.int32))
    kept = ov.opset8.unsqueeze(ov.opset8.convert(mask, "f32"), ov.opset8.constant(-1, np.int32))
    pooled = ov.opset8.reduce_sum(ov.opset8.multiply(found, kept), ov.opset8.constant(1, np.int32))
    model = ov.Model([pooled], [ids, mask], "table")
    model.outputs[0].get_tensor().set_names({"embedding"})
    return model


def test_looking_up_before_dequantising_changes_no_bit(tmp_path: Path) -> None:
    model = make_table()
    save_ir(model, tmp_path / "fp32.xml")
    gather_before_dequantising(model)
    save_ir(model, tmp_path / "int8.xml")
    before = [node.get_type_name() for node in make_table().get_ordered_ops()].count("Gather")
    assert [node.get_type_name() for node in model.get_ordered_ops()].count("Gather") == before + 1
    ids = np.random.default_rng(1).integers(0, 50, (3, 16))
    mask = np.ones_like(ids)
    early, late = (OpenVinoEngine(tmp_path, precision=precision, threads=1) for precision in ("int8", "fp32"))
    assert np.array_equal(early.infer(ids, mask)["embedding"], late.infer(ids, mask)["embedding"])


def test_int8_weights_take_a_quarter_of_the_space(tiny: Any) -> None:
    assert (tiny.graph / "int8.bin").stat().st_size < 0.4 * (tiny.graph / "fp32.bin").stat().st_size


def test_int8_embeddings_lie_close_to_float32(tiny: Any) -> None:
    ids, mask = pad(tiny.tokenizer().encode(tiny.texts))
    small, exact = (OpenVinoEngine(tiny.graph, precision=precision, threads=1) for precision in ("int8", "fp32"))
    cosines = (small.infer(ids, mask)["embedding"] * exact.infer(ids, mask)["embedding"]).sum(axis=1)
    assert cosines.min() > 0.999


def test_no_name_of_the_machine_or_the_run_stands_in_the_graph(tiny: Any) -> None:
    for precision in ("int8", "fp32"):
        text = (tiny.graph / f"{precision}.xml").read_text(encoding="utf-8")
        assert "/" not in "".join(part.split('"')[1] for part in text.split("<layer")[1:] if '"' in part)
        assert str(tiny.graph) not in text
        assert "__module" not in text
