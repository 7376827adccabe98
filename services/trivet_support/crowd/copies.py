"""A model once more, on a graph of its own: as heavy as another tenant's, without another training."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from trivet.artifact.documents import read_json, write_json
from trivet.artifact.layout import GRAPHS, HEADER, SUMS, WEIGHTS
from trivet.artifact.sums import read_sums, write_sums
from trivet.runtime.manifest import NAME, Manifest, read_manifest

_KEPT = ("int8.xml", "int8.bin")


def copy_with_graph(artifact: Path, out: Path, *, called: str) -> Path:
    """The artifact with a remark in its int8 graph, which is another graph thereby, in files of its own; int8 alone.

    The weights are the same, but nothing of them is shared: another file, another compiled graph, another batcher.

    Raises:
        ArtifactError: it is none.
    """
    header = read_json(artifact / HEADER)
    graph = artifact / GRAPHS / str(header["graph"])
    manifest = read_manifest(graph)
    described = (graph / _KEPT[0]).read_bytes().rstrip() + f"\n<!-- {called} -->\n".encode()
    files = {_KEPT[0]: hashlib.sha256(described).hexdigest(), _KEPT[1]: manifest.files[_KEPT[1]]}
    changed = Manifest(outputs=manifest.outputs, files=files, measured=manifest.measured)
    left_out = (f"{GRAPHS}/", f"{WEIGHTS}/", SUMS)
    for name in read_sums(artifact):
        if not name.startswith(left_out):
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(artifact / name, out / name)
    folder = out / GRAPHS / changed.hash
    folder.mkdir(parents=True)
    (folder / _KEPT[0]).write_bytes(described)
    shutil.copyfile(graph / _KEPT[1], folder / _KEPT[1])
    (folder / NAME).write_text(json.dumps(changed.model_dump(mode="json"), indent=1, sort_keys=True) + "\n")
    write_json({**header, "graph": changed.hash}, out / HEADER)
    write_sums(out)
    return out
