"""Every way in which an artifact can be damaged on its way is found when it is loaded, and named."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from trivet.artifact.artifact import Artifact
from trivet.artifact.sums import check_artifact, write_sums
from trivet.errors import ArtifactError
from trivet.runtime.graphs import GraphPool

FILES = (
    "SHA256SUMS",
    "artifact.json",
    "card.json",
    "facts.json",
    "golden.json",
    "graph/*/fp32.bin",
    "graph/*/fp32.xml",
    "graph/*/graph.json",
    "graph/*/int8.bin",
    "graph/*/int8.xml",
    "graph/*/model.onnx",
    "heads.safetensors",
    "recipe.json",
    "tokenizer.json",
    "weights/config.json",
    "weights/model.safetensors",
)


@pytest.fixture
def artifact(tiny_artifact: Path, tmp_path: Path) -> Path:
    """A copy to damage; true copies, so that nobody else's graph is."""
    return Path(shutil.copytree(tiny_artifact, tmp_path / "desk"))


def find(artifact: Path, pattern: str) -> Path:
    (found,) = artifact.glob(pattern)
    return found


def flip(path: Path, place: float) -> None:
    content = bytearray(path.read_bytes())
    content[int(place * (len(content) - 1))] ^= 0x04
    path.write_bytes(content)


def test_the_list_names_every_file_of_an_artifact(artifact: Path) -> None:
    there = {path for path in artifact.rglob("*") if path.is_file()}
    assert there == {find(artifact, name) for name in FILES}


@pytest.mark.parametrize("place", [0.0, 0.5, 1.0], ids=["first", "middle", "last"])
@pytest.mark.parametrize("name", FILES)
def test_one_flipped_byte_is_found_and_its_file_named(artifact: Path, name: str, place: float) -> None:
    path = find(artifact, name)
    flip(path, place)
    for check in (check_artifact, Artifact.load):
        with pytest.raises(ArtifactError, match="damaged") as caught:
            check(artifact)
        assert caught.value.where == str(path)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(artifact: Path, name: str) -> None:
    path = find(artifact, name)
    path.unlink()
    with pytest.raises(ArtifactError) as caught:
        Artifact.load(artifact)
    if name == "SHA256SUMS":
        assert "half written" in caught.value.what
    else:
        assert caught.value.where == str(path)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_was_cut_off_is_named(artifact: Path, name: str) -> None:
    path = find(artifact, name)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ArtifactError) as caught:
        Artifact.load(artifact)
    assert caught.value.where == str(path)


@pytest.mark.parametrize("name", ["notes.txt", ".DS_Store", "weights/optimizer.pt", "graph/other/graph.json"])
def test_a_foreign_file_is_named(artifact: Path, name: str) -> None:
    (artifact / name).parent.mkdir(exist_ok=True)
    (artifact / name).write_text("foreign", encoding="utf-8")
    with pytest.raises(ArtifactError, match="does not belong to the artifact") as caught:
        Artifact.load(artifact)
    assert caught.value.where == str(artifact / name)


def test_a_half_written_folder_is_told_from_one_that_is_no_artifact(artifact: Path, tmp_path: Path) -> None:
    (artifact / "SHA256SUMS").unlink()
    with pytest.raises(ArtifactError, match="half written: it has no SHA256SUMS"):
        Artifact.load(artifact)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ArtifactError, match="the folder is no artifact"):
        Artifact.load(tmp_path / "empty")
    with pytest.raises(ArtifactError, match="there is no artifact"):
        Artifact.load(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(ArtifactError, match="a folder, not a file"):
        Artifact.load(tmp_path / "file")


def rewrite(artifact: Path, name: str, change: Callable[[dict[str, object]], None]) -> None:
    """Another content with the right sum, as another version of Trivet would write it."""
    values = json.loads((artifact / name).read_text(encoding="utf-8"))
    change(values)
    (artifact / name).write_text(json.dumps(values), encoding="utf-8")
    (artifact / "SHA256SUMS").unlink()
    write_sums(artifact)


@pytest.mark.parametrize("version", [0, 3, "1", None])
def test_another_format_is_told_from_damage(artifact: Path, version: object) -> None:
    rewrite(artifact, "artifact.json", lambda values: values.update(format=version))
    with pytest.raises(ArtifactError, match=rf"artifact\.json: the artifact has format {version!r}, this Trivet reads"):
        Artifact.load(artifact)


@pytest.mark.parametrize("name", ["artifact.json", "recipe.json", "card.json", "golden.json", "facts.json"])
def test_a_value_that_this_version_does_not_know_is_named(artifact: Path, name: str) -> None:
    rewrite(artifact, name, lambda values: values.update(unheard_of=1))
    with pytest.raises(ArtifactError, match="unheard_of"):
        Artifact.load(artifact)


def test_a_graph_under_another_name_is_refused(artifact: Path) -> None:
    graph = find(artifact, "graph/*")
    graph.rename(graph.with_name("0" * 64))
    rewrite(artifact, "artifact.json", lambda values: values.update(graph="0" * 64))
    with pytest.raises(ArtifactError, match="not the one that its folder is named after"):
        Artifact.load(artifact)


def test_a_path_that_leads_out_of_the_artifact_is_refused(artifact: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    digest = hashlib.sha256(b"secret").hexdigest()
    sums = artifact / "SHA256SUMS"
    body = "".join(line for line in sums.read_text().splitlines(keepends=True) if not line.startswith("#"))
    body += f"{digest}  ../secret\n"
    sums.write_text(f"{body}# {hashlib.sha256(body.encode()).hexdigest()}\n", encoding="utf-8")
    with pytest.raises(ArtifactError, match="the list of files is damaged"):
        Artifact.load(artifact)


def test_a_failed_load_leaves_no_graph_in_the_pool(artifact: Path) -> None:
    pool = GraphPool()
    flip(find(artifact, "weights/model.safetensors"), 0.5)
    with pytest.raises(ArtifactError):
        Artifact.load(artifact, pool=pool)
    assert len(pool) == 0
