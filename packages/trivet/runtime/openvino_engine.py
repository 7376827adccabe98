"""OpenVINO on the CPU: the default engine."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from trivet.errors import ArtifactError
from trivet.runtime.engine import TOKEN_OUTPUTS, Floats, Precision, is_output
from trivet.runtime.grid import cut_rows, round_length
from trivet.runtime.load_openvino import load_openvino
from trivet.runtime.tokens import Ids

INPUTS = ("input_ids", "attention_mask")


class OpenVinoEngine:
    """One compiled IR with one infer request; weights that the CPU takes as they are stay mapped from the file."""

    kind = "openvino"

    def __init__(self, folder: Path, *, precision: Precision, threads: int, cache: Path | None = None) -> None:
        """Compiles `<precision>.xml` of a graph folder for `threads` threads.

        What is not quantised runs in float32 (by itself OpenVINO takes bfloat16 where the CPU has it, which changes
        answers with the machine). `cache`: a folder of compiled graphs, to start faster the second time.

        Raises:
            ArtifactError: OpenVINO cannot read or compile the graph, or its inputs are not ours.
        """
        ov = load_openvino()
        self.precision: Precision = precision
        path = folder / f"{precision}.xml"
        options: dict[str, object] = {
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": threads,
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": "1",
            # Pinned threads of two processes would meet on the same core.
            "ENABLE_CPU_PINNING": False,
        }
        core = ov.Core()
        if cache is not None:
            core.set_property({"CACHE_DIR": str(cache)})
        try:
            # Read first: so the cache knows a graph by its content, wherever it lies.
            compiled = core.compile_model(core.read_model(str(path)), "CPU", options)
        except RuntimeError as error:
            raise ArtifactError(
                f"OpenVINO cannot load the graph ({_first_line(error)}).", where=str(path), todo="Export it again."
            ) from error
        inputs = {name: at for at, port in enumerate(compiled.inputs) for name in port.get_names() if name in INPUTS}
        if set(inputs) != set(INPUTS) or len(compiled.inputs) != len(INPUTS):
            raise ArtifactError("the graph does not take input_ids and attention_mask.", where=str(path))
        self._order = [inputs[name] for name in INPUTS]
        self._indices = {_name(port, path=path): at for at, port in enumerate(compiled.outputs)}
        self.widths: Mapping[str, int] = {
            _name(port, path=path): int(port.get_partial_shape()[-1].get_length()) for port in compiled.outputs
        }
        self._request = compiled.create_infer_request()
        self._turn = threading.Lock()

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs in their order."""
        return tuple(self.widths)

    @property
    def dim(self) -> int:
        """Length of an embedding."""
        return self.widths["embedding"]

    def infer(self, ids: Ids, mask: Ids) -> dict[str, Floats]:
        """Every output of ids and mask I64[B,T]: F32[B,W], of tokens F32[B,T,W]."""
        length = ids.shape[1]
        missing = round_length(length) - length
        if missing:
            ids = np.pad(ids, ((0, 0), (0, missing)))
            mask = np.pad(mask, ((0, 0), (0, missing)))
        with self._turn:
            parts = [self._run(ids[rows], mask[rows]) for rows in cut_rows(len(ids))]
        found = {name: _join([part[name] for part in parts]) for name in self.widths}
        return {name: rows[:, :length] if name in TOKEN_OUTPUTS else rows for name, rows in found.items()}

    def _run(self, ids: Ids, mask: Ids) -> dict[str, Floats]:
        inputs = {self._order[0]: np.ascontiguousarray(ids), self._order[1]: np.ascontiguousarray(mask)}
        found = self._request.infer(inputs, share_inputs=True, share_outputs=False)
        return {name: np.asarray(found[index], dtype=np.float32) for name, index in self._indices.items()}


def _name(port: Any, *, path: Path) -> str:
    names: set[str] = port.get_names()
    known = [name for name in sorted(names) if is_output(name)]
    if len(known) != 1:
        raise ArtifactError(f"the graph has an output {sorted(names)} that is not ours.", where=str(path))
    return known[0]


def _join(parts: list[Floats]) -> Floats:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:200] if lines else type(error).__name__
