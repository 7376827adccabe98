import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from trivet.errors import TrivetError
from trivet.training import checkpoint as module
from trivet.training.checkpoint import (
    Checkpoint,
    Position,
    find_checkpoints,
    load_checkpoint,
    remove_checkpoints,
    save_checkpoint,
)
from trivet.training.history import Epoch

POSITION = Position(
    epoch=1, done=2, step=12, loss_sum=0.1 + 0.2, rows=64, seconds=1.5, epochs=(Epoch(1, 1 / 3, 0.5, 2.0, 3.0),)
)
CHECKPOINT = Checkpoint(
    position=POSITION,
    weights={"w": torch.randn(3, 2)},
    optimizer={"0.step": torch.tensor(12.0), "0.exp_avg": torch.randn(3, 2)},
    schedule={"last_epoch": 12, "base_lrs": [1e-4 / 3]},
    random={"cpu": torch.get_rng_state()},
)


def test_a_checkpoint_comes_back_to_the_last_bit(tmp_path: Path) -> None:
    save_checkpoint(CHECKPOINT, tmp_path, fingerprint="x")
    found = load_checkpoint(tmp_path, fingerprint="x")
    assert found is not None
    assert found.position == POSITION
    assert found.schedule == CHECKPOINT.schedule
    assert found.best == {}
    for name in ("weights", "optimizer", "random"):
        before, after = getattr(CHECKPOINT, name), getattr(found, name)
        assert before.keys() == after.keys()
        assert all(torch.equal(before[key], after[key]) and before[key].dtype == after[key].dtype for key in before)


def test_only_the_latest_is_kept(tmp_path: Path) -> None:
    for step in (5, 10, 100):
        save_checkpoint(replace(CHECKPOINT, position=replace(POSITION, step=step)), tmp_path, fingerprint="x")
    assert [path.name for path in find_checkpoints(tmp_path)] == ["step-000000100"]
    assert len(list(tmp_path.iterdir())) == 1


def test_nothing_in_it_can_run_code(tmp_path: Path) -> None:
    folder = save_checkpoint(CHECKPOINT, tmp_path, fingerprint="x")
    assert {path.suffix for path in folder.iterdir()} == {".safetensors", ".json"}


def test_no_checkpoint_is_none(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path / "nowhere", fingerprint="x") is None


def test_a_crash_while_writing_leaves_the_older_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_checkpoint(CHECKPOINT, tmp_path, fingerprint="x")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.json, "dump", full)
    with pytest.raises(OSError, match="No space left"):
        save_checkpoint(replace(CHECKPOINT, position=replace(POSITION, step=20)), tmp_path, fingerprint="x")
    assert [path.name for path in tmp_path.iterdir()] == ["step-000000012"]


def test_what_a_killed_process_left_half_written_is_not_read_and_goes_away(tmp_path: Path) -> None:
    (tmp_path / ".step-000000099.1.part").mkdir()
    assert load_checkpoint(tmp_path, fingerprint="x") is None
    remove_checkpoints(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_removing_touches_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    save_checkpoint(CHECKPOINT, tmp_path, fingerprint="x")
    remove_checkpoints(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_checkpoint_of_another_run_is_refused_with_its_place(tmp_path: Path) -> None:
    folder = save_checkpoint(CHECKPOINT, tmp_path, fingerprint="x")
    with pytest.raises(TrivetError, match="of a run with other rows or knobs") as raised:
        load_checkpoint(tmp_path, fingerprint="y")
    assert raised.value.where == str(folder)


@pytest.mark.parametrize("name", ["state.json", "weights.safetensors", "optimizer.safetensors"])
def test_a_damaged_file_is_refused(tmp_path: Path, name: str) -> None:
    folder = save_checkpoint(CHECKPOINT, tmp_path, fingerprint="x")
    (folder / name).write_bytes((folder / name).read_bytes()[:-20])
    with pytest.raises(TrivetError, match=str(folder)):
        load_checkpoint(tmp_path, fingerprint="x")


def test_a_checkpoint_of_another_format_is_refused(tmp_path: Path) -> None:
    folder = save_checkpoint(CHECKPOINT, tmp_path, fingerprint="x")
    values = json.loads((folder / "state.json").read_text())
    (folder / "state.json").write_text(json.dumps({**values, "format": 99}))
    with pytest.raises(TrivetError):
        load_checkpoint(tmp_path, fingerprint="x")
