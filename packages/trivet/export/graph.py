"""From a torch module to the folder that every engine serves from."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trivet.errors import ArtifactError
from trivet.export.int8 import quantise
from trivet.export.ir import convert_module, save_ir
from trivet.export.measure import measure_agreement, measure_invariance
from trivet.export.onnx import write_onnx
from trivet.export.quiet import quieten
from trivet.recipe.export import ExportRecipe
from trivet.runtime.digests import Digests
from trivet.runtime.engine import TOKEN_OUTPUTS, Engine, Floats
from trivet.runtime.manifest import Manifest, read_manifest, write_manifest
from trivet.runtime.onnx_engine import OnnxEngine
from trivet.runtime.openvino_engine import OpenVinoEngine
from trivet.runtime.tokens import Encoded, TextTokenizer, pad

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

# Largest difference between torch and a float32 graph, in logits and embeddings.
TOLERANCE = 1e-4
# Texts that torch and the graphs are compared on.
COMPARED = 64


def export_graph(
    module: torch.nn.Module,
    tokenizer: TextTokenizer,
    texts: Sequence[str],
    recipe: ExportRecipe,
    into: Path,
    *,
    outputs: tuple[str, ...],
) -> Path:
    """A folder in `into`, named by the hash of its content, with the module in fp32, int8 and ONNX as the recipe says.

    `module` maps ids and mask I64[B,T] to a tuple in the order of `outputs` (or to one tensor): F32[B,W], of tokens
    F32[B,T,W]. int8 takes its ranges from the first `recipe.calibration_rows` of `texts`. Appears whole or not at all;
    the same module and texts give the same hash.

    Raises:
        ArtifactError: no texts, or a float32 graph answers otherwise than torch by more than 1e-4.
    """
    if not texts:
        raise ArtifactError("there are no texts to calibrate on.", where="export")
    encoded = tokenizer.encode(list(texts[: recipe.calibration_rows]))
    into.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=into, prefix=".partial-"))
    try:
        with quieten(), _frozen(module, outputs) as traced:
            measured = _write(traced, encoded, recipe, folder, outputs=outputs)
        return _settle(folder, into, measured)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write(
    module: torch.nn.Module,
    encoded: Sequence[Encoded],
    recipe: ExportRecipe,
    folder: Path,
    *,
    outputs: tuple[str, ...],
) -> dict[str, Any]:
    compared = encoded[:COMPARED]
    truth = _torch_outputs(module, compared, outputs=outputs)
    # Two rows of different length, so that neither the batch nor the mask is traced as a constant.
    by_length = sorted(encoded, key=lambda text: len(text.ids))
    ids, mask = pad([by_length[0], by_length[-1]])
    save_ir(convert_module(module, ids, mask, outputs=outputs), folder / "fp32.xml")
    exact = OpenVinoEngine(folder, precision="fp32", threads=1)
    measured: dict[str, Any] = {"widths": dict(exact.widths), "fp32": _check(exact, compared, truth)}
    if recipe.onnx:
        write_onnx(module, ids, mask, folder / "model.onnx", outputs=outputs)
        measured["onnx"] = _check(OnnxEngine(folder, threads=1), compared, truth)
    if recipe.precision == "int8":
        quantise(folder / "fp32.xml", encoded, folder / "int8.xml")
        small = OpenVinoEngine(folder, precision="int8", threads=1)
        measured["int8"] = {
            "agreement": measure_agreement(small, exact, encoded).to_json(),
            "invariance": measure_invariance(small, encoded).to_json(),
        }
    return measured


def _check(engine: Engine, encoded: Sequence[Encoded], truth: Mapping[str, Floats]) -> dict[str, float]:
    ids, mask = pad(encoded)
    found = engine.infer(ids, mask)
    # A token of padding attends to all others and nobody reads it: engines need not agree on it.
    kept = {name: mask.astype(bool) if name in TOKEN_OUTPUTS else slice(None) for name in truth}
    difference = max(float(np.abs(found[name][kept[name]] - truth[name][kept[name]]).max()) for name in truth)
    if not difference <= TOLERANCE:
        raise ArtifactError(
            f"the exported graph ({engine.kind}) differs from torch by {difference:.2g}, more than {TOLERANCE:g}.",
            where="export",
            todo="The encoder is not exported faithfully; try another, or report it.",
        )
    return {"difference": difference}


def _torch_outputs(
    module: torch.nn.Module, encoded: Sequence[Encoded], *, outputs: tuple[str, ...]
) -> dict[str, Floats]:
    import torch

    ids, mask = pad(encoded)
    with torch.no_grad():
        found = module(torch.from_numpy(ids), torch.from_numpy(mask))
    return {name: np.asarray(rows, dtype=np.float32) for name, rows in zip(outputs, found, strict=True)}


@contextmanager
def _frozen(module: torch.nn.Module, outputs: tuple[str, ...]) -> Iterator[torch.nn.Module]:
    """The module without dropout, always answering a tuple; afterwards it trains on where it trained before."""
    import torch

    class Traced(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = module

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
            found = self.inner(input_ids, attention_mask)
            rows = (found,) if isinstance(found, torch.Tensor) else tuple(found)
            assert len(rows) == len(outputs), "the module answers as many tensors as there are outputs"
            return rows

    modes = {part: part.training for part in module.modules()}
    try:
        # The wrapper too: on its way back an exporter sets all its parts to the wrapper's mode.
        yield Traced().eval()
    finally:
        for part, training in modes.items():
            part.training = training


def _settle(folder: Path, into: Path, measured: dict[str, Any]) -> Path:
    widths = measured.pop("widths")
    digests = Digests()
    files = {path.name: digests.read(path) for path in sorted(folder.iterdir())}
    manifest = Manifest(outputs=widths, files=files, measured=measured)
    write_manifest(manifest, folder)
    target = into / manifest.hash
    if not is_whole(target):
        shutil.rmtree(target, ignore_errors=True)
        folder.chmod(0o755)
        folder.rename(target)
    return target


def is_whole(folder: Path) -> bool:
    """Whether a graph folder is there with all its files, byte for byte."""
    digests = Digests()
    try:
        for name, sha256 in read_manifest(folder).files.items():
            digests.check(folder / name, sha256)
    except ArtifactError:
        return False
    return True
