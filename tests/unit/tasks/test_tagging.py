from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from trivet.backbone.text import load_encoder
from trivet.backbone.tiny import write_tiny_encoder
from trivet.encoders.catalogue import EncoderSource
from trivet.errors import DataError
from trivet.recipe.task import Tagging
from trivet.recipe.training import TrainingRecipe
from trivet.runtime.tokens import TextTokenizer
from trivet.tasks.tagging import UNTAGGED, TaggingTask, tagging_task

FRAME = pd.DataFrame(
    {
        "text": ["send money to ann", "money", "to bob smith"],
        "spans": [((5, 10, "what"), (14, 17, "who")), ((0, 5, "what"),), ((3, 12, "who"),)],
    }
)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> EncoderSource:
    folder: Path = tmp_path_factory.mktemp("tiny")
    return write_tiny_encoder(folder, ["send", "money", "to", "ann", "bob", "smith"])


@pytest.fixture
def task(source: EncoderSource) -> TaggingTask:
    tokenizer = TextTokenizer(source.path / "tokenizer.json", 16, spelled=True)
    return tagging_task(FRAME, tokenizer, Tagging(), TrainingRecipe(label_smoothing=0.0))


def test_each_word_has_its_tag_and_special_tokens_and_padding_have_none(task: TaggingTask) -> None:
    assert task.labels == ("O", "B-what", "I-what", "B-who", "I-who")
    batch = task.batch(task.prepare(FRAME), np.array([0, 2]))
    none = UNTAGGED
    assert batch["truth"][0].tolist() == [none, 0, 1, 0, 3, none, none, none]
    assert batch["truth"][1].tolist() == [none, 0, 3, 4, none, none, none, none]


def test_the_head_starts_at_how_often_each_tag_occurs(task: TaggingTask, source: EncoderSource) -> None:
    module = task.module(load_encoder(source, dropout=0.0))
    rows = task.prepare(FRAME)
    task.start(module, rows)
    _, scores = module(torch.tensor([[2, 5, 3]]), torch.ones(1, 3, dtype=torch.long))
    chances = scores.softmax(dim=-1)[0, 0]
    assert chances.argmax() == 0
    assert chances[1].item() == pytest.approx(3 / 14, abs=0.01)


def test_the_score_is_the_f1_of_whole_spans(task: TaggingTask, source: EncoderSource) -> None:
    module = task.module(load_encoder(source, dropout=0.0))
    with torch.no_grad():
        module.head.weight.zero_()
        module.head.bias.copy_(torch.tensor([5.0, 0, 0, 0, 0]))
    assert task.score(module, task.prepare(FRAME)) == 0.0
    empty = FRAME.assign(spans=[(), (), ()])
    assert task.score(module, task.prepare(empty)) == 1.0


def test_a_type_that_only_held_out_rows_have_is_missed_not_refused(task: TaggingTask) -> None:
    rows = task.prepare(FRAME.assign(spans=[((0, 4, "verb"),), (), ()]))
    assert not rows.tags[0].any()


def test_rare_tags_weigh_more_where_classes_are_balanced(source: EncoderSource) -> None:
    tokenizer = TextTokenizer(source.path / "tokenizer.json", 16, spelled=True)
    task = tagging_task(FRAME, tokenizer, Tagging(), TrainingRecipe(class_weights="balanced"))
    assert task.weights is not None
    assert task.weights[4] > task.weights[0]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (FRAME.assign(spans=[(), (), ()]), "no training row has a span"),
        (FRAME.drop(columns="spans"), "the rows have no spans"),
    ],
)
def test_rows_that_teach_nothing_are_refused(source: EncoderSource, frame: pd.DataFrame, message: str) -> None:
    tokenizer = TextTokenizer(source.path / "tokenizer.json", 16, spelled=True)
    with pytest.raises(DataError, match=message):
        tagging_task(frame, tokenizer, Tagging(), TrainingRecipe())
