"""What the first release wrote is read, and written again in the newest format; what a later one writes is refused."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from trivet.artifact.artifact import Artifact
from trivet.artifact.copy import copy_for_serving, copy_upgraded, format_of
from trivet.artifact.layout import FORMAT
from trivet.artifact.sums import write_sums
from trivet.artifact.upgrade import read_card
from trivet.errors import ArtifactError
from trivet.registry.lineage import trace_lineage
from trivet.registry.registry import Registry
from trivet.registry.upgrade import upgrade_version

ARCHIVE = Path(__file__).parent / "fixtures" / "format-1.zip"


@pytest.fixture(name="old")
def _old(tmp_path: Path) -> Path:
    """An artifact of format 1, as version 0.1.0 at commit 0b7fe51 wrote it (fixtures/write_format_1.py)."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(tmp_path / "old")
    return tmp_path / "old"


def test_an_artifact_of_format_1_answers(old: Path) -> None:
    artifact = Artifact.load(old, threads=1)
    assert artifact.header.format == 1
    assert artifact.predict(["my card is lost", "thank you that was great"])[0].label == "card"
    assert not artifact.degraded


def test_a_card_of_format_1_says_what_is_for_research_only(old: Path) -> None:
    card = read_card(old)
    assert card.restrictions == ("toy: CC BY-NC 4.0",)
    assert (card.licence_commercial, card.parent, card.commit) == (False, "", "")


def test_an_upgraded_copy_answers_the_same_and_names_its_parent(old: Path, tmp_path: Path) -> None:
    copy_upgraded(old, tmp_path / "new", reference="desk/1")
    before, after = (Artifact.load(path, threads=1) for path in (old, tmp_path / "new"))
    assert (format_of(old), format_of(tmp_path / "new")) == (1, FORMAT)
    assert (after.card.parent, after.card.parent_reference, after.card.descent) == (
        before.identity,
        "desk/1",
        "upgrade",
    )
    texts = ["where is my new card", "send money to my friend"]
    assert before.predict(texts) == after.predict(texts)


def test_an_export_has_the_newest_format(old: Path, tmp_path: Path) -> None:
    copy_for_serving(old, tmp_path / "served")
    assert format_of(tmp_path / "served") == FORMAT
    assert Artifact.load(tmp_path / "served", threads=1).card.restrictions == ("toy: CC BY-NC 4.0",)


def test_a_registered_version_is_upgraded_to_a_new_one_and_the_chain_is_kept(old: Path, tmp_path: Path) -> None:
    registry = Registry(str(tmp_path / "registry"), tmp_path / "cache")
    registry.add(old, "desk")
    assert upgrade_version(registry, "desk", 1) == 2
    assert upgrade_version(registry, "desk", 2) == 2
    assert [link.reference for link in trace_lineage(registry, "desk/2")] == ["desk/2", "desk/1"]
    assert registry.card("desk/1").restrictions == ("toy: CC BY-NC 4.0",)


@pytest.mark.parametrize("version", [FORMAT + 1, 0, "2", None, True, 1.5])
def test_a_format_that_is_not_known_is_refused(old: Path, version: object) -> None:
    header = json.loads((old / "artifact.json").read_text())
    (old / "artifact.json").write_text(json.dumps({**header, "format": version}))
    (old / "SHA256SUMS").unlink()
    write_sums(old)
    for read in (Artifact.load, read_card, format_of):
        with pytest.raises(ArtifactError, match=rf"reads formats 1 to {FORMAT}\. Update Trivet"):
            read(old)  # type: ignore[operator]


def test_a_card_that_is_damaged_says_where(old: Path) -> None:
    (old / "card.json").write_text("{nonsense")
    with pytest.raises(ArtifactError, match=r"card\.json: cannot read it"):
        read_card(old)
    (old / "card.json").write_text("[]")
    with pytest.raises(ArtifactError, match=r"card\.json: it is not as expected"):
        read_card(old)
    (old / "card.json").unlink()
    with pytest.raises(ArtifactError, match="the folder is no artifact"):
        read_card(old)
