"""Who may do what, and that nobody else may."""

from __future__ import annotations

import json
import time

import httpx
import pytest

from trivet_service.app import create_app
from trivet_service.key_store import Keys
from trivet_service.testing import running


@pytest.fixture
def closed(serve, keys):
    """A server that asks for keys."""
    keys.create(name="first")
    return serve(keys=True)


def within_two_seconds(holds) -> bool:
    end = time.monotonic() + 2
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


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
    keys.revoke(key)
    assert within_two_seconds(lambda: get(closed, presented).status_code == 401)


def test_a_rotated_key_goes_on_only_as_long_as_asked(closed, keys):
    key, old = keys.create(name="me", scopes=["read"], tenant="acme")
    second, new = keys.rotate(key, overlap_s=3600)
    assert get(closed, old).status_code == get(closed, new).status_code == 200
    _, newest = keys.rotate(second)
    assert within_two_seconds(lambda: get(closed, new).status_code == 401)
    assert get(closed, newest).json()["tenant"] == "acme"


def test_when_a_key_was_last_used_is_written_when_the_server_ends(make_context, notes_service, keys):
    _, presented = keys.create(name="me", scopes=["read"])
    with running(create_app([notes_service], make_context(keys=True))) as base:
        assert httpx.post(f"{base}/v1/notes", json={"text": "a"}, headers={"X-API-Key": presented}).status_code == 200
    [kept] = keys.run(lambda database: Keys(database).all())
    assert kept.last_used_at == pytest.approx(time.time(), abs=5)


def test_the_log_names_tenant_and_key_but_never_the_secret(closed, keys, log_lines):
    key, presented = keys.create(name="me", scopes=["read"], tenant="acme")
    get(closed, presented)
    lines = log_lines(wait_for=1)
    line = next(line for line in lines if line["event"] == "request")
    assert (line["tenant"], line["key"]) == ("acme", key.id)
    assert presented.split("_")[2] not in json.dumps(lines)


def test_the_path_may_name_the_tenant_of_the_key(closed, keys):
    _, presented = keys.create(tenant="acme")
    answer = closed.post("/v1/t/acme/notes", json={"text": "a"}, headers={"X-API-Key": presented})
    assert (answer.status_code, answer.json()["tenant"]) == (200, "acme")


@pytest.mark.parametrize("path", ["/v1/t/other/notes", "/v1/t/nobody/notes", "/v1/t//notes", "/v1/t/%61cmf/notes"])
def test_the_path_may_not_name_another(closed, keys, path):
    keys.create(tenant="other")
    _, presented = keys.create(tenant="acme", scopes=["admin"])
    answer = closed.post(path, json={"text": "a"}, headers={"X-API-Key": presented})
    assert (answer.status_code, answer.json()["instance"]) == (403, httpx.URL(path).path)


def test_an_operator_names_any_tenant_that_there_is(closed, keys):
    keys.create(tenant="acme")
    _, operator = keys.create(tenant="*", scopes=["admin"])
    headers = {"X-API-Key": operator}
    assert closed.post("/v1/t/acme/notes", json={"text": "a"}, headers=headers).json()["tenant"] == "acme"
    assert closed.post("/v1/t/nobody/notes", json={"text": "a"}, headers=headers).status_code == 404
    alone = closed.post("/v1/notes", json={"text": "a"}, headers=headers)
    assert (alone.status_code, "/v1/t/" in alone.json()["detail"]) == (403, True)


def test_a_path_that_names_two_tenants_leads_nowhere(closed, keys):
    _, presented = keys.create(tenant="acme")
    headers = {"X-API-Key": presented}
    for path in ("/v1/t/acme/t/other/notes", "/v1/t/acme", "/v1/t/acme/", "/v1/t"):
        assert closed.post(path, json={"text": "a"}, headers=headers).status_code == 404


def test_where_no_keys_are_asked_for_the_tenant_is_named_in_the_path(client, keys):
    keys.create(tenant="acme")
    assert client.post("/v1/notes", json={"text": "a"}).json()["tenant"] == "default"
    assert client.post("/v1/t/default/notes", json={"text": "a"}).json()["tenant"] == "default"
    assert client.post("/v1/t/acme/notes", json={"text": "a"}).json()["tenant"] == "acme"
    assert client.post("/v1/t/nobody/notes", json={"text": "a"}).status_code == 404
