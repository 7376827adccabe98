"""Weights between two encoders."""

from pathlib import Path

import torch

from trivet.backbone.blend import blend_weights
from trivet.backbone.text import load_encoder
from trivet.backbone.tiny import write_tiny_encoder


def test_a_blend_lies_between_the_weights_before_and_after(tmp_path: Path) -> None:
    source = write_tiny_encoder(tmp_path, ("card", "money"))
    before = load_encoder(source, dropout=0.0)
    tuned = load_encoder(source, dropout=0.0)
    with torch.no_grad():
        for parameter in tuned.parameters():
            parameter.add_(1.0)
    blend_weights(tuned, source, share=0.25)
    for one, other in zip(before.parameters(), tuned.parameters(), strict=True):
        torch.testing.assert_close(other, one + 0.25)


def test_a_share_of_one_keeps_the_tuned_weights(tmp_path: Path) -> None:
    source = write_tiny_encoder(tmp_path, ("card", "money"))
    tuned = load_encoder(source, dropout=0.0)
    kept = {name: tensor.clone() for name, tensor in tuned.state_dict().items()}
    blend_weights(tuned, source, share=1.0)
    assert all(torch.equal(tensor, kept[name]) for name, tensor in tuned.state_dict().items())
