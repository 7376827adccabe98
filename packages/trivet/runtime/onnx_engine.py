"""ONNX Runtime on the CPU: the second engine, for places where OpenVINO does not run."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from trivet.errors import ArtifactError
from trivet.runtime.engine import Floats
from trivet.runtime.tokens import Ids

MODEL = "model.onnx"


class OnnxEngine:
    """One session over `model.onnx`, in float32: its dynamic int8 lets an answer depend on who shares the batch."""

    kind = "onnx"
    precision = "fp32"

    def __init__(self, folder: Path, *, threads: int) -> None:
        """Loads `model.onnx` of a graph folder for `threads` threads.

        Raises:
            ArtifactError: the graph has none, ONNX Runtime is not installed or cannot read it.
        """
        path = folder / MODEL
        if not path.is_file():
            raise ArtifactError("the graph holds no model.onnx.", where=str(folder), todo="Set export.onnx = true.")
        try:
            import onnxruntime as ort
        except ImportError as error:
            raise ArtifactError("ONNX Runtime is not installed.", todo="Run `pip install onnxruntime`.") from error
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Threads that spin between two calls would take the cores of the rest of the process.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its exceptions share no base but Exception
            raise ArtifactError(
                f"ONNX Runtime cannot load the graph ({str(error)[:200]}).", where=str(path), todo="Export it again."
            ) from error
        self.widths: Mapping[str, int] = {port.name: int(port.shape[-1]) for port in self._session.get_outputs()}
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
        with self._turn:
            found = self._session.run(list(self.widths), {"input_ids": ids, "attention_mask": mask})
        return {name: np.asarray(rows, dtype=np.float32) for name, rows in zip(self.widths, found, strict=True)}
