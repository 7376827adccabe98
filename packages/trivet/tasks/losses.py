"""Losses as small functions over tensors; each names the formula it computes."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from trivet.backbone.precision import full_precision


def cross_entropy(
    logits: torch.Tensor, truth: torch.Tensor, *, smoothing: float = 0.0, weights: torch.Tensor | None = None
) -> torch.Tensor:
    """Cross-entropy of logits F32[B,C] against classes I64[B], a scalar.

    With smoothing s the target is (1-s) on the true class and s/C on every class (Szegedy 2016, section 7). Weights
    F32[C] count the terms of a class; the sum is divided by the weights of the rows, so that the scale stays.
    """
    return F.cross_entropy(logits.float(), truth, weight=weights, label_smoothing=smoothing)


def binary_cross_entropy(
    logits: torch.Tensor, truth: torch.Tensor, *, smoothing: float = 0.0, weights: torch.Tensor | None = None
) -> torch.Tensor:
    """Binary cross-entropy of logits F32[B,C] against truth F32[B,C] of zeros and ones, a scalar: each label by itself.

    The mean over rows and labels of -(w y log p + (1 - y) log (1 - p)) with p = sigmoid(logit). With smoothing s the
    target y is (1-s) y + s/2, which is cross-entropy's smoothing with two classes; weights w F32[C] count the rows that
    have the label.
    """
    target = truth.float() * (1 - smoothing) + smoothing / 2
    return F.binary_cross_entropy_with_logits(logits.float(), target, pos_weight=weights)


def squared_error(scores: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """The mean squared error of scores F32[B] against truth F32[B], a scalar."""
    return F.mse_loss(scores.float(), truth.float())


def supervised_contrast(embeddings: torch.Tensor, truth: torch.Tensor, *, temperature: float) -> torch.Tensor:
    """Supervised contrastive loss (Khosla 2020, equation 2) over unit vectors F32[B,D] of classes I64[B], a scalar.

    For each row the mean over the others of its class of -log(exp(z.p/t) / sum over all others exp(z.a/t)), averaged
    over the rows that have another of their class; 0 where none has.
    """
    if len(truth) < 2:
        return embeddings.float().sum() * 0.0
    with full_precision(embeddings):
        scores = embeddings.float() @ embeddings.float().T / temperature
        itself = torch.eye(len(truth), dtype=torch.bool, device=truth.device)
        likelihood = scores - torch.logsumexp(scores.masked_fill(itself, -torch.inf), dim=1, keepdim=True)
        same = (truth[:, None] == truth[None, :]) & ~itself
        count = same.sum(dim=1)
        each = -(likelihood * same).sum(dim=1) / count.clamp(min=1)
        return each.sum() / (count > 0).sum().clamp(min=1)


def contrast(
    anchors: torch.Tensor,
    candidates: torch.Tensor,
    *,
    temperature: float,
    masked: torch.Tensor,
    shares: torch.Tensor | None = None,
) -> torch.Tensor:
    """InfoNCE (van den Oord 2018, equation 4) of unit vectors F32[B,D] over candidates F32[C,D], C >= B, a scalar.

    Row i of `anchors` belongs to candidate i; all others are negatives of it, except where masked bool[B,C] says that
    the two belong together as well. The diagonal of the mask is ignored. With the candidates' `shares` F32[C] of all
    positives, log(share) is taken off their scores: what is frequent is drawn as a negative more often than it would be
    by chance, and would else be pushed away for being frequent (Yi 2019, equation 3).
    """
    with full_precision(anchors):
        scores = anchors.float() @ candidates.float().T / temperature
        if shares is not None:
            scores = scores - shares.float().log()
        own = torch.arange(len(scores), device=scores.device)
        itself = torch.zeros_like(masked)
        itself[own, own] = True
        return F.cross_entropy(scores.masked_fill(masked & ~itself, -torch.inf), own)


def symmetric_contrast(
    anchors: torch.Tensor, positives: torch.Tensor, *, temperature: float, masked: torch.Tensor
) -> torch.Tensor:
    """The mean of InfoNCE in both directions (Radford 2021, figure 3) over unit vectors F32[B,D]; see `contrast`.

    Row i of `positives` belongs to row i of `anchors`; masked is bool[B,B].
    """
    forward = contrast(anchors, positives, temperature=temperature, masked=masked)
    return (forward + contrast(positives, anchors, temperature=temperature, masked=masked.T)) / 2
