"""Which parameter learns how fast, and which of them decay."""

from __future__ import annotations

from typing import Any

from torch import nn

from trivet.backbone.trained import encoder_of
from trivet.recipe.training import TrainingRecipe


def parameter_groups(module: nn.Module, recipe: TrainingRecipe, *, layer_decay: float = 1.0) -> list[dict[str, Any]]:
    """Groups for the optimiser: the encoder's layers from the top down, then all outside it at the head's rate.

    Each layer learns `layer_decay` times as fast as the one above. Biases, norms and all else with one dimension do not
    decay.
    """
    layers = encoder_of(module).layer_groups()
    inside = {id(parameter) for layer in layers for parameter in layer}
    head = tuple(parameter for parameter in module.parameters() if id(parameter) not in inside)
    rates = [(layer, recipe.learning_rate * layer_decay**depth) for depth, layer in enumerate(reversed(layers))]
    groups: list[dict[str, Any]] = []
    for parameters, rate in [*rates, (head, recipe.head_learning_rate)]:
        trained = [parameter for parameter in parameters if parameter.requires_grad]
        for decays in (True, False):
            chosen = [parameter for parameter in trained if (parameter.ndim > 1) == decays]
            if chosen:
                decay = recipe.weight_decay if decays else 0.0
                groups.append({"params": chosen, "lr": rate, "weight_decay": decay})
    assert groups, "nothing of the module learns"
    return groups
