"""The losses of the similarity task against sentence-transformers, and against their formulas."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from trivet.errors import RecipeError
from trivet.recipe.task import Similarity
from trivet.recipe.training import TrainingRecipe
from trivet.runtime.tokens import TextTokenizer
from trivet.tasks.losses import contrast
from trivet.tasks.similarity import SimilarityTask

WORDS = ("card", "money", "lost", "sent", "a", "b", "c", "d")


class Table(nn.Module):
    """Embeds a text as the mean of vectors of its words."""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.words = nn.Embedding(64, 16)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor]:
        kept = attention_mask.unsqueeze(-1)
        return (F.normalize((self.words(input_ids) * kept).sum(dim=1), dim=1),)


def build(tokenizer: TextTokenizer, **knobs: object) -> SimilarityTask:
    return SimilarityTask(tokenizer, TrainingRecipe(temperature=0.1), Similarity.model_validate(knobs))


@pytest.fixture
def triplets() -> pd.DataFrame:
    rows = [("a", "card", "b card"), ("b", "money", "c money"), ("c", "lost", "d lost"), ("d", "sent", "a sent")]
    return pd.DataFrame(rows, columns=["anchor", "positive", "negative"])


def embed(task: SimilarityTask, module: nn.Module, texts: pd.Series) -> torch.Tensor:
    rows = task.tokenizer.encode(list(texts))
    return torch.cat([module(torch.from_numpy(row.ids)[None], torch.ones(1, len(row.ids)))[0] for row in rows])


@pytest.mark.parametrize("dims", [(), (4, 8, 16)])
@pytest.mark.parametrize("columns", [2, 3])
def test_the_loss_is_that_of_sentence_transformers(
    tokenizer: TextTokenizer, triplets: pd.DataFrame, dims: tuple[int, ...], columns: int
) -> None:
    """MultipleNegativesRankingLoss in both directions, hard negatives in the first; with dims, their sum."""
    from sentence_transformers.losses import MultipleNegativesRankingLoss

    task, module = build(tokenizer, matryoshka=dims), Table()
    frame = triplets.iloc[:, :columns]
    loss = task.loss(module, task.batch(task.prepare(frame), np.arange(4)))
    sides = [embed(task, module, frame[name]) for name in frame.columns]
    forward = MultipleNegativesRankingLoss(None, scale=10.0)
    expected = 0.0
    for dim in dims or (16,):
        cut = [side[:, :dim] for side in sides]
        there = forward.compute_loss_from_embeddings(cut, None)
        back = forward.compute_loss_from_embeddings([cut[1], cut[0]], None)
        expected += (there + back).item() / 2
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_the_sum_over_dimensions_is_that_of_matryoshka_loss(tokenizer: TextTokenizer, triplets: pd.DataFrame) -> None:
    from sentence_transformers.losses import MatryoshkaLoss, MultipleNegativesRankingLoss

    class Sides(nn.Module):
        """What MatryoshkaLoss asks of a model: features in, features with an embedding out."""

        def forward(self, features: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
            return {"sentence_embedding": features["embedding"]}

        def get_embedding_dimension(self) -> int:
            return 16

        get_sentence_embedding_dimension = get_embedding_dimension

    task, module = build(tokenizer, matryoshka=[4, 16]), Table()
    sides = [embed(task, module, triplets[name]) for name in ("anchor", "positive")]
    model = Sides()
    theirs = MatryoshkaLoss(
        model,
        MultipleNegativesRankingLoss(
            model, scale=10.0, directions=("query_to_doc", "doc_to_query"), partition_mode="per_direction"
        ),
        matryoshka_dims=[4, 16],
    )
    expected = theirs([{"embedding": side} for side in sides], None)
    loss = task.loss(module, task.batch(task.prepare(triplets[["anchor", "positive"]]), np.arange(4)))
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_correction_takes_the_logarithm_of_the_share_off_each_score() -> None:
    generator = torch.Generator().manual_seed(1)
    anchors, candidates = (F.normalize(torch.randn(rows, 5, generator=generator), dim=1) for rows in (3, 4))
    shares = torch.tensor([0.5, 0.1, 0.2, 0.05])
    scores = (anchors @ candidates.T).double().numpy() / 0.1 - np.log(shares.double().numpy())
    expected = np.mean([-scores[row, row] + np.log(np.exp(scores[row]).sum()) for row in range(3)])
    none = torch.zeros(3, 4, dtype=torch.bool)
    loss = contrast(anchors, candidates, temperature=0.1, masked=none, shares=shares)
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_equal_shares_change_nothing(tokenizer: TextTokenizer, triplets: pd.DataFrame) -> None:
    losses = []
    for corrected in (False, True):
        task = build(tokenizer, correct_popularity=corrected)
        losses.append(task.loss(Table(), task.batch(task.prepare(triplets), np.arange(4))).item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_shares_are_those_of_all_rows_and_not_of_the_batch(tokenizer: TextTokenizer) -> None:
    frame = pd.DataFrame(
        {"anchor": ["a", "b", "c", "d"], "positive": ["card", "card", "card", "lost"], "negative_1": list("dddd")}
    )
    task = build(tokenizer)
    batch = task.batch(task.prepare(frame), np.array([0, 3]))
    assert batch["positive_shares"].tolist() == [0.75, 0.25]
    assert batch["anchor_shares"].tolist() == [0.25, 0.25]
    # No positive at all: it counts as if it were one once.
    assert batch["negative_shares"].tolist() == [[0.25], [0.25]]


def test_a_hard_negative_that_belongs_to_an_anchor_of_the_batch_is_none_of_it(tokenizer: TextTokenizer) -> None:
    frame = pd.DataFrame(
        [("a", "card", "money"), ("b", "money", "a"), ("a", "lost", "sent")],
        columns=["anchor", "positive", "negative_1"],
    )
    task = build(tokenizer)
    masked = task.batch(task.prepare(frame), np.arange(3))["masked"][:, 3:].int().tolist()
    assert masked == [
        [0, 1, 0],  # `a` is the anchor's own text
        [1, 0, 0],  # `money` is what belongs to b
        [0, 1, 0],
    ]


def test_more_dimensions_than_the_encoder_has_are_refused(tokenizer: TextTokenizer) -> None:
    class Narrow:
        dim = 8

    with pytest.raises(RecipeError, match="8 dimensions, fewer than 16"):
        build(tokenizer, matryoshka=[4, 16]).module(Narrow())  # type: ignore[arg-type]
