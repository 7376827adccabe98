"""The graph of an encoder that stays as it is: exported once, shared by every head over it."""

from __future__ import annotations

import hashlib
import json
import os
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from trivet.export.graph import export_graph, is_whole
from trivet.recipe.export import ExportRecipe
from trivet.runtime.tokens import TextTokenizer
from trivet.settings import Settings

if TYPE_CHECKING:
    from trivet.encoders.catalogue import EncoderSource

# Change it when what this module builds changes.
GENERATION = 1
# Tokens of a calibration text, at most; all of ours are shorter.
MOST_TOKENS = 128


def frozen_graph(encoder: EncoderSource, settings: Settings, recipe: ExportRecipe) -> Path:
    """The graph folder of an encoder, with int8 (and ONNX where the recipe asks), in `settings.cache`/graphs.

    int8 is calibrated on a list of texts of many domains that comes with Trivet, never on a user's texts, so that all
    heads over the encoder share one graph; `recipe.calibration_rows` does not count here. Built once a machine: another
    process waits for the first. Found again by the weights, pooling, prefix, the list and the exporters' versions.

    Raises:
        EncoderError: the encoder cannot be read.
        ArtifactError: the exported graph answers otherwise than torch.
    """
    from filelock import FileLock

    graphs = settings.cache / "graphs"
    graphs.mkdir(parents=True, exist_ok=True)
    name = f"{_key(encoder)}{'-onnx' if recipe.onnx else ''}"
    found = _find(graphs, name)
    if found is None:
        with FileLock(graphs / f"{name}.lock"):
            found = _find(graphs, name) or _build(encoder, recipe, graphs, name)
    return found


def read_calibration() -> tuple[str, ...]:
    """The texts that frozen graphs are calibrated on: support, finance, products, news, everyday talk."""
    text = files("trivet.export").joinpath("calibration.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line)


def _build(encoder: EncoderSource, recipe: ExportRecipe, graphs: Path, name: str) -> Path:
    from trivet.backbone.text import load_encoder

    texts = read_calibration()
    tokenizer = TextTokenizer(encoder.path / "tokenizer.json", MOST_TOKENS, encoder.prefix)
    whole = recipe.model_copy(update={"precision": "int8", "calibration_rows": len(texts)})
    graph = export_graph(load_encoder(encoder, dropout=0.0), tokenizer, texts, whole, graphs, outputs=("embedding",))
    entry = graphs / f"{name}.json"
    partial = entry.with_suffix(".partial")
    partial.write_text(json.dumps({"graph": graph.name}) + "\n", encoding="utf-8")
    os.replace(partial, entry)
    return graph


def _find(graphs: Path, name: str) -> Path | None:
    """The graph under a key; None where it is not there or not whole, so that it is built (again)."""
    try:
        graph: Path = graphs / json.loads((graphs / f"{name}.json").read_text(encoding="utf-8"))["graph"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return graph if is_whole(graph) else None


def _key(encoder: EncoderSource) -> str:
    parts = {
        "generation": GENERATION,
        "encoder": encoder.sha256,
        "pooling": encoder.pooling,
        "prefix": encoder.prefix,
        "calibration": hashlib.sha256("\n".join(read_calibration()).encode()).hexdigest(),
        "exporters": [".".join(version(name).split(".")[:2]) for name in ("openvino", "nncf")],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]
