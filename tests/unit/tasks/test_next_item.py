"""The next-item task on histories whose right answer is known: implicit's checkerboard, read in turn."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from trivet.backbone.sequence import SequenceConfig, sequence_encoder
from trivet.data.sequences import write_history
from trivet.errors import DataError
from trivet.recipe.task import NextItem
from trivet.recipe.training import TrainingRecipe
from trivet.runtime.item_tokens import write_item_tokenizer
from trivet.runtime.tokens import TextTokenizer
from trivet.tasks.next_item import NextItemModel, NextItemTask

ITEMS = tuple(f"item {at}" for at in range(12))


def board(users: int, *, seed: int) -> pd.DataFrame:
    """User u touches items of u's own parity only, as on implicit's checkerboard, each after the one two below it."""
    random = np.random.default_rng(seed)
    rows = []
    for user in range(users):
        first = 2 * int(random.integers(len(ITEMS) // 2)) + user % 2
        rows.append(write_history([ITEMS[(first + 2 * step) % len(ITEMS)] for step in range(4)]))
    return pd.DataFrame({"history": rows}, dtype="str")


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> TextTokenizer:
    folder: Path = tmp_path_factory.mktemp("items")
    return TextTokenizer(write_item_tokenizer(ITEMS, folder / "tokenizer.json"), 8)


def build(tokenizer: TextTokenizer, *, sampled: int = 0) -> tuple[NextItemTask, NextItemModel]:
    task = NextItemTask(ITEMS, tokenizer, TrainingRecipe(label_smoothing=0.0), NextItem(sampled=sampled))
    config = SequenceConfig(vocabulary=len(ITEMS) + 2, hidden_size=16, layers=1, heads=2, length=8)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return task, task.module(sequence_encoder(config, dropout=0.0))


def test_each_step_is_to_be_guessed_from_what_came_before(tokenizer: TextTokenizer) -> None:
    task, _ = build(tokenizer)
    rows = task.prepare(pd.DataFrame({"history": ["item 3\nitem 2\nnever seen\nitem 7"]}))
    batch = task.batch(rows, np.array([0]))
    assert batch["targets"][0, :3].tolist() == [3, 2, -1]
    assert batch["input_ids"][0, :3].tolist() == [4, 9, 0]
    assert rows.lengths.tolist() == [2]


def test_the_loss_is_the_cross_entropy_of_every_step(tokenizer: TextTokenizer) -> None:
    task, module = build(tokenizer)
    rows = task.prepare(board(3, seed=1))
    loss = task.loss(module, task.batch(rows, np.arange(3)))
    losses = []
    for encoded, targets in zip(rows.encoded, rows.targets, strict=True):
        for at, target in enumerate(targets):
            ids = torch.from_numpy(encoded.ids[at:])[None]
            scores = module(ids, torch.ones_like(ids))[1][0].double().detach().numpy()
            losses.append(np.log(np.exp(scores).sum()) - scores[target])
    assert loss.item() == pytest.approx(np.mean(losses), rel=1e-5)


def test_the_sampled_loss_is_that_over_the_target_and_the_negatives_that_are_not_it(tokenizer: TextTokenizer) -> None:
    task, module = build(tokenizer, sampled=5)
    rows = task.prepare(board(2, seed=1))
    batch = task.batch(rows, np.arange(2))
    losses = []
    for row, (encoded, targets) in enumerate(zip(rows.encoded, rows.targets, strict=True)):
        for at, target in enumerate(targets.tolist()):
            ids = torch.from_numpy(encoded.ids[at:])[None]
            scores = module(ids, torch.ones_like(ids))[1][0].double().detach().numpy()
            others = [scores[one] for one in batch["negatives"][row].tolist() if one != target]
            losses.append(np.log(np.exp([scores[target], *others]).sum()) - scores[target])
    assert task.loss(module, batch).item() == pytest.approx(np.mean(losses), rel=1e-5)
    again = task.batch(rows, np.arange(2))
    assert torch.equal(again["negatives"], batch["negatives"])


@pytest.mark.parametrize("sampled", [0, 6])
def test_a_checkerboard_is_learnt(tokenizer: TextTokenizer, sampled: int) -> None:
    task, module = build(tokenizer, sampled=sampled)
    rows, unseen = task.prepare(board(60, seed=2)), task.prepare(board(20, seed=3))
    task.start(module, rows)
    before = task.score(module, unseen)
    optimizer = torch.optim.AdamW(module.parameters(), lr=1e-2)
    for _ in range(40):
        loss = task.loss(module, task.batch(rows, np.arange(60)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert task.score(module, unseen) > 0.95 > before
    scores = module(torch.tensor([[4, 2]]), torch.ones(1, 2, dtype=torch.long))[1][0]
    # After items 0 and 2 comes item 4.
    assert int(scores.argmax()) == 4


def test_the_start_knows_what_is_popular(tokenizer: TextTokenizer) -> None:
    task, module = build(tokenizer)
    task.start(module, task.prepare(pd.DataFrame({"history": ["item 1\nitem 0", "item 1\nitem 5", "item 2\nitem 1"]})))
    bias = module.head.bias.detach().numpy()
    np.testing.assert_allclose(bias[1] - bias[0], np.log(3 / 1), rtol=1e-5)
    np.testing.assert_allclose(bias[2] - bias[0], np.log(2 / 1), rtol=1e-5)
    assert abs(bias.mean()) < 1e-6


def test_a_history_of_unknown_items_is_refused(tokenizer: TextTokenizer) -> None:
    task, _ = build(tokenizer)
    with pytest.raises(DataError, match="fewer than two items of the catalogue"):
        task.prepare(pd.DataFrame({"history": ["item 1\nitem 0", "item 3\nnobody knows"]}))
