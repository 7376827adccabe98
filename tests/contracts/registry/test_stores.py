"""The contract of every place that a registry may lie in: a folder, any fsspec address, a packed one to read from."""

from __future__ import annotations

import shutil
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from trivet.artifact.artifact import Artifact
from trivet.artifact.sums import check_artifact
from trivet.errors import RegistryError
from trivet.registry.registry import Registry
from trivet.registry.store import Store
from trivet.registry.verdict import Verdict

WAIVED = Verdict(passed_over="a test")


class Flaky(MemoryFileSystem):
    """A remote place whose connection breaks after so many files."""

    protocol = "flaky"
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]
    files_left = 10**6

    def put_file(self, *args: Any, **kwargs: Any) -> None:
        if not Flaky.files_left:
            raise ConnectionResetError("connection reset by peer")
        Flaky.files_left -= 1
        super().put_file(*args, **kwargs)


@pytest.fixture(scope="module", autouse=True)
def _flaky() -> None:
    fsspec.register_implementation("flaky", Flaky, clobber=True)


@pytest.fixture(name="address", params=["folder", "file", "memory", "flaky"])
def _address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    Flaky.files_left = 10**6
    match request.param:
        case "folder":
            yield str(tmp_path / "registry")
        case "file":
            yield f"file://{tmp_path}/registry"
        case protocol:
            yield f"{protocol}://{uuid.uuid4().hex}/registry"


def test_a_file_is_there_whole_and_replaced_at_once(address: str) -> None:
    store = Store(address)
    assert not store.is_file("desk/aliases.json")
    store.write("desk/aliases.json", b"old")
    store.write("desk/aliases.json", b"new")
    assert store.read("desk/aliases.json") == b"new"
    assert store.folders() == ["desk"]
    assert store.folders("unheard/of") == []
    with pytest.raises(FileNotFoundError):
        store.read("desk/nothing")


def test_a_folder_comes_back_as_it_went(address: str, tmp_path: Path, tiny_artifact: Path) -> None:
    store = Store(address)
    store.upload(tiny_artifact, "desk/1", last="SHA256SUMS")
    store.download("desk/1", tmp_path / "back")
    check_artifact(tmp_path / "back")


def test_the_whole_life_of_a_version(address: str, tmp_path: Path, tiny_artifact: Path, tiny: Any) -> None:
    writer = Registry(address, tmp_path / "cache")
    writer.add(tiny_artifact, "desk")
    writer.make_live("desk", 1, WAIVED)
    reader = Registry(address, tmp_path / "another-cache")
    assert (reader.names(), reader.versions("desk"), reader.aliases("desk")) == (["desk"], [1], {"live": 1})
    artifact = Artifact.load(reader.fetch("desk"), threads=1)
    assert artifact.predict(tiny.texts[:1])[0].label == "card"
    assert artifact.identity == reader.identity("desk", 1) == Artifact.load(tiny_artifact, threads=1).identity
    assert reader.card("desk@live") == artifact.card


@pytest.mark.parametrize("after", [0, 1, 5])
def test_a_version_whose_upload_was_cut_off_is_never_seen(after: int, tmp_path: Path, tiny_artifact: Path) -> None:
    address = f"flaky://{uuid.uuid4().hex}"
    registry, reader = Registry(address, tmp_path / "cache"), Registry(address, tmp_path / "another-cache")
    Flaky.files_left = after
    with pytest.raises(RegistryError, match=r"cannot write there \(connection reset by peer\).*try again"):
        registry.add(tiny_artifact, "desk")
    assert (reader.names(), reader.versions("desk"), reader.aliases("desk")) == ([], [], {})
    Flaky.files_left = 10**6
    version = registry.add(tiny_artifact, "desk")
    assert (reader.versions("desk"), reader.aliases("desk")) == ([version], {"candidate": version})
    check_artifact(reader.fetch(f"desk/{version}"))


def test_a_packed_registry_is_read_and_takes_no_writing(tmp_path: Path, tiny_artifact: Path) -> None:
    loose = Registry(str(tmp_path / "registry"), tmp_path / "cache")
    loose.add(tiny_artifact, "desk")
    loose.make_live("desk", 1, WAIVED)
    shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path / "registry")
    packed = Registry(f"zip://::file://{tmp_path}/packed.zip", tmp_path / "cache")
    assert (packed.names(), packed.aliases("desk")) == (["desk"], {"live": 1})
    check_artifact(packed.fetch("desk@live"))
    before = zipfile.ZipFile(tmp_path / "packed.zip").namelist()
    with pytest.raises(RegistryError, match="cannot write there"):
        packed.add(tiny_artifact, "shop")
    assert zipfile.ZipFile(tmp_path / "packed.zip").namelist() == before
