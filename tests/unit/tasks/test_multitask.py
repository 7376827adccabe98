import numpy as np
import pandas as pd
import pytest
import torch

from trivet.backbone.text import load_encoder
from trivet.encoders.catalogue import EncoderSource
from trivet.errors import DataError
from trivet.recipe.task import Multitask
from trivet.recipe.training import TrainingRecipe
from trivet.runtime.tokens import TextTokenizer
from trivet.tasks.losses import cross_entropy
from trivet.tasks.multitask import MultitaskModel, MultitaskTask, balance_losses, multitask_task

FRAME = pd.DataFrame(
    {
        "text": ["card lost", "money sent", "card a", "money b", "card c"],
        "label": ["card", "money", "card", "cross", "kind"],
        "task": ["topic", "topic", "topic", "tone", "tone"],
    }
)


def task_of(tokenizer: TextTokenizer, *, balance: str = "fixed", weight: float = 1.0) -> MultitaskTask:
    parts = [
        {"name": "topic", "data": {"dataset": "a"}, "weight": weight},
        {"name": "tone", "data": {"dataset": "b"}},
    ]
    training = TrainingRecipe(label_smoothing=0.0)
    return multitask_task(FRAME, Multitask.model_validate({"parts": parts, "balance": balance}), tokenizer, training)


def test_a_row_counts_for_the_head_of_its_own_task_alone(source: EncoderSource, tokenizer: TextTokenizer) -> None:
    task = task_of(tokenizer)
    module = task.module(load_encoder(source, dropout=0.0)).eval()
    task.loss(module, task.batch(task.prepare(FRAME), np.arange(3))).backward()
    topic, tone = module.head.tasks
    assert topic.weight.grad.abs().sum() > 0  # type: ignore[union-attr]
    assert tone.weight.grad.abs().sum() == 0  # type: ignore[union-attr]


def test_the_loss_is_the_mean_of_each_tasks_cross_entropy_by_rows(
    source: EncoderSource, tokenizer: TextTokenizer
) -> None:
    task = task_of(tokenizer, weight=3.0)
    module = task.module(load_encoder(source, dropout=0.0)).eval()
    rows = task.prepare(FRAME)
    batch = task.batch(rows, np.arange(5))
    _, topic, tone = module(batch["input_ids"], batch["attention_mask"])
    first = cross_entropy(topic[:3], torch.tensor([0, 1, 0]))
    second = cross_entropy(tone[3:], torch.tensor([0, 1]))
    torch.testing.assert_close(task.loss(module, batch), (3 * 3 * first + 2 * second) / 5)


def test_uncertainty_is_weighed_as_in_the_paper() -> None:
    each, tasks = torch.tensor([2.0, 4.0, 1.0]), torch.tensor([0, 0, 1])
    noise = torch.tensor([0.5, -1.0])
    expected = ((2 + 4) * np.exp(-0.5) + 2 * 0.25 + 1 * np.exp(1.0) - 0.5) / 3
    assert balance_losses(each, tasks, torch.ones(2), noise).item() == pytest.approx(expected, rel=1e-5)


def test_the_noise_of_a_task_settles_at_the_logarithm_of_twice_its_loss() -> None:
    """The derivative of exp(-s) L + s / 2 is zero where s = ln(2 L)."""
    noise = torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.Adam([noise], lr=0.05)
    for _ in range(500):
        loss = balance_losses(torch.tensor([3.0, 0.1]), torch.tensor([0, 1]), torch.ones(2), noise)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    np.testing.assert_allclose(noise.detach().numpy(), np.log([6.0, 0.2]), atol=0.01)


def test_noise_is_learnt_only_where_the_recipe_says_so(source: EncoderSource, tokenizer: TextTokenizer) -> None:
    for balance, learns in (("fixed", False), ("uncertainty", True)):
        module = task_of(tokenizer, balance=balance).module(load_encoder(source, dropout=0.0))
        assert ("head.log_variances" in dict(module.named_parameters())) is learns


def test_heads_start_as_probes_of_their_own_rows(source: EncoderSource, tokenizer: TextTokenizer) -> None:
    task = task_of(tokenizer)
    module = task.module(load_encoder(source, dropout=0.0))
    rows = task.prepare(FRAME)
    task.start(module, rows)
    assert isinstance(module, MultitaskModel)
    assert task.score(module, rows) == 1.0


def test_the_score_is_the_mean_over_tasks(tokenizer: TextTokenizer) -> None:
    class Fixed(torch.nn.Module):
        """Always says the first label of either task."""

        def __init__(self) -> None:
            super().__init__()
            self.nothing = torch.nn.Parameter(torch.zeros(1))

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
            rows = len(input_ids)
            return torch.zeros(rows, 2), torch.tensor([[1.0, 0.0]] * rows), torch.tensor([[1.0, 0.0]] * rows)

    task = task_of(tokenizer)
    assert task.score(Fixed(), task.prepare(FRAME)) == pytest.approx((2 / 3 + 1 / 2) / 2)


def test_a_task_of_one_label_and_a_label_that_was_not_learnt_are_refused(tokenizer: TextTokenizer) -> None:
    task = task_of(tokenizer)
    with pytest.raises(DataError, match="no training row of the label 'card'"):
        task.prepare(FRAME.assign(task="tone"))
    parts = [{"name": name, "data": {"dataset": name}} for name in ("topic", "other")]
    with pytest.raises(DataError, match="have 0 labels"):
        multitask_task(FRAME, Multitask.model_validate({"parts": parts}), tokenizer, TrainingRecipe())
