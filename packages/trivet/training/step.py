"""One step of the optimiser."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, Generic

import torch
from torch import nn

from trivet.backbone.precision import use_bf16
from trivet.errors import TrivetError
from trivet.recipe.training import TrainingRecipe
from trivet.tasks.task import Indices, R, TrainTask
from trivet.training.checkpoint import Tensors
from trivet.training.rates import parameter_groups


class Stepper(Generic[R]):
    """A module with its optimiser on a device; `module` is the one passed in, moved there."""

    def __init__(self, module: nn.Module, task: TrainTask[R], recipe: TrainingRecipe, *, layer_decay: float) -> None:
        from accelerate import Accelerator

        self.accelerator = Accelerator()
        self.device: torch.device = self.accelerator.device
        self.module = module.to(self.device)
        self.task = task
        self.recipe = recipe
        self.bf16 = use_bf16(recipe.bf16, self.device)
        self.learns = {name: parameter for name, parameter in module.named_parameters() if parameter.requires_grad}
        groups = parameter_groups(module, recipe, layer_decay=layer_decay)
        # fused: one pass over memory instead of five, on CPUs too.
        plain = torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=self.device.type in ("cpu", "cuda"))
        self.prepared, self.optimizer = self.accelerator.prepare(module, plain)

    def step(self, rows: R, batches: Sequence[Indices]) -> float:
        """One step on the gradient of the mean loss over all rows of the batches; returns that loss.

        Raises:
            TrivetError: the loss or its gradient is not finite; the weights are as they were.
        """
        count = sum(len(indices) for indices in batches)
        total = 0.0
        for at, indices in enumerate(batches):
            batch = {name: tensor.to(self.device) for name, tensor in self.task.batch(rows, indices).items()}
            apart = nullcontext() if at == len(batches) - 1 else self.accelerator.no_sync(self.prepared)
            with apart:
                with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.bf16):
                    loss = self.task.loss(self.prepared, batch)
                # Weighed by rows: a short last batch counts as its rows do, as it would in one large batch.
                share = loss * (len(indices) / count)
                self.accelerator.backward(share)
            total += share.item()
        norm = self.accelerator.clip_grad_norm_(list(self.learns.values()), self.recipe.max_gradient_norm)
        if not math.isfinite(total) or not math.isfinite(float(norm)):
            raise TrivetError(
                f"the loss is no longer a number (loss {total}, gradient norm {float(norm)}).",
                where="training.learning_rate",
                todo=f"Lower it (now {self.recipe.learning_rate:g}), raise training.warmup, or turn training.bf16 off.",
            )
        self.optimizer.step()
        self.optimizer.zero_grad()
        return total

    def weights(self) -> Tensors:
        """Copies of the parameters that learn, by name, on the CPU."""
        return {name: parameter.detach().to("cpu", copy=True) for name, parameter in self.learns.items()}

    def set_weights(self, weights: Tensors) -> None:
        """Puts copies back."""
        with torch.no_grad():
            for name, parameter in self.learns.items():
                parameter.copy_(weights[name])

    def optimizer_tensors(self) -> Tensors:
        """The optimiser's state as flat tensors, `INDEX.NAME`."""
        state: dict[int, dict[str, torch.Tensor]] = self.optimizer.state_dict()["state"]
        return {f"{index}.{name}": tensor for index, values in state.items() for name, tensor in values.items()}

    def set_optimizer_tensors(self, tensors: Tensors) -> None:
        """Puts the optimiser's state back; rates stay those of the groups."""
        values: dict[str, Any] = self.optimizer.state_dict()
        state: dict[int, dict[str, torch.Tensor]] = {}
        for key, tensor in tensors.items():
            index, name = key.split(".", 1)
            state.setdefault(int(index), {})[name] = tensor
        self.optimizer.load_state_dict({"state": state, "param_groups": values["param_groups"]})
