"""Low-rank adapters (LoRA, Hu 2021) with rank-stabilised scaling (Kalajdzievski 2023), by peft."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from trivet.backbone.text import TextEncoder
from trivet.errors import RecipeError
from trivet.recipe.method import LoraMethod

MERGE_TOLERANCE = 1e-4


def add_lora(encoder: TextEncoder, method: LoraMethod, *, seed: int) -> None:
    """Puts adapters on the layers that `method.targets` names and freezes all else; answers do not change yet.

    Raises:
        RecipeError: a target matches no linear layer; names it and the layers there are.
    """
    from peft import LoraConfig, TaskType, get_peft_model

    known = sorted(
        {name.rsplit(".", 1)[-1] for name, part in encoder.model.named_modules() if isinstance(part, nn.Linear)}
    )
    for target in method.targets:
        if target not in known:
            raise RecipeError(
                f"the target {target!r} matches no linear layer of the encoder.",
                where="method.targets",
                todo=f"Its layers are {', '.join(known)}.",
            )
    config = LoraConfig(
        task_type=TaskType.FEATURE_EXTRACTION,
        r=method.rank,
        lora_alpha=method.alpha,
        lora_dropout=method.dropout,
        target_modules=list(method.targets),
        use_rslora=True,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        encoder.model = get_peft_model(encoder.model, config)


def merge_lora(encoder: TextEncoder) -> float:
    """Folds the adapters into the weights they sit on; afterwards the encoder is a plain one again.

    Returns the largest difference of an embedding before and after, on ids from all over the vocabulary; below 1e-4.
    """
    model: Any = encoder.model
    assert hasattr(model, "merge_and_unload"), "merge_lora wants an encoder with adapters"
    device = next(model.parameters()).device
    ids = torch.arange(64, device=device).reshape(4, 16) * (model.config.vocab_size - 1) // 63
    mask = torch.ones_like(ids)
    mask[1:, 12:] = 0
    was_training = encoder.training
    encoder.eval()
    with torch.no_grad():
        before = encoder(ids, mask)
        encoder.model = model.merge_and_unload()
        difference = float((encoder(ids, mask) - before).abs().max())
    encoder.train(was_training)
    assert difference < MERGE_TOLERANCE, f"merging the adapters changed embeddings by {difference:.1e}"
    return difference


def trainable_share(module: nn.Module) -> float:
    """Share of the module's weights that training may change, from 0 to 1."""
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in module.parameters()]
    return sum(size for size, trains in sizes if trains) / max(1, sum(size for size, _ in sizes))
