"""Spans of a text by type: entities, slots. Facts, and how scores of tokens become spans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from trivet.answers.bio import best_path, count_tags, mark_spans, read_runs, run_probabilities
from trivet.answers.reading import check_names, read_count, read_names, read_number
from trivet.answers.spelling import Spelling, Subtokens, Units, find_units
from trivet.errors import ArtifactError, InputError

# First character, the one after the last, type.
SpanKey = tuple[int, int, str]


@dataclass(frozen=True)
class TaggingFacts:
    """The types of spans, and which sub-tokens of a word were given a tag; `temperature` divides the scores."""

    types: tuple[str, ...]
    max_tokens: int
    subtokens: Subtokens = "first"
    temperature: float = 1.0
    kind: Literal["tagging"] = field(default="tagging", init=False)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> TaggingFacts:
        """The facts; ArtifactError names one that is missing, of another type or one too many."""
        check_names(values, {"kind", "types", "max_tokens", "subtokens"}, {"temperature"})
        subtokens = values["subtokens"]
        if subtokens not in ("first", "all"):
            raise ArtifactError(f"{subtokens!r} is neither 'first' nor 'all'.", where="facts.subtokens")
        return cls(
            types=read_names(values, "types"),
            max_tokens=read_count(values, "max_tokens"),
            subtokens=subtokens,
            temperature=read_number(values, "temperature", low=0.0) if "temperature" in values else 1.0,
        )


@dataclass(frozen=True)
class Span:
    """A span of a text: its type, its first character and the one after its last, in code points.

    `confidence` is the probability that a span of this type stands exactly there.
    """

    label: str
    start: int
    end: int
    text: str
    confidence: float


@dataclass(frozen=True)
class TaggingAnswer:
    """The spans of a text in their order; none overlaps another. `tokens` counts the whole text, truncated or not."""

    spans: tuple[Span, ...]
    tokens: int
    truncated: bool

    @property
    def keys(self) -> tuple[SpanKey, ...]:
        """Ends and type of each span."""
        return tuple((span.start, span.end, span.label) for span in self.spans)


def decode(
    token_scores: Sequence[np.ndarray],
    facts: TaggingFacts,
    spellings: Sequence[Spelling],
    *,
    tokens: Sequence[int],
    truncated: Sequence[bool],
) -> list[TaggingAnswer]:
    """An answer a text from the scores [T,1+2K] of its tokens; only valid sequences of tags are considered.

    Raises:
        InputError: another number of scores a token than tags, fewer tokens than the text has, or scores that are not
            finite.
    """
    if not len(token_scores) == len(spellings) == len(tokens) == len(truncated):
        raise InputError(f"{len(token_scores)} rows of scores for {len(spellings)} texts.", where="scores")
    units = [find_units(spelling, facts.subtokens) for spelling in spellings]
    scores = [_pick(rows, one, facts) for rows, one in zip(token_scores, units, strict=True)]
    paths = find_paths(scores, count_tags(len(facts.types)))
    answers = []
    for row, (path, spelling) in enumerate(zip(paths, spellings, strict=True)):
        runs = read_runs(path.tolist())
        spans = [
            _span(start, end, facts.types[kind], spelling.text, units[row], confidence)
            for (start, end, kind), confidence in zip(runs, run_probabilities(scores[row], runs), strict=True)
        ]
        answers.append(TaggingAnswer(tuple(spans), int(tokens[row]), bool(truncated[row])))
    return answers


def type_probabilities(token_scores: np.ndarray, facts: TaggingFacts) -> np.ndarray:
    """How plainly each type stands somewhere in each text, F64[N,1+K]; the first column: that none does.

    Of a type it is the highest probability of its tags at any token, of none the lowest of O. Scores [N,T,1+2K]; rows
    of zeros are padding.
    """
    shifted = token_scores.astype(np.float64) / facts.temperature
    shifted -= shifted.max(axis=2, keepdims=True)
    chances = np.exp(shifted)
    chances /= chances.sum(axis=2, keepdims=True)
    within = (token_scores != 0).any(axis=2, keepdims=True)
    outside = np.where(within, chances[:, :, :1], 1.0).min(axis=1)
    types = np.where(within, chances[:, :, 1::2] + chances[:, :, 2::2], 0.0).max(axis=1)
    return np.concatenate([outside, types], axis=1)


def find_paths(scores: Sequence[np.ndarray], tags: int) -> list[np.ndarray]:
    """The best valid tags I64[U] of each text from scores [U,C] of its pieces; texts may differ in length."""
    lengths = np.array([len(rows) for rows in scores], dtype=np.int64)
    if not len(lengths) or not lengths.max():
        return [np.zeros(0, dtype=np.int64) for _ in scores]
    padded = np.zeros((len(scores), int(lengths.max()), tags))
    for row, values in enumerate(scores):
        padded[row, : len(values)] = values
    path = best_path(padded, lengths)
    return [path[row, :length] for row, length in enumerate(lengths)]


def align_spans(units: Units, spans: Sequence[SpanKey], types: Mapping[str, int]) -> np.ndarray:
    """The tags I64[U] that teach these spans; `types` gives the number of each type, others are left out."""
    return mark_spans(units, [(start, end, types[label]) for start, end, label in spans if label in types])


def read_spans(units: Units, tags: Sequence[int], types: Sequence[str]) -> tuple[SpanKey, ...]:
    """The spans that tags of pieces mark."""
    return tuple(
        (int(units.starts[start]), int(units.ends[end - 1]), types[kind]) for start, end, kind in read_runs(tags)
    )


def _span(start: int, end: int, label: str, text: str, units: Units, confidence: float) -> Span:
    first, last = int(units.starts[start]), int(units.ends[end - 1])
    return Span(label, first, last, text[first:last], confidence)


def _pick(rows: np.ndarray, units: Units, facts: TaggingFacts) -> np.ndarray:
    wanted = count_tags(len(facts.types))
    if rows.ndim != 2 or rows.shape[1] != wanted:
        raise InputError(f"scores of shape {list(rows.shape)} for {wanted} tags.", where="scores")
    if len(units) and int(units.tokens.max()) >= len(rows):
        raise InputError(f"scores of {len(rows)} tokens for a text that has more.", where="scores")
    scores = rows[units.tokens].astype(np.float64) / facts.temperature
    if not np.isfinite(scores).all():
        raise InputError("a score is not a finite number.", where="scores")
    return scores
