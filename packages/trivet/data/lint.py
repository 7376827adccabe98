"""What a reader should know about rows before training on them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import pandas as pd

from trivet.data.conflicts import MOST
from trivet.data.frames import shorten
from trivet.data.overlap import normalise

Severity = Literal["error", "warning"]
# UTF-8 read as latin-1 or Windows-1252, and the sign that decoders put for what they could not read.
MOJIBAKE = re.compile("[ÂÃ][\u0080-\u00bf]|â[\u0080-\u009f€™œ]|\ufffd")
RARE = 5
TOKENS_A_WORD = 1.3
SHOWN = 3


@dataclass(frozen=True)
class Finding:
    """One kind of trouble: how many rows have it and the first few of them."""

    kind: str
    severity: Severity
    rows: int
    about: str
    examples: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def lint_frame(
    frame: pd.DataFrame, *, test: pd.DataFrame | None = None, max_tokens_hint: int = 128
) -> tuple[Finding, ...]:
    """Findings about rows of texts and labels, errors first; with `test`, also about what only the test has.

    Lengths are estimated at 1.3 tokens a word, as no tokenizer is at hand here.
    """
    texts = frame["text"].fillna("").astype(str)
    labels = frame["label"].fillna("").astype(str)
    normal = texts.map(normalise)
    known = texts.str.strip() != ""
    found = [
        _finding("empty", "error", frame, ~known | (labels.str.strip() == ""), "the text or the label is empty"),
        _only_in_test(labels, test),
        _conflicts(frame, normal, labels, known=known),
        _finding(
            "duplicate",
            "warning",
            frame,
            known & pd.DataFrame({"text": normal, "label": labels}).duplicated(),
            "the same text with the same label stands before, letters and punctuation aside",
        ),
        _rare(labels),
        _finding(
            "long",
            "warning",
            frame,
            texts.map(lambda text: len(text.split())) * TOKENS_A_WORD > max_tokens_hint,
            f"probably more than {max_tokens_hint} tokens: truncated unless task.max_tokens is raised",
        ),
        _finding(
            "blanks",
            "warning",
            frame,
            known & ((texts != texts.str.strip()) | (labels != labels.str.strip())),
            "blanks before or after the text or the label",
        ),
        _finding(
            "mojibake",
            "warning",
            frame,
            texts.str.contains(MOJIBAKE),
            "looks like UTF-8 that was read in another encoding",
        ),
    ]
    return tuple(sorted((one for one in found if one and one.rows), key=lambda one: one.severity))


def lint_interactions(interactions: pd.DataFrame, items: pd.DataFrame) -> tuple[Finding, ...]:
    """Findings about events and the catalogue they refer to, errors first."""
    counts = interactions["user"].map(interactions["user"].value_counts())
    found = [
        _finding(
            "unknown item",
            "error",
            interactions,
            ~interactions["item"].isin(items["item"]),
            "the item is not in the catalogue, so it has no text",
            column="item",
        ),
        _finding(
            "repeat",
            "warning",
            interactions,
            interactions.duplicated(["user", "item", "event", "time"]),
            "the same event of the same user at the same time stands before",
            column="item",
        ),
        _finding("lone user", "warning", interactions, counts < 2, "the user's only event: no history", column="user"),
        _finding(
            "same text",
            "warning",
            items,
            items["text"].map(normalise).duplicated(),
            "another item has the same text: a text encoder cannot tell them apart",
        ),
    ]
    return tuple(sorted((one for one in found if one.rows), key=lambda one: one.severity))


def _finding(
    kind: str, severity: Severity, frame: pd.DataFrame, mask: pd.Series, about: str, *, column: str = "text"
) -> Finding:
    rows = frame[mask.to_numpy(dtype=bool)]
    return Finding(kind, severity, len(rows), about, _examples(rows.head(SHOWN), column))


def _examples(rows: pd.DataFrame, column: str) -> tuple[str, ...]:
    lines: Sequence[Any] = rows["line"].tolist() if "line" in rows else rows.index.tolist()
    return tuple(f"line {line}: {shorten(str(text))}" for line, text in zip(lines, rows[column]))


def _conflicts(frame: pd.DataFrame, normal: pd.Series, labels: pd.Series, *, known: pd.Series) -> Finding:
    several = pd.DataFrame({"text": normal, "label": labels})[known].groupby("text", sort=False)["label"].nunique()
    torn = several.index[several > 1]
    examples = []
    for text in torn[:SHOWN]:
        rows = frame[(normal == text).to_numpy(dtype=bool)]
        examples.append(f"{_examples(rows.head(1), 'text')[0]} ({', '.join(sorted(set(rows['label'])))})")
    count = int((known & normal.isin(torn)).sum())
    # No model can be right on most rows of such a set: training refuses it (conflicts.py).
    severity: Severity = "error" if count > MOST * len(frame) else "warning"
    return Finding("conflict", severity, count, "the same text stands with different labels", tuple(examples))


def _rare(labels: pd.Series) -> Finding:
    counts = labels[labels.str.strip() != ""].value_counts()
    rare = counts[counts < RARE].sort_index()
    examples = tuple(f"{label} ({count})" for label, count in rare.head(SHOWN).items())
    about = f"rows of {len(rare)} label{'s' if len(rare) != 1 else ''} with fewer than {RARE} rows each"
    return Finding("rare label", "warning", int(rare.sum()), about, examples)


def _only_in_test(labels: pd.Series, test: pd.DataFrame | None) -> Finding | None:
    if test is None:
        return None
    strange = test[~test["label"].isin(set(labels))]
    examples = tuple(
        f"{row['label']}: {shorten(str(row['text']))}"
        for _, row in strange.drop_duplicates("label").head(SHOWN).iterrows()
    )
    return Finding("only in test", "error", len(strange), "no training row has the label of these test rows", examples)
