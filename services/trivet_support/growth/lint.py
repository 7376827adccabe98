"""What a tenant should know about its examples before a model answers by them.

The core's lint of a data set does the same for files; it takes pandas, which a server does without, and knows no model.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from trivet.data.overlap import normalise
from trivet.heads.prototypes import normalise as normalise_rows
from trivet_support.language import tell_language

F32 = npt.NDArray[np.float32]
Severity: TypeAlias = Literal["error", "warning"]
Code: TypeAlias = Literal[
    "duplicate_across_intents",
    "intent_without_examples",
    "broken_characters",
    "duplicate",
    "few_examples",
    "overlapping_intents",
    "other_language",
    "example_is_the_name",
    "blanks",
    "too_long",
    "unbalanced",
]

FEW = 5
# Share of an intent's examples that lie nearer to another intent, from which on the two overlap.
OVERLAP = 0.3
# Times as many examples as the intent with the fewest has.
UNBALANCED = 20
# Share of the examples that are of one language, from which on those of others are worth a word.
MOST = 0.8
TOKENS_A_WORD = 1.3
# UTF-8 that was read in another encoding, and the sign for what could not be read.
_BROKEN = re.compile("[ÂÃ][\u0080-\u00bf]|â[\u0080-\u009f€™œ]|\ufffd")


@dataclass(frozen=True)
class Row:
    """An example of an intent and where it stands: its id, or its line in a file."""

    intent: str
    text: str
    place: str


@dataclass(frozen=True)
class Issue:
    """One thing to mend: what, where, and how."""

    code: Code
    severity: Severity
    message: str
    where: str
    suggestion: str
    intents: tuple[str, ...]


def lint_rows(rows: Sequence[Row], empty: Sequence[str], *, max_tokens: int) -> list[Issue]:
    """What the texts alone tell; `empty` are intents without any that no model knows."""
    found = [
        Issue(
            "intent_without_examples",
            "error",
            f"{name!r} has no examples: no message will ever get it.",
            f"/intents/{name}",
            "Give it five at least, or take it away.",
            (name,),
        )
        for name in empty
    ]
    found += _duplicates(rows)
    for row in rows:
        found += _look_at(row, max_tokens=max_tokens)
    found += _languages(rows)
    found += _counts(rows)
    return found


def lint_meaning(rows: Sequence[Row], embeddings: F32, labels: Sequence[str], prototypes: F32) -> list[Issue]:
    """Intents whose examples F32[N, D] lie nearer to another intent, or to a label of the model (prototypes [C, D])."""
    if not rows:
        return []
    names = sorted({row.intent for row in rows})
    place = {name: at for at, name in enumerate(names)}
    owners = np.array([place[row.intent] for row in rows])
    unit = normalise_rows(embeddings)
    sums = np.zeros((len(names), unit.shape[1]))
    np.add.at(sums, owners, unit.astype(np.float64))
    others = [at for at, label in enumerate(labels) if label not in place]
    targets = [*names, *(labels[at] for at in others)]
    cosines = unit @ np.concatenate([normalise_rows(sums), normalise_rows(prototypes[others])]).T
    every = np.arange(len(rows))
    # An example is compared with the others of its intent; one that is alone says nothing of overlap.
    cosines[every, owners] = (unit * normalise_rows(sums[owners] - unit)).sum(axis=1)
    counts = Counter(owners.tolist())
    nearest = cosines.argmax(axis=1)
    lost: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for at, row in enumerate(rows):
        if counts[int(owners[at])] > 1 and nearest[at] != owners[at]:
            lost[row.intent, targets[int(nearest[at])]].append(row)
    return [
        Issue(
            "overlapping_intents",
            "warning",
            f"{len(some)} of {counts[place[name]]} examples of {name!r} lie nearer to {other!r}, "
            f"such as {some[0].text[:80]!r}.",
            some[0].place,
            "Tell the two apart by their examples, or make them one intent.",
            (name, other),
        )
        for (name, other), some in sorted(lost.items())
        if len(some) >= max(2, OVERLAP * counts[place[name]])
    ]


def _duplicates(rows: Sequence[Row]) -> Iterator[Issue]:
    by_text: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_text[normalise(row.text)].append(row)
    for some in by_text.values():
        names = tuple(sorted({row.intent for row in some}))
        if len(names) > 1:
            what = f"{some[0].text[:80]!r} is an example of {', '.join(map(repr, names))}."
            todo = "Leave it with one: no model can be right on both."
            yield Issue("duplicate_across_intents", "error", what, some[1].place, todo, names)
        elif len(some) > 1:
            what = f"{some[0].text[:80]!r} stands {len(some)} times, letters and digits alone."
            yield Issue("duplicate", "warning", what, some[1].place, "Once is enough.", names)


def _look_at(row: Row, *, max_tokens: int) -> Iterator[Issue]:
    said = row.text[:80]
    if _BROKEN.search(row.text):
        what = f"{said!r} looks like UTF-8 that was read in another encoding."
        yield Issue("broken_characters", "error", what, row.place, "Read the file as UTF-8.", (row.intent,))
    if normalise(row.text) == normalise(row.intent):
        what = f"{said!r} is the name of its intent."
        todo = "Take it away, unless customers say just that."
        yield Issue("example_is_the_name", "warning", what, row.place, todo, (row.intent,))
    if row.text != row.text.strip() or "  " in row.text:
        what = f"{said!r} has blanks around it, or several in a row."
        yield Issue("blanks", "warning", what, row.place, "Take them out.", (row.intent,))
    if len(row.text.split()) * TOKENS_A_WORD > max_tokens:
        what = f"{said!r} is probably longer than the {max_tokens} tokens that the model reads."
        yield Issue("too_long", "warning", what, row.place, "Say it in fewer words.", (row.intent,))


def _languages(rows: Sequence[Row]) -> Iterator[Issue]:
    told = [tell_language(row.text) for row in rows]
    counts = Counter(language for language in told if language)
    if not counts:
        return
    usual, times = counts.most_common(1)[0]
    if times < MOST * sum(counts.values()):
        return
    for row, language in zip(rows, told, strict=True):
        if language not in ("", usual):
            what = f"{row.text[:80]!r} looks like {language!r}, most examples like {usual!r}."
            todo = "Take it out, unless your customers write so."
            yield Issue("other_language", "warning", what, row.place, todo, (row.intent,))


def _counts(rows: Sequence[Row]) -> Iterator[Issue]:
    counts = Counter(row.intent for row in rows)
    for name, count in sorted(counts.items()):
        if count < FEW:
            what = f"{name!r} has {count} example{'s' if count > 1 else ''}: many messages that want it will be missed."
            todo = f"Give it {FEW} at least; twenty are better."
            yield Issue("few_examples", "warning", what, f"/intents/{name}", todo, (name,))
    if counts and max(counts.values()) > UNBALANCED * min(counts.values()):
        most, least = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
        what = f"{most!r} has {counts[most]} examples, {least!r} only {counts[least]}."
        todo = "Give those with few some more."
        yield Issue("unbalanced", "warning", what, f"/intents/{least}", todo, (most, least))
