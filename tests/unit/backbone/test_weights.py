from pathlib import Path

import pytest
import torch
from torch import nn

from trivet.backbone.weights import put_tensors, save_tensors
from trivet.errors import EncoderError


def test_weights_come_back_as_they_were(tmp_path: Path) -> None:
    one, other = nn.Linear(3, 2), nn.Linear(3, 2)
    save_tensors(one.state_dict(), tmp_path / "w.safetensors")
    put_tensors(other, tmp_path / "w.safetensors")
    assert torch.equal(one.weight, other.weight)
    assert torch.equal(one.bias, other.bias)


def test_tied_weights_can_be_saved(tmp_path: Path) -> None:
    tied = nn.ModuleList([nn.Linear(3, 3), nn.Linear(3, 3)])
    tied[1].weight = tied[0].weight
    save_tensors(tied.state_dict(), tmp_path / "w.safetensors")
    put_tensors(tied, tmp_path / "w.safetensors")


def test_weights_of_another_model_are_refused_whole(tmp_path: Path) -> None:
    save_tensors(nn.Linear(3, 2).state_dict(), tmp_path / "w.safetensors")
    other = nn.Linear(4, 2)
    before = other.weight.clone()
    with pytest.raises(EncoderError, match="the first is 'weight'"):
        put_tensors(other, tmp_path / "w.safetensors")
    assert torch.equal(other.weight, before)


@pytest.mark.parametrize("damage", [b"", b"not safetensors at all"])
def test_a_damaged_file_is_named(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(damage)
    with pytest.raises(EncoderError, match=str(path)):
        put_tensors(nn.Linear(3, 2), path)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_tensors(nn.Linear(3, 2).state_dict(), path)
    before = path.read_bytes()
    broken = nn.Linear(3, 2)
    broken.weight = nn.Parameter(torch.zeros(2, 3).to_sparse())
    with pytest.raises((ValueError, RuntimeError, NotImplementedError)):
        save_tensors(broken.state_dict(), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
