"""Who may do what, and that nobody else may."""

from __future__ import annotations

import json
from datetime import timedelta

import httpx
import pytest

from trivet_service.keys import KeyFile


@pytest.fixture
def keys(settings):
    return KeyFile(settings.home / "keys.json")


@pytest.fixture
def closed(serve, keys):
    """A server that asks for keys."""
    return serve(keys=keys)


def get(client: httpx.Client, presented: str) -> httpx.Response:
    return client.post("/v1/notes", json={"text": "a"}, headers={"X-API-Key": presented})


def test_without_a_key_nothing_under_v1_opens(closed):
    answer = closed.post("/v1/notes", content=b"not even read")
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthorised"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert closed.get("/v1/nothing").status_code == 401


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz", "/metrics", "/openapi.json", "/docs"])
def test_health_metrics_and_documentation_ask_for_none(closed, path):
    assert closed.get(path).status_code == 200


def test_a_key_opens_by_either_header(closed, keys):
    _, presented = keys.create(name="me", scopes=["read"], tenant="acme")
    assert get(closed, presented).json()["tenant"] == "acme"
    answer = closed.post("/v1/notes", json={"text": "a"}, headers={"Authorization": f"Bearer {presented}"})
    assert answer.json()["tenant"] == "acme"


def test_a_key_without_the_scope_is_forbidden(closed, keys):
    _, reader = keys.create(name="reader", scopes=["read"])
    answer = closed.post("/v1/writes", headers={"X-API-Key": reader})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_an_admin_may_do_everything(closed, keys):
    _, admin = keys.create(name="admin", scopes=["admin"])
    assert closed.post("/v1/writes", headers={"X-API-Key": admin}).status_code == 200


def test_a_changed_letter_opens_nothing(closed, keys):
    _, presented = keys.create(name="me", scopes=["read"])
    other = "0" if presented[-1] != "0" else "1"
    assert get(closed, presented[:-1] + other).status_code == 401
    assert get(closed, presented).status_code == 200
    assert get(closed, presented[:-1] + other).status_code == 401


@pytest.mark.parametrize("presented", ["", "trivet", "trivet_x_y", "a_b_c_d", "trivet__", "ö" * 40])
def test_nonsense_opens_nothing(closed, presented):
    headers = {"X-API-Key": presented.encode()}
    assert closed.post("/v1/notes", json={"text": "a"}, headers=headers).status_code == 401


def test_a_revoked_key_is_closed_in_the_running_server(closed, keys):
    key, presented = keys.create(name="me", scopes=["read"])
    assert get(closed, presented).status_code == 200
    keys.revoke(key.id)
    assert get(closed, presented).status_code == 401


def test_a_rotated_key_goes_on_only_as_long_as_asked(closed, keys):
    key, old = keys.create(name="me", scopes=["read"], tenant="acme")
    second, new = keys.rotate(key.id, overlap=timedelta(hours=1))
    assert get(closed, old).status_code == get(closed, new).status_code == 200
    _, newest = keys.rotate(second.id)
    assert get(closed, new).status_code == 401
    assert get(closed, newest).json()["tenant"] == "acme"


def test_when_a_key_was_last_used_is_written_when_the_server_ends(make_context, notes_service, keys):
    from trivet_service.app import create_app
    from trivet_service.testing import running

    key, presented = keys.create(name="me", scopes=["read"])
    with running(create_app([notes_service], make_context(keys=keys))) as base:
        assert httpx.post(f"{base}/v1/notes", json={"text": "a"}, headers={"X-API-Key": presented}).status_code == 200
    assert keys.read()[key.id].last_used


def test_the_log_names_tenant_and_key_but_never_the_secret(closed, keys, log_lines):
    key, presented = keys.create(name="me", scopes=["read"], tenant="acme")
    get(closed, presented)
    lines = log_lines(wait_for=1)
    line = next(line for line in lines if line["event"] == "request")
    assert (line["tenant"], line["key"]) == ("acme", key.id)
    assert presented.split("_")[2] not in json.dumps(lines)
