"""Losses against their formulas, written out row by row in numpy, and against other libraries."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from trivet.tasks.losses import cross_entropy, supervised_contrast, symmetric_contrast


def unit_rows(rows: int, dim: int, *, seed: int) -> torch.Tensor:
    return F.normalize(torch.randn(rows, dim, generator=torch.Generator().manual_seed(seed)), dim=1)


def softmax(values: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted = np.exp(values - values.max())
    return shifted / shifted.sum()


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weights", [None, [0.5, 2.0, 1.0]])
def test_cross_entropy_is_its_formula(smoothing: float, weights: list[float] | None) -> None:
    logits = torch.randn(7, 3, generator=torch.Generator().manual_seed(0))
    truth = torch.tensor([0, 1, 2, 2, 1, 0, 0])
    of_class = np.array(weights or [1.0, 1.0, 1.0])
    total = counted = 0.0
    for row, label in zip(logits.double().numpy(), truth.tolist(), strict=True):
        target = (1 - smoothing) * np.eye(3)[label] + smoothing / 3
        total += -(of_class * target * np.log(softmax(row))).sum()
        counted += of_class[label]
    tensor = None if weights is None else torch.tensor(weights)
    loss = cross_entropy(logits, truth, smoothing=smoothing, weights=tensor)
    assert loss.item() == pytest.approx(total / counted, rel=1e-5)
    assert loss.item() == pytest.approx(F.cross_entropy(logits, truth, tensor, label_smoothing=smoothing).item())


def test_supervised_contrast_is_equation_2_of_khosla() -> None:
    embeddings = unit_rows(9, 5, seed=1)
    truth = [0, 0, 0, 1, 1, 2, 2, 2, 3]  # the last has nobody of its class: it is no anchor
    z = embeddings.double().numpy()
    losses = []
    for i in range(9):
        positives = [p for p in range(9) if p != i and truth[p] == truth[i]]
        others = [a for a in range(9) if a != i]
        if positives:
            below = sum(np.exp(z[i] @ z[a] / 0.07) for a in others)
            losses.append(-sum(np.log(np.exp(z[i] @ z[p] / 0.07) / below) for p in positives) / len(positives))
    loss = supervised_contrast(embeddings, torch.tensor(truth), temperature=0.07)
    assert loss.item() == pytest.approx(np.mean(losses), rel=1e-5)


def test_supervised_contrast_of_a_batch_without_pairs_is_zero_and_has_no_gradient() -> None:
    embeddings = unit_rows(3, 5, seed=2).requires_grad_()
    loss = supervised_contrast(embeddings, torch.tensor([0, 1, 2]), temperature=0.05)
    loss.backward()
    assert loss.item() == 0.0
    assert embeddings.grad is not None
    assert not embeddings.grad.any()


def test_the_gradients_of_all_losses_are_finite_at_the_hardest_points() -> None:
    same = torch.ones(4, 5).div(5**0.5).requires_grad_()
    none = torch.zeros(4, 4, dtype=torch.bool)
    for loss in (
        supervised_contrast(same, torch.tensor([0, 0, 1, 1]), temperature=0.01),
        symmetric_contrast(same, same, temperature=0.01, masked=none),
        symmetric_contrast(same, same, temperature=0.01, masked=~none),
    ):
        (gradient,) = torch.autograd.grad(loss, same)
        assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("temperature", [0.05, 0.2])
def test_symmetric_contrast_is_that_of_sentence_transformers(temperature: float) -> None:
    from sentence_transformers.losses import MultipleNegativesRankingLoss

    anchors, positives = unit_rows(8, 6, seed=3), unit_rows(8, 6, seed=4)
    theirs = MultipleNegativesRankingLoss(
        None, scale=1 / temperature, directions=("query_to_doc", "doc_to_query"), partition_mode="per_direction"
    )
    expected = theirs.compute_loss_from_embeddings([anchors, positives], None)
    none = torch.zeros(8, 8, dtype=torch.bool)
    ours = symmetric_contrast(anchors, positives, temperature=temperature, masked=none)
    assert ours.item() == pytest.approx(expected.item(), rel=1e-5)


def test_a_masked_pair_is_no_negative() -> None:
    anchors, positives = unit_rows(4, 6, seed=5), unit_rows(4, 6, seed=6)
    masked = torch.zeros(4, 4, dtype=torch.bool)
    masked[0, 1] = masked[1, 0] = True
    s = (anchors @ positives.T).double().numpy() / 0.1
    total = 0.0
    for i in range(4):
        kept = [j for j in range(4) if j == i or not masked[i, j]]
        total -= np.log(np.exp(s[i, i]) / sum(np.exp(s[i, j]) for j in kept))
        total -= np.log(np.exp(s[i, i]) / sum(np.exp(s[j, i]) for j in kept))
    loss = symmetric_contrast(anchors, positives, temperature=0.1, masked=masked)
    assert loss.item() == pytest.approx(total / 8, rel=1e-5)


def test_a_pair_whose_every_neighbour_is_masked_costs_nothing() -> None:
    anchors = unit_rows(3, 6, seed=7)
    everything = torch.ones(3, 3, dtype=torch.bool)
    assert symmetric_contrast(anchors, anchors, temperature=0.05, masked=everything).item() == 0.0


def test_losses_keep_float32_under_autocast() -> None:
    anchors, positives = unit_rows(8, 6, seed=8), unit_rows(8, 6, seed=9)
    truth, none = torch.tensor([0, 0, 1, 1, 2, 2, 3, 3]), torch.zeros(8, 8, dtype=torch.bool)
    plain = (
        supervised_contrast(anchors, truth, temperature=0.05),
        symmetric_contrast(anchors, positives, temperature=0.05, masked=none),
    )
    with torch.autocast("cpu", dtype=torch.bfloat16):
        cast = (
            supervised_contrast(anchors, truth, temperature=0.05),
            symmetric_contrast(anchors, positives, temperature=0.05, masked=none),
        )
    assert [one.item() for one in plain] == [one.item() for one in cast]
