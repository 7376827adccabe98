"""A server stands open only where nobody else can reach it."""

from __future__ import annotations

import json

import pytest

from trivet_service.doors import check_address
from trivet_service.keys import AccessError
from trivet_service.server import AddressError, open_listener


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_on_loopback_it_may_stand_open(host):
    check_address(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.org", "127.0.0.1.example.org"])
def test_elsewhere_it_may_not(host):
    with pytest.raises(AccessError, match=r"127\.0\.0\.1"):
        check_address(host)


def test_without_keys_it_does_not_start(serve):
    with pytest.raises(AccessError, match="trivet keys create"):
        serve(keys=True)


def test_with_only_revoked_keys_it_does_not_start(serve, keys):
    key, _ = keys.create()
    keys.revoke(key)
    with pytest.raises(AccessError, match="no API key"):
        serve(keys=True)


def test_with_a_key_of_a_file_that_cannot_be_read_it_does_not_start(serve, settings):
    settings.home.mkdir(parents=True)
    (settings.home / "keys.json").write_text(json.dumps({"keys": [{"id": "a"}]}))
    with pytest.raises(AccessError, match=r"keys\.json"):
        serve(keys=True)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Forwarded-Host"])
def test_a_header_that_claims_loopback_is_no_key(serve, keys, header):
    keys.create()
    client = serve(keys=True, forwarded_allow_ips="*")
    answer = client.post("/v1/notes", json={"text": "a"}, headers={header: "127.0.0.1"})
    assert answer.status_code == 401


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP"])
@pytest.mark.parametrize("trusted", ["127.0.0.1", "192.0.2.1", "*"])
def test_a_server_without_keys_answers_nobody_for_whom_a_proxy_of_this_machine_asks(serve, header, trusted):
    client = serve(forwarded_allow_ips=trusted)
    for address in ("203.0.113.7", "127.0.0.1, 203.0.113.7", "203.0.113.7, 127.0.0.1", "unknown"):
        answer = client.post("/v1/notes", json={"text": "a"}, headers={header: address})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), address
    assert client.post("/v1/notes", json={"text": "a"}, headers={header: "127.0.0.7"}).status_code == 200
    assert client.get("/readyz", headers={header: "203.0.113.7"}).status_code == 200


def test_a_port_that_is_taken_is_named():
    with open_listener("127.0.0.1", 0) as listener:
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(AddressError, match=f"127.0.0.1:{port}"):
            open_listener("127.0.0.1", port)
