from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from trivet.backbone.text import TextEncoder, load_encoder
from trivet.backbone.trained import encoder_of, load_weights, save_weights
from trivet.encoders.catalogue import EncoderSource
from trivet.errors import EncoderError

IDS, MASK = torch.tensor([[2, 9, 11, 3]]), torch.ones(1, 4, dtype=torch.long)


class Headed(nn.Module):
    def __init__(self, encoder: TextEncoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.dim, 3)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        return self.head(self.encoder(input_ids, attention_mask))


def disturbed(source: EncoderSource) -> Headed:
    module = Headed(load_encoder(source, dropout=0.1)).eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.01)
    return module


def test_encoder_and_head_come_back_as_they_were(source: EncoderSource, tmp_path: Path) -> None:
    module, other = disturbed(source), Headed(load_encoder(source, dropout=0.1)).eval()
    load_weights(other, save_weights(module, tmp_path / "weights"))
    assert torch.equal(other(IDS, MASK), module(IDS, MASK))


def test_the_folder_is_an_encoder_of_its_own(source: EncoderSource, tmp_path: Path) -> None:
    from transformers import AutoModel

    module = disturbed(source)
    folder = save_weights(module, tmp_path / "weights")
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "head.safetensors", "model.safetensors"]
    again = load_encoder(replace(source, path=folder), dropout=0.1).eval()
    assert torch.equal(again(IDS, MASK), module.encoder(IDS, MASK))
    theirs = AutoModel.from_pretrained(folder, local_files_only=True).eval()
    tokens = theirs(input_ids=IDS, attention_mask=MASK).last_hidden_state
    torch.testing.assert_close(nn.functional.normalize(tokens.mean(dim=1), dim=1), module.encoder(IDS, MASK))


def test_an_encoder_alone_writes_no_head(source: EncoderSource, tmp_path: Path) -> None:
    folder = save_weights(load_encoder(source, dropout=0.1), tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors"]


def test_weights_with_another_head_are_refused(source: EncoderSource, tmp_path: Path) -> None:
    module = disturbed(source)
    folder = save_weights(module, tmp_path)
    module.head = nn.Linear(32, 4)
    with pytest.raises(EncoderError, match=r"head\.safetensors: the weights are of another model"):
        load_weights(module, folder)


def test_a_missing_head_is_named(source: EncoderSource, tmp_path: Path) -> None:
    folder = save_weights(load_encoder(source, dropout=0.1), tmp_path)
    with pytest.raises(EncoderError, match=r"head\.safetensors"):
        load_weights(disturbed(source), folder)


def test_a_module_has_one_encoder(source: EncoderSource) -> None:
    with pytest.raises(AssertionError):
        encoder_of(nn.Linear(2, 2))
