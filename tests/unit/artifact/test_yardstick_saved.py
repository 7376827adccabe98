"""An artifact keeps what its novelty is measured by."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trivet.artifact.artifact import Artifact
from trivet.artifact.save import save_artifact
from trivet.errors import ArtifactError
from trivet.recipe.trust import TrustRecipe
from trivet.runtime.offline import run_sorted
from trivet.trust.learn_novelty import Sample, learn_novelty


@pytest.fixture(params=["energy", "mahalanobis", "neighbours", "combined"])
def wary(request: pytest.FixtureRequest, tiny_parts: Any, tiny: Any, tiny_artifact: Path, tmp_path: Path) -> Path:
    """The tiny classifier with another measure of novelty."""
    artifact = Artifact.load(tiny_artifact, threads=1)
    outputs = run_sorted(artifact.graph.engine, artifact.encode(tiny.texts))
    artifact.close()
    scores = artifact.answering.score(outputs).astype(np.float64)
    learnt = Sample(scores, outputs["embedding"], np.asarray(tiny.truth))
    trust = TrustRecipe(novelty=request.param, neighbours=2)
    yardstick, _ = learn_novelty(trust, learnt, None, None, seed=0)
    facts = replace(tiny_parts.facts, novelty_threshold=1e9)
    parts = replace(tiny_parts, yardstick=yardstick, facts=facts)
    return save_artifact(parts, tmp_path / "wary", golden_texts=tiny.texts)


def test_a_loaded_artifact_measures_by_it(wary: Path, tiny: Any) -> None:
    artifact = Artifact.load(wary, threads=1)
    outputs = run_sorted(artifact.graph.engine, artifact.encode(tiny.texts))
    assert artifact.answering.yardstick is not None
    expected = artifact.answering.yardstick.measure(artifact.answering.score(outputs), outputs["embedding"])
    found = [answer.novelty for answer in artifact.answer(outputs, artifact.encode(tiny.texts))]
    np.testing.assert_array_equal(np.asarray(found, dtype=np.float32), expected)
    assert len(set(found)) > 1
    artifact.close()


def test_a_measure_that_was_damaged_is_refused(wary: Path) -> None:
    from trivet.artifact.sums import write_sums

    header = json.loads((wary / "artifact.json").read_text())
    header["yardstick"]["temperature"] = 0
    (wary / "artifact.json").write_text(json.dumps(header))
    write_sums(wary)
    with pytest.raises(ArtifactError, match=r"novelty\.temperature"):
        Artifact.load(wary, threads=1)
