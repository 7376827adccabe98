import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trivet.artifact.artifact import Artifact
from trivet.artifact.save import save_artifact
from trivet.errors import ArtifactError, InputError
from trivet.heads.prototypes import Prototypes


def test_an_artifact_has_the_files_of_the_layout(tiny_artifact: Path, tiny: Any) -> None:
    found = {path.relative_to(tiny_artifact).as_posix() for path in tiny_artifact.rglob("*") if path.is_file()}
    graph = {f"graph/{tiny.graph.name}/{path.name}" for path in tiny.graph.iterdir()}
    documents = {"artifact.json", "recipe.json", "facts.json", "card.json", "tokenizer.json", "golden.json"}
    assert found == graph | documents | {
        "heads.safetensors",
        "weights/model.safetensors",
        "weights/config.json",
        "SHA256SUMS",
    }


def test_the_first_page_says_what_is_inside(tiny_artifact: Path, tiny: Any, tiny_parts: Any) -> None:
    header = json.loads((tiny_artifact / "artifact.json").read_text(encoding="utf-8"))
    assert header["format"] == 2
    assert header["task"] == "classification"
    assert header["graph"] == tiny.graph.name
    assert header["encoder"] == "tiny"
    assert header["head"] == tiny_parts.head.describe()
    assert header["prototypes"] is True


def test_the_sums_are_those_that_sha256sum_checks(tiny_artifact: Path) -> None:
    command = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    done = subprocess.run(command, cwd=tiny_artifact, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_recipe_is_written_with_all_its_defaults(tiny_artifact: Path) -> None:
    recipe = json.loads((tiny_artifact / "recipe.json").read_text(encoding="utf-8"))
    assert recipe["method"]["expansion"] == 4000
    assert recipe["export"]["max_int8_loss"] == 0.01


def test_heads_over_one_encoder_take_the_space_of_its_graph_once(tiny_parts: Any, tiny: Any, tmp_path: Path) -> None:
    path = save_artifact(tiny_parts, tmp_path / "desk", golden_texts=tiny.texts)
    assert (path / "graph" / tiny.graph.name / "fp32.bin").samefile(tiny.graph / "fp32.bin")


def test_what_is_there_is_not_overwritten(tiny_parts: Any, tiny: Any, tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ArtifactError, match="something is there already"):
        save_artifact(tiny_parts, tmp_path / "desk", golden_texts=tiny.texts)
    assert [path.name for path in tmp_path.rglob("*")] == ["desk", "notes.txt"]


def test_a_save_that_fails_half_way_leaves_nothing(tiny_parts: Any, tiny: Any, tmp_path: Path) -> None:
    class Unsaved:
        """A head whose tensors cannot be had, late in the save."""

        def __getattr__(self, name: str) -> Any:
            return getattr(tiny_parts.head, name)

        def tensors(self) -> Any:
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        save_artifact(replace(tiny_parts, head=Unsaved()), tmp_path / "desk", golden_texts=tiny.texts)
    assert not list(tmp_path.iterdir())


def test_parts_that_do_not_go_together_are_refused(tiny_parts: Any, tiny: Any, tmp_path: Path) -> None:
    prototypes = Prototypes(("a", "b", "c"), np.eye(3, tiny.source.dim, dtype=np.float32))
    wrong = {
        "neither a head": replace(tiny_parts, head=None),
        "other labels": replace(tiny_parts, facts=replace(tiny_parts.facts, labels=("a", "b", "c"))),
        "prototypes have other": replace(tiny_parts, prototypes=prototypes),
        "no prototypes to measure": replace(tiny_parts, prototypes=None),
    }
    for what, parts in wrong.items():
        with pytest.raises(ArtifactError, match=what):
            save_artifact(parts, tmp_path / "desk", golden_texts=tiny.texts)
    assert not list(tmp_path.iterdir())


def test_golden_texts_are_wanted(tiny_parts: Any, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="no golden text"):
        save_artifact(tiny_parts, tmp_path / "desk", golden_texts=[])
    with pytest.raises(InputError, match="/golden/1"):
        save_artifact(tiny_parts, tmp_path / "desk", golden_texts=["my card", ""])


def test_one_golden_text_is_enough(tiny_parts: Any, tmp_path: Path) -> None:
    path = save_artifact(tiny_parts, tmp_path / "desk", golden_texts=["my card"])
    assert Artifact.load(path, threads=1).degraded == ""


def test_a_prefix_of_the_encoder_is_kept(tiny_parts: Any, tiny: Any, tmp_path: Path) -> None:
    encoder = tiny_parts.card.encoder.model_copy(update={"prefix": "send money "})
    card = tiny_parts.card.model_copy(update={"encoder": encoder})
    artifact = Artifact.load(save_artifact(replace(tiny_parts, card=card), tmp_path / "p", golden_texts=tiny.texts))
    assert artifact.encode(["my card"])[0].tokens == 6
