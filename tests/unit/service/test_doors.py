"""A server stands open only where nobody else can reach it."""

from __future__ import annotations

import pytest

from trivet_service.doors import choose_keys
from trivet_service.keys import AccessError, KeyFile
from trivet_service.server import AddressError, open_listener


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_on_loopback_it_may_stand_open(settings, host):
    assert choose_keys(settings.model_copy(update={"host": host}), insecure=True) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.org"])
def test_elsewhere_it_may_not(settings, host):
    with pytest.raises(AccessError, match=r"127\.0\.0\.1"):
        choose_keys(settings.model_copy(update={"host": host}), insecure=True)


def test_without_keys_it_does_not_start(settings):
    with pytest.raises(AccessError, match="trivet keys create"):
        choose_keys(settings, insecure=False)


def test_with_only_revoked_keys_it_does_not_start(settings):
    keys = KeyFile(settings.home / "keys.json")
    key, _ = keys.create(name="me", scopes=["read"])
    keys.revoke(key.id)
    with pytest.raises(AccessError, match="no API key"):
        choose_keys(settings, insecure=False)


def test_with_a_key_it_starts_anywhere(settings):
    KeyFile(settings.home / "keys.json").create(name="me", scopes=["read"])
    assert choose_keys(settings.model_copy(update={"host": "0.0.0.0"}), insecure=False) is not None


def test_a_port_that_is_taken_is_named():
    with open_listener("127.0.0.1", 0) as listener:
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(AddressError, match=f"127.0.0.1:{port}"):
            open_listener("127.0.0.1", port)
