"""The nearest training rows: the right ones, embedded once, and honest about data that changed or went."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trivet.artifact.artifact import Artifact
from trivet.errors import ArtifactError, DataError
from trivet.explain.neighbours import TrainingExamples, open_examples
from trivet.recipe.method import ZeroShotMethod


def examples_of(vectors: Any) -> TrainingExamples:
    rows = np.asarray(vectors, dtype=np.float32)
    names = [f"t{at}" for at in range(len(rows))]
    return TrainingExamples(
        names, [name.upper() for name in names], range(2, len(rows) + 2), "f.csv", rows, changed=False
    )


def test_a_training_row_is_its_own_nearest_with_label_and_line(desk: Artifact, settings: Any, tiny: Any) -> None:
    examples = open_examples(desk, settings, say=lambda _: None)
    assert not examples.changed
    near = examples.nearest(desk.embed(tiny.texts), 3)
    lines = Path(examples.file).read_text(encoding="utf-8").splitlines()
    for text, at, found in zip(tiny.texts, tiny.truth, near, strict=True):
        assert (found[0].text, found[0].label) == (text, tiny.labels[at])
        assert found[0].distance == pytest.approx(0.0, abs=1e-3)
        assert lines[found[0].line - 1] == f"{text},{tiny.labels[at]}"
        assert [one.distance for one in found] == sorted(one.distance for one in found)


def test_the_search_finds_what_sorting_all_distances_finds() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(500, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    queries = rows[:7] + np.float32(0.1)
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    for query, found in zip(queries, examples_of(rows).nearest(queries, 9), strict=True):
        order = np.argsort(-(rows @ query), kind="stable")[:9]
        assert [one.text for one in found] == [f"t{at}" for at in order]
        assert [one.distance for one in found] == pytest.approx((1 - rows[order] @ query).tolist(), abs=1e-6)


def test_equal_rows_come_in_the_order_of_the_file() -> None:
    (found,) = examples_of([[0, 1], [1, 0], [1, 0], [1, 0]]).nearest(np.asarray([[1, 0]], dtype=np.float32), 2)
    assert [(one.text, one.line) for one in found] == [("t1", 3), ("t2", 4)]


@pytest.mark.parametrize(("k", "count"), [(0, 0), (2, 2), (99, 3)])
def test_there_are_never_more_than_there_are_rows(k: int, count: int) -> None:
    (found,) = examples_of(np.eye(3)).nearest(np.eye(3, dtype=np.float32)[:1], k)
    assert len(found) == count


def test_rows_are_embedded_once_and_again_where_the_kept_file_is_damaged(desk: Artifact, settings: Any) -> None:
    said: list[str] = []
    first = open_examples(desk, settings, say=said.append)
    second = open_examples(desk, settings, say=said.append)
    assert said == ["embedding 12 training rows, this once", "  12/12"]
    assert np.array_equal(first.embeddings, second.embeddings)
    (kept,) = (settings.cache / "examples").iterdir()
    kept.write_bytes(kept.read_bytes()[:-40])
    assert np.array_equal(open_examples(desk, settings, say=said.append).embeddings, first.embeddings)
    assert len(said) == 4
    assert np.array_equal(np.load(kept, allow_pickle=False), first.embeddings)


def test_what_the_listener_raises_ends_the_work_and_leaves_nothing_behind(desk: Artifact, settings: Any) -> None:
    def stop(line: str) -> None:
        if "12/12" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_examples(desk, settings, say=stop)
    assert not (settings.cache / "examples").exists()


def test_rows_that_changed_since_training_are_told_and_embedded_anew(
    desk: Artifact, settings: Any, rows_file: Path
) -> None:
    open_examples(desk, settings, say=lambda _: None)
    before = rows_file.read_text(encoding="utf-8")
    said: list[str] = []
    try:
        rows_file.write_text(before + "card money,card\n", encoding="utf-8")
        examples = open_examples(desk, settings, say=said.append)
    finally:
        rows_file.write_text(before, encoding="utf-8")
    assert examples.changed
    assert said[0] == "embedding 13 training rows, this once"


def test_a_model_that_learnt_from_names_has_no_training_rows(desk: Artifact, settings: Any) -> None:
    recipe = desk.recipe.model_copy(update={"method": ZeroShotMethod()})
    with pytest.raises(ArtifactError, match="names of its labels, not from rows"):
        open_examples(replace(desk, recipe=recipe), settings, say=lambda _: None)


def test_rows_that_are_gone_are_told(desk: Artifact, settings: Any, rows_file: Path) -> None:
    away = rows_file.with_suffix(".away")
    rows_file.rename(away)
    try:
        with pytest.raises(DataError, match=r"training rows cannot be read: no data at .*k = 0"):
            open_examples(desk, settings, say=lambda _: None)
    finally:
        away.rename(rows_file)
