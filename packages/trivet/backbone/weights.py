"""Tensors in files: safetensors, written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from trivet.errors import EncoderError


def save_tensors(tensors: Mapping[str, torch.Tensor], path: Path) -> None:
    """Writes a safetensors file by way of a temporary sibling, so that a reader sees the old file or the new one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        # Copies, because safetensors refuses tensors that share memory (tied weights).
        save_file(
            {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}, temporary
        )
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def load_tensors(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a safetensors file, on the CPU.

    Raises:
        EncoderError: the file is missing or damaged.
    """
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise EncoderError(f"cannot read the weights ({error}).", where=str(path), todo="Restore the file.") from error


def put_tensors(module: nn.Module, path: Path) -> None:
    """Puts the tensors of a file into a module of the same shape; all of them or none.

    Raises:
        EncoderError: the file is unreadable, or its names or shapes are not those of the module.
    """
    saved = load_tensors(path)
    own = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    odd = sorted(
        name for name in own.keys() | saved.keys() if name not in saved or own.get(name) != tuple(saved[name].shape)
    )
    if odd:
        raise EncoderError(
            f"the weights are of another model: {len(odd)} tensors differ, the first is {odd[0]!r}.",
            where=str(path),
            todo="Load them with the recipe they were trained with.",
        )
    module.load_state_dict(saved)
