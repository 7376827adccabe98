"""Sets of labels in torch: the loss by its formula, the start by its oracle."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from trivet.backbone.text import load_encoder
from trivet.encoders.catalogue import EncoderSource
from trivet.errors import DataError
from trivet.recipe.training import TrainingRecipe
from trivet.runtime.tokens import TextTokenizer
from trivet.tasks.losses import binary_cross_entropy
from trivet.tasks.multilabel import multilabel_task, positive_weights
from trivet.tasks.outputs import compute_outputs

SETS = [("lost",), ("sent", "urgent"), ("lost", "urgent"), (), ("lost",), ("sent",)]
FRAME = pd.DataFrame(
    {
        "text": ["card lost", "money sent a", "a card b", "money c d", "card card", "e money"],
        "labels": pd.Series(SETS, dtype=object),
    }
)


def test_the_loss_is_binary_cross_entropy_by_its_formula() -> None:
    rng = np.random.default_rng(0)
    logits, truth = rng.normal(size=(7, 3)) * 3, (rng.random((7, 3)) < 0.4).astype(float)
    chances = 1 / (1 + np.exp(-logits))
    weights, smoothing = np.array([1.0, 4.0, 0.5]), 0.2
    target = truth * (1 - smoothing) + smoothing / 2
    plain = -(truth * np.log(chances) + (1 - truth) * np.log(1 - chances)).mean()
    full = -(weights * target * np.log(chances) + (1 - target) * np.log(1 - chances)).mean()
    tensors = torch.from_numpy(logits).float(), torch.from_numpy(truth).float()
    assert binary_cross_entropy(*tensors).item() == pytest.approx(plain, rel=1e-5)
    found = binary_cross_entropy(*tensors, smoothing=smoothing, weights=torch.from_numpy(weights).float())
    assert found.item() == pytest.approx(full, rel=1e-5)


def test_two_labels_of_a_choice_lose_as_cross_entropy_does() -> None:
    from trivet.tasks.losses import cross_entropy

    logits = torch.tensor([[0.3], [-2.0], [1.5]])
    truth = torch.tensor([1, 0, 0])
    both = torch.cat([torch.zeros_like(logits), logits], dim=1)
    for smoothing in (0.0, 0.1):
        one = binary_cross_entropy(logits, truth[:, None].float(), smoothing=smoothing)
        torch.testing.assert_close(one, cross_entropy(both, truth, smoothing=smoothing))


def test_labels_are_in_alphabetical_order_and_rows_point_at_them(tokenizer: TextTokenizer) -> None:
    task = multilabel_task(FRAME, tokenizer, TrainingRecipe())
    assert task.labels == ("lost", "sent", "urgent")
    assert task.prepare(FRAME).truth.tolist()[:4] == [[1, 0, 0], [0, 1, 1], [1, 0, 1], [0, 0, 0]]


def test_one_label_alone_is_learnt_as_yes_or_no(source: EncoderSource, tokenizer: TextTokenizer) -> None:
    frame = FRAME.assign(labels=pd.Series([("lost",) if "lost" in one else () for one in SETS], dtype=object))
    task = multilabel_task(frame, tokenizer, TrainingRecipe(bf16="off"))
    rows = task.prepare(frame)
    module = task.module(load_encoder(source, dropout=0.0))
    task.start(module, rows)
    assert task.labels == ("lost",)
    assert torch.isfinite(task.loss(module, task.batch(rows, np.arange(6))))
    assert task.score(module, rows) == 1.0


def test_positive_weights_let_rows_with_a_label_count_as_much_as_those_without() -> None:
    weights = positive_weights(np.array([2, 5, 10, 0]), rows=10).numpy()
    np.testing.assert_allclose(weights, [4.0, 1.0, 1.0, 10.0])


def test_the_recipe_switches_the_positive_weights_on(tokenizer: TextTokenizer) -> None:
    assert multilabel_task(FRAME, tokenizer, TrainingRecipe()).weights is None
    task = multilabel_task(FRAME, tokenizer, TrainingRecipe(class_weights="balanced"))
    assert task.weights is not None
    assert task.weights.tolist() == [1.0, 2.0, 2.0]


def test_the_head_starts_as_logistic_regressions_over_the_frozen_embeddings(
    source: EncoderSource, tokenizer: TextTokenizer
) -> None:
    from sklearn.linear_model import LogisticRegression

    task = multilabel_task(FRAME, tokenizer, TrainingRecipe(bf16="off"))
    rows = task.prepare(FRAME)
    module = task.module(load_encoder(source, dropout=0.1))
    task.start(module, rows)
    embedding, logits = (output.numpy() for output in compute_outputs(module, rows.encoded))
    for label in range(3):
        oracle = LogisticRegression(C=10, max_iter=10_000, tol=1e-8).fit(embedding, rows.truth[:, label])
        np.testing.assert_allclose(logits[:, label], oracle.decision_function(embedding), atol=2e-2)


def test_the_score_is_micro_f1(source: EncoderSource, tokenizer: TextTokenizer) -> None:
    from sklearn.metrics import f1_score

    task = multilabel_task(FRAME, tokenizer, TrainingRecipe())
    module, rows = task.module(load_encoder(source, dropout=0.1)), task.prepare(FRAME)
    logits = compute_outputs(module, rows.encoded)[1].numpy()
    expected = f1_score(rows.truth, logits >= 0, average="micro")
    assert task.score(module, rows) == pytest.approx(expected)


def test_a_label_that_training_does_not_have_is_named_with_its_row(tokenizer: TextTokenizer) -> None:
    task = multilabel_task(FRAME, tokenizer, TrainingRecipe())
    other = pd.DataFrame({"text": ["a", "b"], "labels": pd.Series([(), ("refund",)], dtype=object)})
    with pytest.raises(DataError, match=r"row 2: the label 'refund' is not one that the model learns"):
        task.prepare(other)
    with pytest.raises(DataError, match="no rows"):
        task.prepare(FRAME.iloc[:0])
    with pytest.raises(DataError, match="no training row has a label"):
        multilabel_task(FRAME.iloc[[3]], tokenizer, TrainingRecipe())
