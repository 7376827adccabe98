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


def supervised_contrast(embeddings: torch.Tensor, truth: torch.Tensor, *, temperature: float) -> torch.Tensor:
    """Supervised contrastive loss (Khosla 2020, equation 2) over unit vectors F32[B,D] of classes I64[B], a scalar.

    For each row the mean over the others of its class of -log(exp(z.p/t) / sum over all others exp(z.a/t)), averaged
    over the rows that have another of their class; 0 where none has.
    """
    with full_precision(embeddings):
        scores = embeddings.float() @ embeddings.float().T / temperature
        itself = torch.eye(len(truth), dtype=torch.bool, device=truth.device)
        likelihood = scores - torch.logsumexp(scores.masked_fill(itself, -torch.inf), dim=1, keepdim=True)
        same = (truth[:, None] == truth[None, :]) & ~itself
        count = same.sum(dim=1)
        each = -(likelihood * same).sum(dim=1) / count.clamp(min=1)
        return each.sum() / (count > 0).sum().clamp(min=1)


def symmetric_contrast(
    anchors: torch.Tensor, positives: torch.Tensor, *, temperature: float, masked: torch.Tensor
) -> torch.Tensor:
    """InfoNCE in both directions (van den Oord 2018, equation 4; Radford 2021, figure 3) over unit vectors F32[B,D].

    Row i of `positives` belongs to row i of `anchors`; every other row is a negative of it, except where masked
    bool[B,B] says that the two belong together as well. The diagonal of the mask is ignored. Returns a scalar.
    """
    with full_precision(anchors):
        scores = anchors.float() @ positives.float().T / temperature
        own = torch.arange(len(scores), device=scores.device)
        scores = scores.masked_fill(masked & ~torch.eye(len(own), dtype=torch.bool, device=own.device), -torch.inf)
        return (F.cross_entropy(scores, own) + F.cross_entropy(scores.T, own)) / 2
