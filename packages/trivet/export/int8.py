"""Quantises a graph to int8 with nncf."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trivet.export.ir import gather_before_dequantising, save_ir
from trivet.runtime.load_openvino import load_openvino
from trivet.runtime.openvino_engine import INPUTS
from trivet.runtime.tokens import Encoded, pad

if TYPE_CHECKING:
    from trivet.runtime.tokens import Ids


def quantise(path: Path, encoded: Sequence[Encoded], into: Path) -> None:
    """Writes the int8 form of the fp32 IR at `path` to `into`: static, ranges from these texts, weights symmetric.

    Texts go in one by one at their own length: padding would widen the ranges of what no answer uses.
    """
    ov = load_openvino()
    import nncf

    core = ov.Core()
    model = nncf.quantize(
        core.read_model(str(path)),
        nncf.Dataset(encoded, _inputs),
        model_type=nncf.ModelType.TRANSFORMER,
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(encoded),
    )
    # Only a saved graph holds its weights in int8; in memory they are float32 and a rule to round them.
    rough = into.with_name("rough.xml")
    save_ir(model, rough)
    small = core.read_model(str(rough))
    gather_before_dequantising(small)
    save_ir(small, into)
    del small
    rough.unlink()
    rough.with_suffix(".bin").unlink()


def _inputs(text: Encoded) -> dict[str, Ids]:
    return dict(zip(INPUTS, pad([text], multiple=1), strict=True))
