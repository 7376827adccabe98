"""`graph.json`: what a graph folder holds."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from trivet.errors import ArtifactError
from trivet.runtime.engine import EngineKind, Precision

FORMAT = 1
NAME = "graph.json"


class Manifest(BaseModel):
    """Outputs of a graph with their widths, the sha256 of its files, and what was measured when it was exported.

    The hash of a graph covers everything but `measured`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    outputs: dict[str, int]
    files: dict[str, str]
    measured: dict[str, Any] = {}

    @property
    def hash(self) -> str:
        """The name of the folder: sha256 of the content, in hex."""
        content = self.model_dump(mode="json", exclude={"measured"})
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def holds(self, precision: Precision) -> bool:
        """Whether an IR of this precision is there."""
        return f"{precision}.xml" in self.files


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Puts graph.json beside the files of the graph."""
    text = json.dumps(manifest.model_dump(mode="json"), indent=1, sort_keys=True)
    (folder / NAME).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a graph folder, which must bear the name of its content.

    Raises:
        ArtifactError: the folder or its graph.json is missing, of another format, or belongs to another graph.
    """
    path = folder / NAME
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ArtifactError(f"no graph here ({error}).", where=str(path), todo="Copy the artifact again.") from error
    try:
        manifest = Manifest.model_validate_json(text)
    except ValidationError as error:
        raise ArtifactError(
            f"not a description of a graph ({error.errors()[0]['msg']}).", where=str(path), todo="Update Trivet."
        ) from error
    if manifest.hash != folder.name:
        raise ArtifactError("the graph is not the one that its folder is named after.", where=str(path))
    return manifest


def engine_files(kind: EngineKind, precision: Precision) -> tuple[str, ...]:
    """Names of the files that an engine opens."""
    match kind:
        case "openvino":
            return (f"{precision}.xml", f"{precision}.bin")
        case "onnx":
            return ("model.onnx",)
