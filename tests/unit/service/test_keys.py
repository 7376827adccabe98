"""The key file: it never holds a key, and no two writers spoil it."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta

import pytest

from trivet_service.keys import AccessError, KeyFile


@pytest.fixture
def keys(tmp_path):
    return KeyFile(tmp_path / "home" / "keys.json")


def test_the_file_holds_no_key_and_only_its_owner_reads_it(keys):
    key, presented = keys.create(name="me", scopes=["write", "read"])
    assert presented.startswith(f"trivet_{key.id}_")
    assert presented.split("_")[2] not in keys.path.read_text()
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600
    assert keys.read()[key.id].scopes == ("read", "write")


def test_equal_keys_would_have_different_hashes(keys):
    (first, _), (second, _) = (keys.create(name="me", scopes=["read"]) for _ in range(2))
    assert first.salt != second.salt
    assert first.hash != second.hash


def test_a_key_matches_itself_alone(keys):
    key, presented = keys.create(name="me", scopes=["read"])
    assert key.matches(presented)
    assert not key.matches(presented.upper())


def test_an_expired_key_is_not_valid(keys):
    now = datetime.now(UTC)
    key, _ = keys.create(name="me", scopes=["read"], expires=now + timedelta(minutes=1))
    assert key.is_valid(now)
    assert not key.is_valid(now + timedelta(minutes=2))


@pytest.mark.parametrize("scopes", [["everything"], []])
def test_an_unknown_scope_is_refused(keys, scopes):
    with pytest.raises(AccessError, match="read, write, train, admin"):
        keys.create(name="me", scopes=scopes)
    assert not keys.path.exists()


def test_an_unknown_or_ended_key_is_refused(keys):
    with pytest.raises(AccessError, match="no key 'x'"):
        keys.revoke("x")
    key, _ = keys.create(name="me", scopes=["read"])
    keys.revoke(key.id)
    with pytest.raises(AccessError, match="no longer valid"):
        keys.rotate(key.id)


@pytest.mark.parametrize("content", ["{", "[]", '{"keys": [{"id": "a"}]}'])
def test_a_damaged_file_is_named(keys, content):
    keys.path.parent.mkdir(parents=True)
    keys.path.write_text(content)
    with pytest.raises(AccessError, match=r"keys\.json"):
        keys.read()


def test_writers_at_the_same_time_lose_nothing(keys, in_thread):
    def create() -> None:
        for _ in range(5):
            keys.create(name="me", scopes=["read"])

    for thread in [in_thread(create) for _ in range(6)]:
        thread.join()
    assert len(keys.read()) == 30
    assert [path.name for path in keys.path.parent.iterdir() if path.name.endswith(".draft")] == []


def test_uses_of_keys_that_are_gone_are_passed_over(keys):
    key, _ = keys.create(name="me", scopes=["read"])
    when = datetime(2026, 1, 2, tzinfo=UTC)
    keys.note_use({key.id: when, "gone": when})
    assert json.loads(keys.path.read_text())["keys"][0]["last_used"] == "2026-01-02T00:00:00+00:00"
