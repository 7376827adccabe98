"""Where bf16 is used and where it must not be."""

from __future__ import annotations

from typing import Literal

import torch


def use_bf16(choice: Literal["auto", "on", "off"], device: torch.device) -> bool:
    """Whether matrix products run in bf16; `auto`: where the device has them (AVX512-BF16, AMX, a recent GPU)."""
    if choice != "auto":
        return choice == "on"
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    if device.type == "cpu":
        able = torch.cpu.get_capabilities()
        return bool(able.get("avx512_bf16")) or bool(able.get("amx_bf16"))
    return False


def full_precision(tensor: torch.Tensor) -> torch.autocast:
    """A context without autocast on the tensor's device: a cosine in bf16 has two digits, a loss wants more."""
    return torch.autocast(tensor.device.type, enabled=False)
