"""A number in torch: standardised, started by ridge regression, scored by its error."""

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
from trivet.tasks.losses import squared_error
from trivet.tasks.outputs import compute_outputs
from trivet.tasks.regression import PROBE_PENALTY, regression_task

FRAME = pd.DataFrame(
    {
        "text": ["card lost", "money sent a", "a card b", "money c d", "card card", "e money"],
        "number": [10.0, 20.0, 12.0, 18.0, 11.0, 19.0],
    }
)


def test_numbers_are_standardised_by_the_training_rows(tokenizer: TextTokenizer) -> None:
    task = regression_task(FRAME, tokenizer, TrainingRecipe())
    truth = task.prepare(FRAME).truth
    assert (task.mean, task.scale) == (15.0, pytest.approx(np.std(FRAME["number"])))
    assert (truth.mean(), truth.std()) == (pytest.approx(0, abs=1e-6), pytest.approx(1, abs=1e-6))
    np.testing.assert_allclose(task.prepare(FRAME.iloc[:1]).truth, truth[:1])


def test_the_loss_is_the_mean_squared_error(source: EncoderSource, tokenizer: TextTokenizer) -> None:
    assert squared_error(torch.tensor([1.0, 3.0]), torch.tensor([0.0, 1.0])).item() == 2.5
    task = regression_task(FRAME, tokenizer, TrainingRecipe())
    module, rows = task.module(load_encoder(source, dropout=0.0)), task.prepare(FRAME)
    scores = compute_outputs(module, rows.encoded)[1][:, 0].numpy()
    loss = task.loss(module, task.batch(rows, np.arange(6))).item()
    assert loss == pytest.approx(((scores - rows.truth) ** 2).mean(), rel=1e-4)
    assert task.score(module, rows) == pytest.approx(1 / (1 + loss), rel=1e-4)


def test_the_head_starts_as_the_ridge_regression_over_the_frozen_embeddings(
    source: EncoderSource, tokenizer: TextTokenizer
) -> None:
    from sklearn.linear_model import Ridge

    task = regression_task(FRAME, tokenizer, TrainingRecipe(bf16="off"))
    rows = task.prepare(FRAME)
    module = task.module(load_encoder(source, dropout=0.1))
    task.start(module, rows)
    embedding, scores = (output.numpy() for output in compute_outputs(module, rows.encoded))
    oracle = Ridge(alpha=PROBE_PENALTY).fit(embedding, rows.truth)
    np.testing.assert_allclose(scores[:, 0], oracle.predict(embedding), atol=1e-4)


def test_rows_that_cannot_be_learnt_from_are_refused(tokenizer: TextTokenizer) -> None:
    with pytest.raises(DataError, match="two different numbers"):
        regression_task(FRAME.assign(number=3.0), tokenizer, TrainingRecipe())
    with pytest.raises(DataError, match="no rows"):
        regression_task(FRAME, tokenizer, TrainingRecipe()).prepare(FRAME.iloc[:0])
