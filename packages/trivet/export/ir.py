"""OpenVINO graphs on disk: the same module gives the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trivet.runtime.engine import is_output
from trivet.runtime.load_openvino import load_openvino
from trivet.runtime.openvino_engine import INPUTS

if TYPE_CHECKING:
    import openvino as ov
    import torch

    from trivet.runtime.tokens import Ids


def convert_module(module: torch.nn.Module, ids: Ids, mask: Ids, *, outputs: Sequence[str]) -> ov.Model:
    """The float32 graph of a module that maps ids and mask I64[B,T] to a tuple of F32[B,W] named `outputs`."""
    import torch

    ov = load_openvino()
    example = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
    with torch.no_grad():
        model = ov.convert_model(module, example_input=example, input=[(name, [-1, -1]) for name in INPUTS])
    for port, name in zip(model.outputs, outputs, strict=True):
        port.get_tensor().set_names({name})
    return model


def save_ir(model: ov.Model, path: Path) -> None:
    """Writes `path` (.xml) and its .bin with weights as they are, without anything that changes from run to run.

    Names of inner nodes carry a counter of the process and paths of the machine: here they are numbered in order.
    """
    ov = load_openvino()
    outputs = {name for port in model.outputs for name in port.get_names() if is_output(name)}
    kept = {*INPUTS, *outputs}
    for number, node in enumerate(model.get_ordered_ops()):
        node.set_friendly_name(_name(node, number, kept=kept))
        for port in node.outputs():
            tensor = port.get_tensor()
            tensor.set_names(tensor.get_names() & kept)
        for key in list(node.get_rt_info()):
            if key.startswith("fused_names"):
                del node.get_rt_info()[key]
    model.set_friendly_name("graph")
    ov.save_model(model, str(path), compress_to_fp16=False)


def gather_before_dequantising(model: ov.Model) -> None:
    """Look up int8 embeddings first and bring only the rows found to float32: the same numbers, 46 MB less for MiniLM.

    Left as nncf writes it, the CPU plugin turns the whole table into float32 when it compiles.
    """
    ov = load_openvino()
    for node in model.get_ordered_ops():
        if node.get_type_name() != "Gather":
            continue
        scaled = node.input_value(0).get_node()
        if scaled.get_type_name() != "Multiply":
            continue
        converted, scales = scaled.input_value(0).get_node(), scaled.input_value(1)
        if converted.get_type_name() != "Convert" or not _one_scale_a_row(converted, scales):
            continue
        where, axis = node.input_value(1), node.input_value(2)
        found = ov.opset1.convert(ov.opset8.gather(converted.input_value(0), where, axis), "f32")
        rows = ov.opset1.multiply(found, ov.opset8.gather(scales, where, axis))
        for target in node.output(0).get_target_inputs():
            target.replace_source_output(rows.output(0))


def _name(node: Any, number: int, *, kept: set[str]) -> str:
    names = {name for port in node.outputs() for name in port.get_tensor().get_names()} & kept
    if node.get_type_name() == "Parameter" and names:
        return min(names)
    return f"{node.get_type_name()}_{number}"


def _one_scale_a_row(converted: Any, scales: Any) -> bool:
    table, shape = converted.input_value(0), scales.get_partial_shape()
    if table.get_node().get_type_name() != "Constant" or scales.get_node().get_type_name() != "Constant":
        return False
    size = table.get_partial_shape()
    return len(shape) == len(size) == 2 and shape[0] == size[0] and shape[1] == 1
