"""What every task promises to the loop; a new task adds itself to TASKS."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from trivet.backbone.text import load_encoder
from trivet.backbone.tiny import write_tiny_encoder
from trivet.encoders.catalogue import EncoderSource
from trivet.recipe.method import FewShotMethod
from trivet.recipe.task import Multitask, NextItem, Pretraining, Similarity, Tagging
from trivet.recipe.training import TrainingRecipe
from trivet.runtime.tokens import TextTokenizer
from trivet.tasks.classification import classification_task
from trivet.tasks.contrast import contrast_task
from trivet.tasks.multilabel import multilabel_task
from trivet.tasks.multitask import multitask_task
from trivet.tasks.next_item import NextItemTask
from trivet.tasks.pretraining import pretraining_task
from trivet.tasks.regression import regression_task
from trivet.tasks.similarity import SimilarityTask
from trivet.tasks.tagging import tagging_task
from trivet.tasks.task import TrainTask

WORDS = ("card", "money", "lost", "sent", "a", "b", "c", "d")
TEXTS = [f"{word} {filler}" for filler in "abcd" for word in ("card lost", "money", "sent money a", "lost")]
Built = tuple[TrainTask[Any], pd.DataFrame]


def build_classification(tokenizer: TextTokenizer) -> Built:
    frame = pd.DataFrame({"text": TEXTS, "label": [text.split()[0] for text in TEXTS]})
    return classification_task(frame, tokenizer, TrainingRecipe()), frame


def build_contrast(tokenizer: TextTokenizer) -> Built:
    frame = pd.DataFrame({"text": TEXTS, "label": [text.split()[0] for text in TEXTS]})
    return contrast_task(frame, tokenizer, TrainingRecipe(), FewShotMethod(names=False)), frame


def build_similarity(tokenizer: TextTokenizer) -> Built:
    frame = pd.DataFrame({"anchor": TEXTS, "positive": [text.split()[0] for text in TEXTS]})
    return SimilarityTask(tokenizer, TrainingRecipe()), frame


def build_hard_negatives(tokenizer: TextTokenizer) -> Built:
    frame = pd.DataFrame({"anchor": TEXTS, "positive": [text.split()[0] for text in TEXTS], "negative_1": "b d"})
    task = Similarity(correct_popularity=True, matryoshka=(8, 32))
    return SimilarityTask(tokenizer, TrainingRecipe(), task), frame


def build_next_item(tokenizer: TextTokenizer) -> Built:
    frame = pd.DataFrame({"history": [f"{text} {at}" for text, at in zip(TEXTS, WORDS[-1::-1] * 2, strict=True)]})
    return NextItemTask(WORDS, tokenizer, TrainingRecipe()), frame


def build_sampled_next_item(tokenizer: TextTokenizer) -> Built:
    _, frame = build_next_item(tokenizer)
    return NextItemTask(WORDS, tokenizer, TrainingRecipe(), NextItem(sampled=4)), frame


def build_masked_language(tokenizer: TextTokenizer) -> Built:
    return pretraining_task(Pretraining(), tokenizer, TrainingRecipe()), pd.DataFrame({"text": TEXTS})


def build_multitask(tokenizer: TextTokenizer) -> Built:
    parts = [{"name": name, "data": {"dataset": name}} for name in ("topic", "filler")]
    tasks = ["topic", "filler"] * (len(TEXTS) // 2)
    labels = [text.split()[0 if task == "topic" else -1] for text, task in zip(TEXTS, tasks, strict=True)]
    frame = pd.DataFrame({"text": TEXTS, "label": labels, "task": tasks})
    task = Multitask.model_validate({"parts": parts, "balance": "uncertainty"})
    return multitask_task(frame, task, tokenizer, TrainingRecipe()), frame


def build_tagging(tokenizer: TextTokenizer) -> Built:
    spelled = TextTokenizer(tokenizer.path, tokenizer.max_tokens, spelled=True)
    spans = [((0, len(text.split()[0]), text.split()[0]),) for text in TEXTS]
    frame = pd.DataFrame({"text": TEXTS, "spans": spans})
    return tagging_task(frame, spelled, Tagging(), TrainingRecipe()), frame


def build_denoising(tokenizer: TextTokenizer) -> Built:
    task = Pretraining(objective="denoising")
    return pretraining_task(task, tokenizer, TrainingRecipe()), pd.DataFrame({"text": TEXTS})


def build_multilabel(tokenizer: TextTokenizer) -> Built:
    words = [text.split() for text in TEXTS]
    sets = [tuple(word for word in ("lost", "money", "sent") if word in one) for one in words]
    frame = pd.DataFrame({"text": TEXTS, "labels": pd.Series(sets, dtype=object)})
    return multilabel_task(frame, tokenizer, TrainingRecipe()), frame


def build_regression(tokenizer: TextTokenizer) -> Built:
    frame = pd.DataFrame({"text": TEXTS, "number": [float(len(text)) for text in TEXTS]})
    return regression_task(frame, tokenizer, TrainingRecipe()), frame


TASKS: list[Callable[[TextTokenizer], Built]] = [
    build_classification,
    build_contrast,
    build_similarity,
    build_hard_negatives,
    build_next_item,
    build_sampled_next_item,
    build_masked_language,
    build_denoising,
    build_tagging,
    build_multitask,
    build_multilabel,
    build_regression,
]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> EncoderSource:
    folder: Path = tmp_path_factory.mktemp("tiny")
    return write_tiny_encoder(folder, WORDS)


@pytest.fixture(params=TASKS, ids=lambda build: build.__name__.removeprefix("build_"))
def built(request: pytest.FixtureRequest, source: EncoderSource) -> Built:
    return request.param(TextTokenizer(source.path / "tokenizer.json", 16, ""))


def test_prepare_keeps_every_row_and_knows_its_length(built: Built) -> None:
    task, frame = built
    lengths = task.prepare(frame).lengths
    assert lengths.shape == (len(frame),)
    assert lengths.dtype == np.int64
    assert lengths.min() >= 1


def test_prepare_leaves_the_frame_as_it_was(built: Built) -> None:
    task, frame = built
    before = frame.copy(deep=True)
    task.prepare(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_the_module_gives_a_tuple_with_unit_embeddings_first(built: Built, source: EncoderSource) -> None:
    task, _ = built
    module = task.module(load_encoder(source, dropout=0.1)).eval()
    outputs = module(torch.tensor([[2, 5, 3], [2, 3, 0]]), torch.tensor([[1, 1, 1], [1, 1, 0]]))
    assert isinstance(outputs, tuple)
    torch.testing.assert_close(outputs[0].norm(dim=1), torch.ones(2))


def test_a_batch_holds_the_rows_asked_for(built: Built) -> None:
    task, frame = built
    rows = task.prepare(frame)
    batch = task.batch(rows, np.array([3, 1, 2]))
    assert {len(tensor) for tensor in batch.values()} == {3}


def test_the_loss_is_a_float32_scalar_above_zero_with_a_gradient_for_every_weight(
    built: Built, source: EncoderSource
) -> None:
    task, frame = built
    module = task.module(load_encoder(source, dropout=0.1))
    loss = task.loss(module, task.batch(task.prepare(frame), np.arange(8)))
    loss.backward()
    assert loss.shape == ()
    assert loss.dtype == torch.float32
    assert loss.item() > 0
    assert [name for name, parameter in module.named_parameters() if parameter.grad is None] == []


def test_the_loss_of_a_single_row_is_finite(built: Built, source: EncoderSource) -> None:
    task, frame = built
    module = task.module(load_encoder(source, dropout=0.1))
    assert torch.isfinite(task.loss(module, task.batch(task.prepare(frame), np.array([0]))))


def test_the_loss_does_not_depend_on_the_order_of_the_rows(built: Built, source: EncoderSource) -> None:
    task, frame = built
    module = task.module(load_encoder(source, dropout=0.0)).eval()
    rows = task.prepare(frame)
    one, other = (task.loss(module, task.batch(rows, indices)) for indices in (np.arange(8), np.arange(8)[::-1]))
    torch.testing.assert_close(one, other)


def test_starting_is_repeatable_and_keeps_the_encoder(built: Built, source: EncoderSource) -> None:
    task, frame = built
    rows = task.prepare(frame)
    modules: list[Any] = []
    for _ in range(2):
        module = task.module(load_encoder(source, dropout=0.1))
        task.start(module, rows)
        modules.append(module)
    untouched = load_encoder(source, dropout=0.1)
    for name, tensor in modules[0].encoder.state_dict().items():
        assert torch.equal(tensor, untouched.state_dict()[name])
    for one, other in zip(modules[0].parameters(), modules[1].parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_the_score_is_between_0_and_1_and_repeatable(built: Built, source: EncoderSource) -> None:
    task, frame = built
    rows = task.prepare(frame)
    module = task.module(load_encoder(source, dropout=0.5)).train()
    score = task.score(module, rows)
    assert 0 <= score <= 1
    assert task.score(module, rows) == score


def test_a_few_steps_on_the_rows_lower_their_loss(built: Built, source: EncoderSource) -> None:
    task, frame = built
    rows = task.prepare(frame)
    module = task.module(load_encoder(source, dropout=0.0))
    batch = task.batch(rows, np.arange(len(frame)))
    optimizer = torch.optim.AdamW(module.parameters(), lr=1e-3)
    torch.manual_seed(0)
    losses = []
    for _ in range(10):
        loss = task.loss(module, batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
