import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trivet.artifact.artifact import Artifact
from trivet.artifact.golden import Golden, GoldenAnswer, Table, compare_neighbours, make_answers
from trivet.artifact.save import save_artifact
from trivet.artifact.sums import write_sums
from trivet.errors import ArtifactError

TABLE = Table(("a", "b"), np.array([[0.9, 0.1], [0.48, 0.52]]))


def golden(table: Table) -> Golden:
    return Golden(texts=("x", "y"), ids=((1,), (2,)), answers={"int8": make_answers(table)})


def test_answers_hold_the_best_label_its_score_and_its_lead() -> None:
    first, second = make_answers(TABLE)
    assert (first.label, first.score) == ("a", 0.9)
    assert first.margin == pytest.approx(0.8)
    assert (second.label, second.score) == ("b", 0.52)


def test_equal_answers_have_no_mismatch() -> None:
    assert golden(TABLE).find_mismatch(TABLE, precision="int8", tolerance=0.02) == ""


def test_another_label_is_a_mismatch_that_names_both() -> None:
    other = Table(TABLE.names, TABLE.values[:, ::-1])
    found = golden(TABLE).find_mismatch(other, precision="int8", tolerance=0.02)
    assert found == "text 0 gets 'b' ('a' 0.100) in int8, when saved 'a' 0.900"


def test_a_score_beyond_the_tolerance_is_a_mismatch() -> None:
    other = Table(TABLE.names, TABLE.values - [[0.03, 0.0], [0.0, 0.0]])
    assert golden(TABLE).find_mismatch(other, precision="int8", tolerance=0.02).startswith("text 0 gets 'a' 0.870")
    assert golden(TABLE).find_mismatch(other, precision="int8", tolerance=0.04) == ""


def test_a_label_whose_lead_was_within_the_tolerance_may_differ() -> None:
    close = Table(TABLE.names, np.array([[0.9, 0.1], [0.49, 0.51]]))
    other = Table(TABLE.names, np.array([[0.9, 0.1], [0.505, 0.495]]))
    assert golden(close).find_mismatch(other, precision="int8", tolerance=0.02) == ""


def test_what_has_no_labels_is_compared_by_the_nearest_other_text() -> None:
    table = compare_neighbours(np.array([[2, 0], [1, 0.1], [0, 1]], dtype=np.float32))
    assert [answer.label for answer in make_answers(table)] == ["1", "0", "1"]


def change(path: Path, precision: str, **changes: object) -> None:
    """Another first golden answer, as if the machine that saved it had computed otherwise."""
    values = json.loads((path / "golden.json").read_text(encoding="utf-8"))
    values["answers"][precision][0] |= changes
    (path / "golden.json").write_text(json.dumps(values), encoding="utf-8")
    (path / "SHA256SUMS").unlink()
    write_sums(path)


def test_int8_that_answers_otherwise_than_when_saved_gives_way_to_fp32(
    tiny_parts: Any, tiny: Any, tmp_path: Path
) -> None:
    path = save_artifact(tiny_parts, tmp_path / "desk", golden_texts=tiny.texts)
    change(path, "int8", label="thanks", score=0.99, margin=0.9)
    artifact = Artifact.load(path, threads=1)
    assert artifact.graph.engine.precision == "fp32"
    assert artifact.degraded.startswith("text 0 gets 'card'")
    assert artifact.degraded.endswith("; fp32 is served")
    assert [answer.label for answer in artifact.predict(tiny.texts)] == [tiny.labels[at] for at in tiny.truth]
    assert len(artifact.pool) == 1


def test_an_artifact_that_answers_otherwise_in_fp32_too_is_refused(tiny_parts: Any, tiny: Any, tmp_path: Path) -> None:
    path = save_artifact(tiny_parts, tmp_path / "desk", golden_texts=tiny.texts)
    for precision in ("int8", "fp32"):
        change(path, precision, label="thanks", score=0.99, margin=0.9)
    with pytest.raises(ArtifactError, match="does not answer as when it was saved: text 0 gets 'card'"):
        Artifact.load(path, threads=1)


def test_a_tokenizer_that_cuts_otherwise_is_refused(tiny_parts: Any, tiny: Any, tmp_path: Path) -> None:
    path = save_artifact(tiny_parts, tmp_path / "desk", golden_texts=tiny.texts)
    values = json.loads((path / "golden.json").read_text(encoding="utf-8"))
    values["ids"][3] = values["ids"][3][:-1]
    (path / "golden.json").write_text(json.dumps(values), encoding="utf-8")
    (path / "SHA256SUMS").unlink()
    write_sums(path)
    with pytest.raises(ArtifactError, match=r"the tokenizer cuts .* otherwise"):
        Artifact.load(path, threads=1)


def test_the_tolerance_of_the_card_counts(tiny_parts: Any, tiny: Any, tmp_path: Path) -> None:
    wide = replace(tiny_parts, card=tiny_parts.card.model_copy(update={"golden_tolerance": 0.5}))
    path = save_artifact(wide, tmp_path / "desk", golden_texts=tiny.texts)
    values = json.loads((path / "golden.json").read_text(encoding="utf-8"))
    change(path, "int8", score=GoldenAnswer(**values["answers"]["int8"][0]).score - 0.3)
    assert Artifact.load(path, threads=1).degraded == ""
