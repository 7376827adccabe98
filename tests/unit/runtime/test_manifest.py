import json
from pathlib import Path

import pytest

from trivet.errors import ArtifactError
from trivet.runtime.manifest import NAME, Manifest, read_manifest, write_manifest


def put(folder: Path, **changes: object) -> Path:
    manifest = Manifest(outputs={"embedding": 4}, files={"fp32.xml": "a" * 64})
    target = folder / manifest.hash
    target.mkdir(parents=True)
    write_manifest(manifest, target)
    values = json.loads((target / NAME).read_text()) | changes
    (target / NAME).write_text(json.dumps(values))
    return target


def test_a_manifest_comes_back_as_it_was_written(tmp_path: Path) -> None:
    assert read_manifest(put(tmp_path)) == Manifest(outputs={"embedding": 4}, files={"fp32.xml": "a" * 64})


def test_the_hash_covers_the_files_but_not_what_was_measured() -> None:
    plain = Manifest(outputs={"embedding": 4}, files={"fp32.xml": "a" * 64})
    assert plain.model_copy(update={"measured": {"fp32": 1}}).hash == plain.hash
    assert plain.model_copy(update={"files": {"fp32.xml": "b" * 64}}).hash != plain.hash
    assert plain.model_copy(update={"outputs": {"embedding": 5}}).hash != plain.hash


@pytest.mark.parametrize("changes", [{"format": 2}, {"files": {"fp32.xml": "b" * 64}}, {"extra": 1}])
def test_another_graph_or_format_is_refused_by_file(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(ArtifactError, match=r"graph\.json"):
        read_manifest(put(tmp_path, **changes))


def test_a_folder_without_a_manifest_is_no_graph(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="no graph here"):
        read_manifest(tmp_path)
