"""A download is whole and verified, or not there at all; against a real server on the loopback."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from trivet.data.origin import NotThereError, download
from trivet.errors import DataError

CONTENT = b"text,label\none,a\n" * 1000
HASH = hashlib.sha256(CONTENT).hexdigest()


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_file_arrives_with_its_hash_and_nothing_beside_it(origin: Any, tmp_path: Path) -> None:
    origin.files["/set/train.csv"] = CONTENT
    into = tmp_path / "cache" / "set" / "train.csv"
    assert download(f"{origin.address}/set/train.csv", into, sha256=HASH, size=len(CONTENT)) == HASH
    assert into.read_bytes() == CONTENT
    assert left_in(tmp_path) == ["train.csv"]


def test_a_corrupted_download_is_refused_and_leaves_nothing(origin: Any, tmp_path: Path) -> None:
    origin.files["/train.csv"] = CONTENT[:-1] + b"X"
    with pytest.raises(DataError, match="the download is damaged") as caught:
        download(f"{origin.address}/train.csv", tmp_path / "train.csv", sha256=HASH)
    assert "Nothing was kept" in caught.value.todo
    assert left_in(tmp_path) == []


def test_a_body_that_breaks_off_leaves_nothing(origin: Any, tmp_path: Path) -> None:
    origin.files["/train.csv"] = CONTENT
    origin.broken.add("/train.csv")
    with pytest.raises(DataError, match="the download failed"):
        download(f"{origin.address}/train.csv", tmp_path / "train.csv", sha256=HASH)
    assert left_in(tmp_path) == []


def test_a_file_the_origin_lacks_is_said_with_its_address(origin: Any, tmp_path: Path) -> None:
    with pytest.raises(NotThereError, match="the origin answers 404") as caught:
        download(f"{origin.address}/gone.csv", tmp_path / "gone.csv", sha256=HASH)
    assert caught.value.where == f"{origin.address}/gone.csv"
    assert left_in(tmp_path) == []


def test_an_endless_body_is_stopped_at_the_size_of_the_card(origin: Any, tmp_path: Path) -> None:
    origin.files["/train.csv"] = CONTENT
    with pytest.raises(DataError, match="more than the 100 bytes"):
        download(f"{origin.address}/train.csv", tmp_path / "train.csv", size=100)
    assert left_in(tmp_path) == []


def test_an_origin_that_does_not_answer_is_said_so(origin: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the download failed"):
        download("http://127.0.0.1:9/train.csv", tmp_path / "train.csv")
    assert left_in(tmp_path) == []


def test_a_failed_download_does_not_touch_what_was_there(origin: Any, tmp_path: Path) -> None:
    into = tmp_path / "train.csv"
    into.write_bytes(b"old")
    origin.files["/train.csv"] = b"damaged"
    with pytest.raises(DataError):
        download(f"{origin.address}/train.csv", into, sha256=HASH)
    assert into.read_bytes() == b"old"
    assert left_in(tmp_path) == ["train.csv"]


def test_a_folder_that_cannot_be_made_is_named(origin: Any, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    with pytest.raises(DataError, match="TRIVET_CACHE"):
        download(f"{origin.address}/train.csv", tmp_path / "cache" / "train.csv")
