"""How the rate rises and falls over the steps."""

from __future__ import annotations

import math

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from trivet.recipe.training import TrainingRecipe

NAMES = {"linear": "linear", "cosine": "cosine", "none": "constant_with_warmup"}


def build_schedule(optimizer: Optimizer, recipe: TrainingRecipe, *, steps: int) -> LambdaLR:
    """A rise over the recipe's share of `steps`, then its decay to zero at the last of them."""
    from transformers import get_scheduler

    warmup = math.ceil(recipe.warmup * steps)
    return get_scheduler(NAMES[recipe.decay], optimizer, num_warmup_steps=warmup, num_training_steps=steps)
