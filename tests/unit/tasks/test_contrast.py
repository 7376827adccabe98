"""Contrast between a few rows a label."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from trivet.backbone.text import load_encoder
from trivet.backbone.tiny import write_tiny_encoder
from trivet.encoders.catalogue import EncoderSource
from trivet.errors import DataError
from trivet.recipe.method import FewShotMethod
from trivet.recipe.training import TrainingRecipe
from trivet.runtime.tokens import TextTokenizer
from trivet.tasks.contrast import contrast_task
from trivet.tasks.losses import cross_entropy, supervised_contrast

ROWS = pd.DataFrame(
    {
        "text": ["my card is lost", "card lost", "send money", "money sent now", "card", "money money money money"],
        "label": ["lost_card", "lost_card", "sent", "sent", "lost_card", "sent"],
    }
)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> EncoderSource:
    folder: Path = tmp_path_factory.mktemp("tiny")
    return write_tiny_encoder(folder, ("my", "card", "is", "lost", "send", "money", "sent", "now"))


@pytest.fixture
def tokenizer(source: EncoderSource) -> TextTokenizer:
    return TextTokenizer(source.path / "tokenizer.json", 16, "")


def test_the_loss_is_the_contrast_and_the_weighed_cross_entropy_of_the_whole_batch_whatever_its_lengths(
    source: EncoderSource, tokenizer: TextTokenizer
) -> None:
    training = TrainingRecipe(temperature=0.1, label_smoothing=0.0)
    task = contrast_task(ROWS, tokenizer, training, FewShotMethod(names=False, head_weight=0.5))
    module = task.module(load_encoder(source, dropout=0.0)).eval()
    batch = task.batch(task.prepare(ROWS), np.arange(len(ROWS)))
    embeddings, logits = module(batch["input_ids"], batch["attention_mask"])
    wanted = supervised_contrast(embeddings, batch["truth"], temperature=0.1)
    wanted = wanted + 0.5 * cross_entropy(logits, batch["truth"])
    torch.testing.assert_close(task.loss(module, batch), wanted)


def test_the_words_of_each_label_in_a_batch_join_it_as_a_text_of_that_label(
    source: EncoderSource, tokenizer: TextTokenizer
) -> None:
    task = contrast_task(ROWS, tokenizer, TrainingRecipe(), FewShotMethod())
    batch = task.batch(task.prepare(ROWS), np.array([0, 1]))
    assert batch["truth"].tolist() == [0, 0, 0]
    words = tokenizer.encode(["lost card"])[0].ids
    assert batch["input_ids"][2, : len(words)].tolist() == words.tolist()
    assert len(task.batch(task.prepare(ROWS), np.arange(6))["truth"]) == 8


def test_a_label_with_one_row_has_nothing_to_lie_close_to(tokenizer: TextTokenizer) -> None:
    rows = pd.concat([ROWS, pd.DataFrame({"text": ["now"], "label": ["alone"]})])
    task = contrast_task(rows, tokenizer, TrainingRecipe(), FewShotMethod())
    with pytest.raises(DataError, match="label 'alone' has 1 row, but contrast needs two"):
        task.prepare(rows)


def test_one_label_is_no_choice(tokenizer: TextTokenizer) -> None:
    with pytest.raises(DataError, match="a choice needs two"):
        contrast_task(ROWS.head(2), tokenizer, TrainingRecipe(), FewShotMethod())
