"""Where a run stands, on disk: safetensors and JSON in one folder that appears whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from trivet.backbone.weights import load_tensors, save_tensors
from trivet.errors import TrivetError
from trivet.training.history import Epoch

FORMAT = 1
Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Position:
    """How far a run is: epochs behind it, steps of the current one done, steps in all, and the current epoch's sums."""

    epoch: int = 0
    done: int = 0
    step: int = 0
    loss_sum: float = 0.0
    rows: int = 0
    seconds: float = 0.0
    epochs: tuple[Epoch, ...] = ()


@dataclass(frozen=True)
class Checkpoint:
    """Everything that decides the rest of a run; with the same rows and recipe the final weights are the same bits.

    `weights` and `best` hold the parameters that learn, by name; `best` is empty without early stopping. Rows are drawn
    from (seed, epoch), so numpy has no state to keep.
    """

    position: Position
    weights: Tensors
    optimizer: Tensors
    schedule: Mapping[str, Any]
    random: Tensors
    best: Tensors = field(default_factory=dict)


def save_checkpoint(checkpoint: Checkpoint, folder: Path, *, fingerprint: str) -> Path:
    """Writes `folder`/step-N and removes the older ones; a crash leaves the older one or the new one."""
    target = folder / f"step-{checkpoint.position.step:09d}"
    part = folder / f".{target.name}.{os.getpid()}.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        for name in ("weights", "optimizer", "random", "best"):
            save_tensors(getattr(checkpoint, name), part / f"{name}.safetensors")
        values = {
            "format": FORMAT,
            "fingerprint": fingerprint,
            "position": asdict(checkpoint.position),
            "schedule": dict(checkpoint.schedule),
        }
        with (part / "state.json").open("w", encoding="utf-8") as file:
            json.dump(values, file)
            file.flush()
            os.fsync(file.fileno())
        if not target.exists():
            part.replace(target)
        _sync(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    for older in find_checkpoints(folder):
        if older != target:
            shutil.rmtree(older)
    return target


def find_checkpoints(folder: Path) -> list[Path]:
    """The checkpoints in a folder, the oldest first."""
    return sorted(path for path in folder.glob("step-*") if path.is_dir())


def remove_checkpoints(folder: Path) -> None:
    """Removes the checkpoints in a folder and what a crash left of one; touches nothing else."""
    for path in [*find_checkpoints(folder), *folder.glob(".step-*.part")]:
        shutil.rmtree(path)


def load_checkpoint(folder: Path, *, fingerprint: str) -> Checkpoint | None:
    """The latest checkpoint in a folder, None where there is none.

    Raises:
        TrivetError: it is damaged, or belongs to a run with other rows or another recipe.
    """
    found = find_checkpoints(folder)
    if not found:
        return None
    path = found[-1]
    advice = f"Remove {folder}, or train without resuming."
    try:
        values = json.loads((path / "state.json").read_text(encoding="utf-8"))
        saved = values["fingerprint"] if values["format"] == FORMAT else ""
    except (OSError, ValueError, KeyError) as error:
        raise TrivetError(f"the checkpoint is damaged ({error}).", where=str(path), todo=advice) from error
    if saved != fingerprint:
        raise TrivetError("the checkpoint is of a run with other rows or knobs.", where=str(path), todo=advice)
    position = values["position"]
    epochs = tuple(Epoch(**epoch) for epoch in position.pop("epochs"))
    return Checkpoint(
        position=Position(**position, epochs=epochs),
        schedule=values["schedule"],
        **{name: load_tensors(path / f"{name}.safetensors") for name in ("weights", "optimizer", "random", "best")},
    )


def _sync(folder: Path) -> None:
    """Makes a rename in the folder last through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
