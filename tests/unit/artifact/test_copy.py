from pathlib import Path
from typing import Any

import pytest

from trivet.artifact.artifact import Artifact
from trivet.artifact.copy import copy_for_serving
from trivet.errors import ArtifactError


def test_a_copy_for_serving_answers_alike_without_the_weights(tiny_artifact: Path, tiny: Any, tmp_path: Path) -> None:
    size = copy_for_serving(tiny_artifact, tmp_path / "out")
    assert not (tmp_path / "out" / "weights").exists()
    assert size == sum(path.stat().st_size for path in (tmp_path / "out").rglob("*") if path.is_file())
    here, there = (Artifact.load(path, threads=1).predict(tiny.texts) for path in (tiny_artifact, tmp_path / "out"))
    assert here == there


def test_a_copy_shares_no_file_with_the_original(tiny_artifact: Path, tiny: Any, tmp_path: Path) -> None:
    copy_for_serving(tiny_artifact, tmp_path / "out")
    file = f"graph/{tiny.graph.name}/fp32.bin"
    assert not (tmp_path / "out" / file).samefile(tiny_artifact / file)


def test_a_copy_over_something_is_refused(tiny_artifact: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(ArtifactError, match="something is there already"):
        copy_for_serving(tiny_artifact, tmp_path)
