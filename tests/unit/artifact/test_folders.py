import os
from pathlib import Path

import pytest

from trivet.artifact import folders
from trivet.artifact.folders import link_or_copy, new_folder
from trivet.errors import ArtifactError


def test_a_folder_appears_when_it_is_whole(tmp_path: Path) -> None:
    with new_folder(tmp_path / "deep" / "made") as partial:
        (partial / "file").write_text("content", encoding="utf-8")
        assert not (tmp_path / "deep" / "made").exists()
    assert (tmp_path / "deep" / "made" / "file").read_text(encoding="utf-8") == "content"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["made"]


def test_where_an_error_leaves_nothing_stays(tmp_path: Path) -> None:
    def interrupt() -> None:
        with new_folder(tmp_path / "made") as partial:
            (partial / "file").write_text("content", encoding="utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert not list(tmp_path.iterdir())


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    with new_folder(tmp_path / "made") as partial:
        (partial / "file").touch()
    assert (tmp_path / "made" / "file").exists()


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_exists_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "made"
    if kind == "file":
        path.touch()
    else:
        (path / "below").mkdir(parents=True)
    with pytest.raises(ArtifactError, match="made: something is there already"), new_folder(path):
        raise AssertionError("nothing is to be made")


def test_of_two_who_make_the_same_folder_one_is_refused(tmp_path: Path) -> None:
    def race() -> None:
        with new_folder(tmp_path / "made"), new_folder(tmp_path / "made") as faster:
            (faster / "first").touch()

    with pytest.raises(ArtifactError, match="something is there already"):
        race()
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["first"]
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_where_the_disk_knows_no_links_the_bytes_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("not permitted")

    (tmp_path / "source").write_bytes(b"bytes")
    monkeypatch.setattr(folders.os, "link", refuse)
    link_or_copy(tmp_path / "source", tmp_path / "below" / "target")
    assert (tmp_path / "below" / "target").read_bytes() == b"bytes"
    assert not os.path.samefile(tmp_path / "source", tmp_path / "below" / "target")
