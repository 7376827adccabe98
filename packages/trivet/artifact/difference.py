"""How two artifacts differ: facts, tensors, graph and golden answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from trivet.artifact.documents import read_document, read_json
from trivet.artifact.golden import Golden, GoldenAnswer
from trivet.artifact.layout import FACTS, GOLDEN, HEADER, HEADS, WEIGHTS
from trivet.artifact.upgrade import read_card
from trivet.errors import ArtifactError
from trivet.runtime.engine import Floats

SHOWN = 3


@dataclass(frozen=True)
class Part:
    """A part of both artifacts: `same` to the bit, or `close` enough that no answer tells; `about` says by how much."""

    name: str
    same: bool
    close: bool
    about: str

    def line(self) -> str:
        """For a person."""
        return f"{self.name:<16} {self.about}"


def compare_artifacts(one: Path, other: Path, *, tolerance: float) -> tuple[Part, ...]:
    """Every part that both have, as a difference spreads: rows, graph, weights, head, facts, answers.

    Only rows and golden answers decide what is close: an answer may lie off by `tolerance`, and its label may differ
    where its lead was within twice that.

    Raises:
        ArtifactError: a file cannot be read.
    """
    return tuple(_compare(one, other, tolerance))


def _compare(one: Path, other: Path, tolerance: float) -> Iterator[Part]:
    rows = [read_card(folder).data.rows for folder in (one, other)]
    yield Part("rows", rows[0] == rows[1], rows[0] == rows[1], _told(rows[0], rows[1]))
    graphs = [str(read_json(folder / HEADER).get("graph")) for folder in (one, other)]
    yield Part("graph", graphs[0] == graphs[1], close=True, about=_told(graphs[0][:12], graphs[1][:12]))
    for name in (*sorted(_tensor_files(one) & _tensor_files(other)),):
        yield _compare_tensors(name, _tensors(one / name), _tensors(other / name))
    yield _compare_facts(read_json(one / FACTS), read_json(other / FACTS))
    yield from _compare_answers(read_document(one / GOLDEN, Golden), read_document(other / GOLDEN, Golden), tolerance)


def _tensor_files(artifact: Path) -> set[str]:
    weights = {path.relative_to(artifact).as_posix() for path in (artifact / WEIGHTS).rglob("*.safetensors")}
    return weights | ({HEADS} if (artifact / HEADS).is_file() else set())


def _tensors(path: Path) -> dict[str, Floats]:
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise ArtifactError(f"cannot read the tensors ({error}).", where=str(path)) from error


def _compare_tensors(name: str, one: dict[str, Floats], other: dict[str, Floats]) -> Part:
    shapes = [{key: rows.shape for key, rows in tensors.items()} for tensors in (one, other)]
    if shapes[0] != shapes[1]:
        odd = sorted(key for key in one.keys() | other.keys() if shapes[0].get(key) != shapes[1].get(key))
        return Part(name, same=False, close=True, about=f"other tensors: {', '.join(odd[:SHOWN])}")
    off = {key: rows for key, rows in one.items() if rows.tobytes() != other[key].tobytes()}
    if not off:
        return Part(name, same=True, close=True, about=f"{len(one)} tensors, bit for bit")
    most = {key: float(np.abs(rows.astype(np.float64) - other[key]).max()) for key, rows in off.items()}
    worst = max(most, key=lambda key: most[key])
    about = f"{len(off)} of {len(one)} tensors differ, most {worst} by {most[worst]:.2g}"
    return Part(name, same=False, close=True, about=about)


def _compare_facts(one: dict[str, Any], other: dict[str, Any]) -> Part:
    odd = sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))
    if not odd:
        return Part("facts", same=True, close=True, about=f"all {len(one)} equal")
    told = "; ".join(f"{key} {_told(one.get(key), other.get(key))}" for key in odd[:SHOWN])
    return Part("facts", same=False, close=one.get("labels") == other.get("labels"), about=told)


def _compare_answers(one: Golden, other: Golden, tolerance: float) -> Iterator[Part]:
    if one.texts != other.texts:
        yield Part("answers", same=False, close=False, about="the golden texts are others")
        return
    for precision in sorted(one.answers.keys() & other.answers.keys()):
        pairs = list(zip(one.answers[precision], other.answers[precision], strict=True))
        labels = sum(first.label != second.label for first, second in pairs)
        most = max(abs(first.score - second.score) for first, second in pairs)
        yield Part(
            f"answers {precision}",
            same=all(first == second for first, second in pairs),
            close=all(_is_close(first, second, tolerance) for first, second in pairs),
            about=f"{labels} of {len(pairs)} labels differ, scores by at most {most:.2g}",
        )


def _is_close(one: GoldenAnswer, other: GoldenAnswer, tolerance: float) -> bool:
    if one.label != other.label:
        return one.margin <= 2 * tolerance
    return abs(one.score - other.score) <= tolerance


def _told(then: object, now: object) -> str:
    """Both values, or the one that both are; a long list by its length."""
    shown = [f"{len(value)} values" if isinstance(value, list | dict) else str(value) for value in (then, now)]
    return shown[0] if then == now else f"{shown[1]}, then {shown[0]}"
