"""A label more, without the rows of the others."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from trivet.artifact.artifact import Artifact
from trivet.artifact.grow import learn_label, save_grown
from trivet.artifact.save import save_artifact
from trivet.errors import ArtifactError, DataError
from trivet.runtime.offline import run_sorted

NOW = datetime(2026, 11, 2, tzinfo=UTC)
NEW = ("help with my lost friend", "my friend is lost")


@pytest.fixture(scope="module")
def desk(tiny_parts: Any, tiny: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy classifier with prototypes as its head."""
    parts = replace(tiny_parts, head=tiny_parts.prototypes)
    return save_artifact(parts, tmp_path_factory.mktemp("grow") / "desk", golden_texts=tiny.texts)


def test_a_new_label_answers_its_texts_within_a_second_and_the_others_keep_theirs(desk: Path, tiny: Any) -> None:
    artifact = Artifact.load(desk, threads=1)
    before = [answer.label for answer in artifact.predict(tiny.texts)]
    began = time.perf_counter()
    grown = learn_label(artifact, "friend", NEW)
    assert time.perf_counter() - began < 1.0
    encoded = artifact.encode([*tiny.texts, *NEW])
    assert grown.facts.labels == (*tiny.labels, "friend")
    outputs = run_sorted(artifact.graph.engine, encoded)
    answers = [answer.label for answer in grown.answer(outputs, encoded, top=1)]
    assert answers[len(tiny.texts) :] == ["friend", "friend"]
    kept = sum(one == other for one, other in zip(before, answers, strict=False))
    assert kept >= len(before) - 1
    artifact.close()


def test_it_is_saved_as_an_artifact_of_its_own_that_names_its_parent_and_promises_nothing(
    desk: Path, tmp_path: Path
) -> None:
    artifact = Artifact.load(desk, threads=1)
    grown = Artifact.load(save_grown(artifact, "friend", NEW, tmp_path / "grown", created=NOW), threads=1)
    assert grown.card.parent == artifact.identity
    assert grown.card.descent == "new label"
    assert grown.card.notes["added_labels"]["friend"]["rows"] == 2
    assert grown.facts.operating_point is None
    assert grown.facts.novelty_threshold == artifact.facts.novelty_threshold
    assert grown.predict([NEW[0]])[0].label == "friend"
    artifact.close()
    grown.close()


def test_a_known_label_is_refused(desk: Path) -> None:
    artifact = Artifact.load(desk, threads=1)
    with pytest.raises(DataError, match="label 'card' is known already"):
        learn_label(artifact, "card", NEW)
    artifact.close()


def test_another_head_is_told_what_to_do(tiny_artifact: Path) -> None:
    artifact = Artifact.load(tiny_artifact, threads=1)
    with pytest.raises(ArtifactError, match=r"method\.head = 'prototypes'"):
        learn_label(artifact, "friend", NEW)
    artifact.close()
