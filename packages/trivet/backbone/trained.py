"""Trained weights in a folder: the encoder as transformers reads it, and the head beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from trivet.backbone.text import TextEncoder
from trivet.backbone.weights import put_tensors, save_tensors

ENCODER, HEAD = "model.safetensors", "head.safetensors"


def encoder_of(module: nn.Module) -> TextEncoder:
    """The one text encoder in a module."""
    found = [part for part in module.modules() if isinstance(part, TextEncoder)]
    assert len(found) == 1, f"a module has one encoder, not {len(found)}"
    return found[0]


def save_weights(module: nn.Module, folder: Path) -> Path:
    """Writes config.json and model.safetensors of the module's encoder, and head.safetensors where it has a head.

    The folder, which is returned, is an encoder of its own: `load_encoder` and transformers read it.
    """
    model: Any = encoder_of(module).model
    folder.mkdir(parents=True, exist_ok=True)
    model.config.save_pretrained(folder)
    save_tensors(model.state_dict(), folder / ENCODER)
    head = head_of(module)
    if head is not None:
        save_tensors(head.state_dict(), folder / HEAD)
    return folder


def load_weights(module: nn.Module, folder: Path) -> None:
    """Puts weights that `save_weights` wrote into a module of the same shape.

    Raises:
        EncoderError: a file is missing or damaged, or is of another model; nothing of that file was taken over.
    """
    head = head_of(module)
    if head is not None:
        put_tensors(head, folder / HEAD)
    put_tensors(encoder_of(module).model, folder / ENCODER)


def head_of(module: nn.Module) -> nn.Module | None:
    """What a task put on top of the encoder, if anything."""
    head = getattr(module, "head", None)
    return head if isinstance(head, nn.Module) else None
