"""What the registry says of a name is read again only where it has changed, at any address."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any, ClassVar

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from trivet.errors import RegistryError
from trivet.registry.history import History
from trivet.registry.store import Store
from trivet.registry.verdict import Verdict
from trivet_service.bulletin import Bulletin
from trivet_service.canary import Canary

NOW = datetime(2026, 11, 1, tzinfo=UTC)


class Remembering(MemoryFileSystem):
    """Says of a file what it has said before until it is told to look again, as object stores do."""

    protocol = ("remembering",)
    store: ClassVar[dict[str, Any]] = {}
    said: ClassVar[dict[str, Any]] = {}

    def info(self, path: str, **kwargs: Any) -> Any:
        if path not in self.said:
            self.said[path] = dict(super().info(path, **kwargs))
        return self.said[path]

    def invalidate_cache(self, path: str | None = None) -> None:
        self.said.clear()


@pytest.fixture(params=["disk", "memory", "remembering"])
def address(request, tmp_path):
    fsspec.register_implementation("remembering", Remembering, clobber=True)
    return str(tmp_path / "registry") if request.param == "disk" else f"{request.param}://{uuid.uuid4().hex}"


@pytest.fixture
def write(address):
    def make(history: History) -> None:
        Store(address).write("support/aliases.json", history.model_dump_json().encode())

    return make


def live(*versions: int) -> History:
    history = History()
    for version in versions:
        history = history.with_alias("live", version, time=NOW, reason="", verdict=Verdict(passed_over="a test"))
    return history


def test_where_there_is_nothing_nothing_is_wanted(address):
    notice = Bulletin(address, "support").read()
    assert (notice.wanted("live"), notice.canary) == (None, None)


def test_what_has_not_changed_is_the_very_same(address, write):
    write(live(1))
    bulletin = Bulletin(address, "support")
    first = bulletin.read()
    assert bulletin.read() is first
    write(live(1, 2))
    assert bulletin.read().wanted("live").version == 2


def test_a_damaged_document_is_named_and_the_next_good_one_is_read(address, write):
    write(live(1))
    bulletin = Bulletin(address, "support")
    bulletin.read()
    Store(address).write("support/aliases.json", b"{")
    for _ in range(2):
        with pytest.raises(RegistryError, match=r"aliases\.json"):
            bulletin.read()
    write(live(1, 2))
    assert bulletin.read().wanted("live").version == 2


def test_a_canary_lasts_until_live_moves(address, write):
    write(live(1))
    bulletin = Bulletin(address, "support")
    bulletin.write_canary(Canary(version=2, share=0.1, moves=1, since=NOW))
    wanted, canary = bulletin.read().canary_beside(1)
    assert (wanted.version, canary.share) == (2, 0.1)
    assert bulletin.read().canary_beside(2) is None
    # Promoted and rolled back: live is what it was, but it has moved.
    write(live(1, 2).rolled_back(time=NOW))
    assert bulletin.read().wanted("live").version == 1
    assert bulletin.read().canary_beside(1) is None
