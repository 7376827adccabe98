"""Weights between those before and after tuning."""

from __future__ import annotations

import torch

from trivet.backbone.text import TextEncoder, load_encoder
from trivet.encoders.catalogue import EncoderSource


def blend_weights(encoder: TextEncoder, source: EncoderSource, *, share: float) -> None:
    """Sets each weight to `share` of itself and the rest of what it was in `source` (WiSE-FT, Wortsman 2022).

    One encoder then does about what an ensemble of the two would; with few rows that is better than either.
    """
    if share == 1.0:
        return
    before = load_encoder(source, dropout=0.0).state_dict()
    with torch.no_grad():
        for name, tensor in encoder.state_dict().items():
            if tensor.is_floating_point():
                tensor.mul_(share).add_(before[name].to(tensor.device), alpha=1.0 - share)
