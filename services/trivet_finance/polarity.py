"""Labels of sentiment, whatever a data set calls them, on one scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Polarity = Literal["positive", "negative", "neutral"]

_NAMES: Mapping[str, Polarity] = {
    "positive": "positive",
    "pos": "positive",
    "bullish": "positive",
    "negative": "negative",
    "neg": "negative",
    "bearish": "negative",
    "neutral": "neutral",
}


def polarity_of(label: str) -> Polarity | None:
    """Where a label lies on the scale; None for one that says nothing about it."""
    return _NAMES.get(label.strip().casefold())


def standard_name(label: str) -> str:
    """`positive`, `negative` or `neutral` for the names that mean it, else the label itself."""
    return polarity_of(label) or label


def score_of(probabilities: Mapping[str, float]) -> float | None:
    """p(positive) - p(negative), from -1 to 1; None where the labels do not have both ends of the scale."""
    if not {"positive", "negative"} <= probabilities.keys():
        return None
    return probabilities["positive"] - probabilities["negative"]
