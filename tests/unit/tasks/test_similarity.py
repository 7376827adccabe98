import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from trivet.backbone.text import load_encoder
from trivet.encoders.catalogue import EncoderSource
from trivet.errors import DataError
from trivet.recipe.training import TrainingRecipe
from trivet.runtime.tokens import TextTokenizer
from trivet.tasks.similarity import SimilarityTask


class OneHot(nn.Module):
    """Embeds a text as the count of each of its ids: texts with a word in common are similar, by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.nothing = nn.Parameter(torch.zeros(1))

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor]:
        words = nn.functional.one_hot(input_ids, 20) * attention_mask.unsqueeze(-1)
        return (nn.functional.normalize(words[:, :, 5:].sum(dim=1).float(), dim=1),)


@pytest.fixture
def task(tokenizer: TextTokenizer) -> SimilarityTask:
    return SimilarityTask(tokenizer, TrainingRecipe())


def pairs(*both: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(both, columns=["anchor", "positive"])


def test_rows_that_share_a_text_are_no_negatives_of_each_other(task: SimilarityTask) -> None:
    rows = task.prepare(pairs(("a", "card"), ("b", "card"), ("a", "money"), ("c", "a"), ("d", "e")))
    masked = task.batch(rows, np.arange(5))["masked"].numpy()
    assert masked.astype(int).tolist() == [
        [1, 1, 1, 1, 0],  # the same positive, the same anchor, and a positive that is this anchor's own text
        [1, 1, 0, 0, 0],
        [1, 0, 1, 1, 0],
        [0, 0, 0, 1, 0],
        [0, 0, 0, 0, 1],
    ]


def test_the_batch_keeps_both_sides_of_a_pair_together(task: SimilarityTask) -> None:
    rows = task.prepare(pairs(("a", "card"), ("b", "lost money sent")))
    batch = task.batch(rows, np.array([1]))
    assert batch["anchor_mask"].sum() == 3
    assert batch["positive_mask"].sum() == 5
    assert rows.lengths.tolist() == [6, 8]


def test_the_score_is_the_mean_reciprocal_rank(task: SimilarityTask) -> None:
    rows = task.prepare(
        pairs(
            ("card", "card lost"),  # found first: rank 1
            ("money sent", "sent a b c"),  # `money sent d` is nearer: rank 2
            ("d", "money sent d"),  # found first: rank 1
        )
    )
    assert task.score(OneHot(), rows) == pytest.approx((1 + 1 / 2 + 1) / 3)


def test_an_anchors_other_positives_do_not_count_against_it(task: SimilarityTask) -> None:
    rows = task.prepare(pairs(("card", "card a"), ("card", "card a b"), ("e", "e d")))
    assert task.score(OneHot(), rows) == 1.0


def test_a_collapsed_encoder_scores_last_and_not_first(task: SimilarityTask) -> None:
    class Collapsed(OneHot):
        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor]:
            return (torch.full((len(input_ids), 4), 0.5),)

    rows = task.prepare(pairs(*((word, f"{word} {word}") for word in ("a", "b", "c", "d"))))
    assert task.score(Collapsed(), rows) == 0.25


def test_one_pair_is_refused_as_it_has_no_negative(task: SimilarityTask) -> None:
    with pytest.raises(DataError, match="fewer than two different pairs"):
        task.prepare(pairs(("a", "b"), ("a", "b")))


def test_equal_pairs_alone_in_a_batch_cost_nothing(task: SimilarityTask, source: EncoderSource) -> None:
    rows = task.prepare(pairs(("a", "b"), ("a", "b"), ("c", "d")))
    module = task.module(load_encoder(source, dropout=0.0))
    assert task.loss(module, task.batch(rows, np.array([0, 1]))).item() == 0.0
