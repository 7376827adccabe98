"""Writes model.onnx for the second engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trivet.runtime.engine import TOKEN_OUTPUTS
from trivet.runtime.openvino_engine import INPUTS

if TYPE_CHECKING:
    import torch

    from trivet.runtime.tokens import Ids

OPSET = 17


def write_onnx(module: torch.nn.Module, ids: Ids, mask: Ids, path: Path, *, outputs: Sequence[str]) -> None:
    """The module in float32 with free batch and length.

    By tracing, as for OpenVINO: the newer exporter takes five times as long and writes our paths into the file.
    """
    import torch

    long = [*INPUTS, *(name for name in outputs if name in TOKEN_OUTPUTS)]
    free = {name: {0: "batch"} for name in outputs} | {name: {0: "batch", 1: "tokens"} for name in long}
    with torch.no_grad():
        torch.onnx.export(
            module,
            (torch.from_numpy(ids), torch.from_numpy(mask)),
            str(path),
            input_names=list(INPUTS),
            output_names=list(outputs),
            dynamic_axes=free,
            opset_version=OPSET,
            dynamo=False,
        )
