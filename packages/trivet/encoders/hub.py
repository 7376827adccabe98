"""Encoders from the hub: whole and verified, or not there at all."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

from trivet.data.origin import NotThereError, download
from trivet.encoders.folder import FILES, describe_folder
from trivet.errors import DataError, EncoderError

HUB = "https://huggingface.co"
# Small files that say how to pool and under which licence; many encoders have none.
WELCOME = ("1_Pooling/config.json", "README.md")


def is_hub_id(name: str) -> bool:
    """Whether a name has the form owner/name."""
    return re.fullmatch(r"[A-Za-z0-9][\w.-]*/[\w.-]+", name) is not None and ".." not in name


def fetch_encoder(identifier: str, folder: Path, *, sha256: str = "", hub: str = HUB, revision: str = "main") -> None:
    """Fetches an encoder into `folder`, which appears only when all of it is there; `sha256` is that of its weights.

    Raises:
        EncoderError: the hub has no such encoder, does not answer, or sends other weights; nothing is left behind.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".part", dir=folder.parent))
    try:
        for file in FILES:
            weights = sha256 if file == "model.safetensors" else ""
            download(_address(hub, identifier, revision, file), temporary / file, sha256=weights)
        for file in WELCOME:
            _download_if_there(_address(hub, identifier, revision, file), temporary / file)
        describe_folder(temporary)
        temporary.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(temporary, folder)
    except DataError as error:
        raise EncoderError(
            f"{identifier!r} could not be fetched: {error.what}",
            where=error.where,
            todo="An encoder needs config.json, tokenizer.json and model.safetensors on the hub; or set TRIVET_MODELS.",
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _address(hub: str, identifier: str, revision: str, file: str) -> str:
    return f"{hub.rstrip('/')}/{identifier}/resolve/{revision}/{file}"


def _download_if_there(address: str, into: Path) -> None:
    try:
        download(address, into)
    except NotThereError:
        return
