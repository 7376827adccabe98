"""What a module says about many texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from trivet.runtime.tokens import Encoded, pad


def compute_outputs(
    module: nn.Module, encoded: Sequence[Encoded], *, batch_size: int = 64, bf16: bool = False
) -> tuple[torch.Tensor, ...]:
    """The module's outputs for all texts in their order, F32[N,...] each, on the CPU; no gradients, no dropout."""
    assert encoded, "compute_outputs wants at least one text"
    device = next(module.parameters()).device
    order = np.argsort([len(text.ids) for text in encoded], kind="stable")
    was_training = module.training
    module.eval()
    parts: list[tuple[torch.Tensor, ...]] = []
    with torch.no_grad(), torch.autocast(device.type, dtype=torch.bfloat16, enabled=bf16):
        for at in range(0, len(order), batch_size):
            ids, mask = pad([encoded[index] for index in order[at : at + batch_size]])
            outputs = module(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device))
            parts.append(tuple(output.float().cpu() for output in outputs))
    module.train(was_training)
    back = torch.from_numpy(np.argsort(order, kind="stable"))
    return tuple(torch.cat(outputs)[back] for outputs in zip(*parts, strict=True))
