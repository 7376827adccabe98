"""What the folder of an encoder says about itself, read without torch."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trivet.errors import EncoderError

FILES = ("config.json", "tokenizer.json", "model.safetensors")
# Licences, as model cards spell them, under which a weight may go into a product.
FREE = frozenset({"apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "cc-by-4.0", "isc", "unlicense"})
HEADER_BYTES = 8
MAX_HEADER = 100_000_000


@dataclass(frozen=True)
class FolderFacts:
    """Width of an embedding, layers, weights, pooling, prefix, and the model card's licence (`unknown` without one)."""

    dim: int
    layers: int
    parameters: int
    pooling: str
    prefix: str
    licence: str
    commercial: bool


def lacking(folder: Path) -> tuple[str, ...]:
    """The files of an encoder that a folder lacks."""
    return tuple(file for file in FILES if not (folder / file).is_file())


def describe_folder(folder: Path) -> FolderFacts:
    """The facts of an encoder's folder.

    Raises:
        EncoderError: it lacks a file, or one cannot be read; names the file.
    """
    missing = lacking(folder)
    if missing:
        todo = "An encoder is a folder with config.json, tokenizer.json and model.safetensors."
        if (folder / "pytorch_model.bin").is_file():
            todo = "Pickled weights are not read: save the model again as safetensors."
        raise EncoderError(f"lacks {', '.join(missing)}.", where=str(folder), todo=todo)
    config = _read_json(folder / "config.json")
    dim, layers = _first(config, "hidden_size", "dim", "d_model"), _first(config, "num_hidden_layers", "n_layers")
    if not dim or not layers:
        raise EncoderError(
            "says neither hidden_size nor num_hidden_layers.",
            where=str(folder / "config.json"),
            todo="Is it an encoder?",
        )
    licence = _licence(folder / "README.md")
    return FolderFacts(
        dim=dim,
        layers=layers,
        parameters=count_parameters(folder / "model.safetensors"),
        pooling=_pooling(folder / "1_Pooling" / "config.json"),
        prefix=_prefix(folder / "config_sentence_transformers.json"),
        licence=licence,
        commercial=licence.lower() in FREE,
    )


def count_parameters(path: Path) -> int:
    """Weights in a safetensors file, from its header alone; position numbers that some files carry are not weights.

    Raises:
        EncoderError: the file is cut short or not safetensors.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(HEADER_BYTES), "little")
            if not 2 <= length <= min(MAX_HEADER, size):
                raise ValueError("no header")
            header = json.loads(file.read(length))
        tensors = {name: tensor for name, tensor in header.items() if name != "__metadata__"}
        end = max(tensor["data_offsets"][1] for tensor in tensors.values())
        if size != HEADER_BYTES + length + end:
            raise ValueError("cut short")
        weights = (tensor for name, tensor in tensors.items() if not name.endswith("position_ids"))
        return sum(math.prod(tensor["shape"]) for tensor in weights)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EncoderError("is not a whole safetensors file.", where=str(path), todo="Get it again.") from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EncoderError("is not valid JSON.", where=str(path), todo="Get it again.") from error
    if not isinstance(value, dict):
        raise EncoderError("is not a JSON object.", where=str(path), todo="Get it again.")
    return value


def _first(config: dict[str, Any], *names: str) -> int:
    return next((int(config[name]) for name in names if isinstance(config.get(name), int)), 0)


def _pooling(path: Path) -> str:
    """As sentence-transformers writes it down; mean where nothing is written."""
    return "cls" if path.is_file() and _read_json(path).get("pooling_mode_cls_token") else "mean"


def _prefix(path: Path) -> str:
    """What sentence-transformers puts before every text where nobody names another prompt; nothing by default."""
    written = _read_json(path) if path.is_file() else {}
    prompts, name = written.get("prompts"), written.get("default_prompt_name")
    found = prompts.get(name) if isinstance(prompts, dict) else None
    return found if isinstance(found, str) else ""


def _licence(readme: Path) -> str:
    """The `license:` of a model card's front matter."""
    if not readme.is_file():
        return "unknown"
    head = readme.read_text(encoding="utf-8", errors="replace").split("\n---", 1)[0]
    found = re.search(r"^license:\s*[\"']?([\w.-]+)", head, flags=re.MULTILINE)
    return found.group(1) if found else "unknown"
