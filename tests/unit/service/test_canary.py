"""Which requests a canary takes, and what the registry's document says of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from trivet.errors import RegistryError
from trivet_service.canary import Canary, read_canary

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
KEYS = [f"key{at}" for at in range(4000)]


def canary(share: float, version: int = 2) -> Canary:
    return Canary(version=version, share=share, moves=1, since=SINCE)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9])
def test_it_takes_its_share_of_the_keys(share):
    taken = sum(canary(share).takes(key) for key in KEYS) / len(KEYS)
    assert taken == pytest.approx(share, abs=4 * (share * (1 - share) / len(KEYS)) ** 0.5)


def test_none_and_all_are_exact():
    assert not any(canary(0.0).takes(key) for key in KEYS)
    assert all(canary(1.0).takes(key) for key in KEYS)


def test_a_larger_share_keeps_the_keys_of_a_smaller_one():
    assert all(canary(0.3).takes(key) for key in KEYS if canary(0.1).takes(key))


def test_another_version_takes_other_keys():
    both = sum(canary(0.5, 2).takes(key) and canary(0.5, 3).takes(key) for key in KEYS)
    assert both / len(KEYS) == pytest.approx(0.25, abs=0.04)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 2, "share": 2}', b'{"version": 0}'])
def test_a_damaged_document_is_named(content):
    with pytest.raises(RegistryError, match=r"canary\.json"):
        read_canary(content, where="support/canary.json")


def test_a_document_is_read_as_it_was_written():
    assert read_canary(canary(0.25).model_dump_json().encode(), where="") == canary(0.25)
