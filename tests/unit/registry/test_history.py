from datetime import UTC, datetime

import pytest

from trivet.errors import RegistryError
from trivet.registry.history import History, read_history

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def test_a_history_is_never_changed_but_returned_anew() -> None:
    first = History()
    second = first.with_version(1, time=NOW).with_alias("live", 1, time=NOW, reason="")
    assert first == History()
    assert second.aliases == {"live": 1}
    assert first.with_version(1, time=NOW).aliases == {"candidate": 1}


def test_an_alias_that_is_there_already_changes_nothing() -> None:
    history = History().with_alias("live", 1, time=NOW, reason="")
    assert history.with_alias("live", 1, time=NOW, reason="again") is history


def test_other_aliases_are_no_part_of_a_rollback() -> None:
    history = History()
    for alias, version in (("live", 1), ("candidate", 2), ("live", 3), ("shadow", 4)):
        history = history.with_alias(alias, version, time=NOW, reason="")  # type: ignore[arg-type]
    assert history.rolled_back(time=NOW).aliases == {"live": 1, "candidate": 2, "shadow": 4}


def test_a_document_of_an_older_trivet_is_read() -> None:
    old = b'{"aliases":{"live":1},"lived":[1],"log":[{"time":"2026-11-01T00:00:00Z","change":"added","version":1}]}'
    assert read_history(old, where="here").log[0].gates == ()


def test_nothing_is_rolled_back_before_the_second_live_version() -> None:
    with pytest.raises(RegistryError, match="no version was live before"):
        History().with_alias("live", 1, time=NOW, reason="").rolled_back(time=NOW)


def test_a_history_comes_back_from_its_document() -> None:
    history = History().with_version(1, time=NOW).with_alias("live", 1, time=NOW, reason="gates")
    assert read_history(history.model_dump_json().encode(), where="here") == history


@pytest.mark.parametrize("content", [b"", b"[]", b'{"aliases": {"live": "x"}}', b'{"unheard": 1}'])
def test_a_damaged_document_is_refused(content: bytes) -> None:
    with pytest.raises(RegistryError, match="here: the document of aliases is damaged"):
        read_history(content, where="here")
