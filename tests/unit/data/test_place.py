"""A file of a card comes from the first place that has it, and is compared with the card's hash there."""

import gzip
import hashlib
import io
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from trivet.data.cards import CardFile, DataCard
from trivet.data.place import Place, ensure_place, fetch_files, find_place
from trivet.errors import DataError
from trivet.settings import Settings

CONTENT = b"text,label\none,a\ntwo,b\n"


def make_card(*, origin: str = "http://127.0.0.1:9", sha256: str | None = None, **knobs: Any) -> DataCard:
    return DataCard.model_validate(
        {
            "name": "toy",
            "title": "a toy",
            "mirror": "support/toy",
            "origin": origin,
            "licence": {"name": "CC0", "commercial": True},
            "citation": "nobody",
            "files": {"train.csv": {"sha256": sha256 or hashlib.sha256(CONTENT).hexdigest()}},
            "tables": {"train": {"file": "train.csv"}},
            **knobs,
        }
    )


def make_settings(tmp_path: Path, *, mirror: bool = True, offline: bool = False) -> Settings:
    return Settings(data=tmp_path / "mirror" if mirror else None, cache=tmp_path / "cache", offline=offline)


def put(path: Path, content: bytes = CONTENT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_the_mirror_comes_before_the_cache_and_the_plain_name_before_the_packed(tmp_path: Path) -> None:
    card, settings = make_card(), make_settings(tmp_path)
    assert find_place(card, "train.csv", settings) is None
    cached = put(tmp_path / "cache/data/support/toy/train.csv")
    assert find_place(card, "train.csv", settings) == Place(cached, "cache")
    packed = put(tmp_path / "mirror/support/toy/train.csv.gz", gzip.compress(CONTENT))
    assert find_place(card, "train.csv", settings) == Place(packed, "mirror")
    plain = put(tmp_path / "mirror/support/toy/train.csv")
    assert find_place(card, "train.csv", settings) == Place(plain, "mirror")


def test_packed_bytes_are_compared_unpacked(tmp_path: Path) -> None:
    card = make_card()
    place = Place(put(tmp_path / "train.csv.gz", gzip.compress(CONTENT)), "mirror")
    assert place.read(card.files["train.csv"]) == CONTENT


@pytest.mark.parametrize("packed", [False, True])
def test_one_flipped_byte_is_found_in_mirror_and_cache(packed: bool, tmp_path: Path) -> None:
    card, settings = make_card(), make_settings(tmp_path, offline=True)
    flipped = CONTENT.replace(b"one", b"onf")
    name = "train.csv.gz" if packed else "train.csv"
    put(tmp_path / "mirror/support/toy" / name, gzip.compress(flipped) if packed else flipped)
    place = ensure_place(card, "train.csv", settings)
    with pytest.raises(DataError, match="is damaged") as caught:
        place.read(card.files["train.csv"])
    assert caught.value.where.endswith(name)
    assert "TRIVET_DATA" in caught.value.todo


def test_a_missing_file_is_fetched_into_the_cache_in_the_layout_of_a_mirror(origin: Any, tmp_path: Path) -> None:
    origin.files["/data/train.csv"] = CONTENT
    card = make_card(origin=f"{origin.address}/data")
    settings = make_settings(tmp_path)
    assert ensure_place(card, "train.csv", settings).source == "origin"
    assert ensure_place(card, "train.csv", settings).source == "cache"
    assert origin.asked == ["/data/train.csv"], "the second time nothing is asked for"
    again = Settings(data=tmp_path / "cache" / "data", cache=tmp_path / "other")
    assert ensure_place(card, "train.csv", again).source == "mirror"


def test_a_damaged_copy_in_the_cache_is_fetched_again(origin: Any, tmp_path: Path) -> None:
    origin.files["/train.csv"] = CONTENT
    card, settings = make_card(origin=origin.address), make_settings(tmp_path)
    damaged = put(tmp_path / "cache/data/support/toy/train.csv", b"text,label\nspoilt,a\n")
    assert fetch_files(card, settings)["train.csv"] == Place(damaged, "origin")
    assert damaged.read_bytes() == CONTENT


def test_a_damaged_mirror_is_never_papered_over(origin: Any, tmp_path: Path) -> None:
    origin.files["/train.csv"] = CONTENT
    card, settings = make_card(origin=origin.address), make_settings(tmp_path)
    put(tmp_path / "mirror/support/toy/train.csv", b"text,label\nspoilt,a\n")
    with pytest.raises(DataError, match="is damaged"):
        fetch_files(card, settings)
    assert origin.asked == []


def test_offline_nothing_is_fetched_and_the_address_is_named(origin: Any, tmp_path: Path) -> None:
    origin.files["/train.csv"] = CONTENT
    card = make_card(origin=origin.address)
    with pytest.raises(DataError, match="TRIVET_OFFLINE forbids") as caught:
        ensure_place(card, "train.csv", make_settings(tmp_path, offline=True))
    assert f"{origin.address}/train.csv" in caught.value.todo
    assert origin.asked == []


def test_a_mirror_only_set_asks_for_a_mirror(tmp_path: Path) -> None:
    card = make_card(origin="", mirror_only=True)
    with pytest.raises(DataError, match="its origin cannot be fetched"):
        ensure_place(card, "train.csv", make_settings(tmp_path, mirror=False))


def test_an_archive_is_read_in_place_member_by_member(tmp_path: Path) -> None:
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("set/train.csv", CONTENT)
    tarred = io.BytesIO()
    with tarfile.open(fileobj=tarred, mode="w:gz") as archive:
        entry = tarfile.TarInfo("set/train.csv")
        entry.size = len(CONTENT)
        archive.addfile(entry, io.BytesIO(CONTENT))
    for name, content in (("set.zip", zipped.getvalue()), ("set.tgz", tarred.getvalue())):
        place = Place(put(tmp_path / name, content), "mirror")
        entry_of = CardFile(members={"set/train.csv": hashlib.sha256(CONTENT).hexdigest()})
        assert place.read_member(entry_of, "set/train.csv") == CONTENT
        with pytest.raises(DataError, match=r"has no member 'set/test\.csv'"):
            place.read_member(entry_of, "set/test.csv")
        with pytest.raises(DataError, match="is not the one of the card"):
            place.read_member(CardFile(members={"set/train.csv": "0" * 64}), "set/train.csv")
    assert left_in(tmp_path) == ["set.tgz", "set.zip"], "nothing is unpacked to disk"


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
