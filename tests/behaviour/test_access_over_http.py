"""Keys, tenants and the audit log over HTTP, against `trivet serve` on either database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import pytest

from trivet_service.storage.kit import kit_tables
from trivet_service.testing import KeyRing

PROGRAM = (sys.executable, "-c", "from trivet.cli.main import run; run()")


@pytest.fixture
def run(environment):
    """A command that ends by itself."""

    def start(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*PROGRAM, *words], env=environment, capture_output=True, text=True, timeout=60)

    return start


@pytest.fixture
def keys(database_url):
    return KeyRing(database_url)


@pytest.fixture
def server(served, legs, environment):
    """A client of a server process over support, with a key for every request."""

    @contextmanager
    def start(**changed: str):
        with served("support", "--model", f"support={legs['support']}", environment=environment | changed) as one:
            yield lambda key: httpx.Client(base_url=one.address, headers={"X-API-Key": key}, timeout=30)

    return start


def within_two_seconds(holds) -> bool:
    end = time.monotonic() + 2
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def parse(client: httpx.Client) -> int:
    return client.post("/v1/parse", json={"text": "my card"}).status_code


def test_an_administrator_makes_turns_and_ends_keys(server, run):
    made = json.loads(run("keys", "create", "--name", "boss", "--scope", "admin", "--json").stdout)
    with server() as client_with:
        boss = client_with(made["key"])
        answer = boss.post("/v1/keys", json={"name": "shop", "scopes": ["read"]})
        assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
        shop = answer.json()
        assert (shop["tenant"], shop["scopes"], shop["state"], shop["replaced_by"]) == (
            "default",
            ["read"],
            "valid",
            None,
        )
        assert parse(client_with(shop["key"])) == 200
        turned = boss.post(f"/v1/keys/{shop['id']}:rotate", json={"hours": 1}).json()
        assert parse(client_with(shop["key"])) == parse(client_with(turned["key"])) == 200
        revoked = boss.post(f"/v1/keys/{turned['id']}:revoke").json()
        assert revoked["state"] == "revoked"
        assert parse(client_with(turned["key"])) == 401, "at once in the process that did it"
        listed = boss.get("/v1/keys").json()["items"]
        assert [one["id"] for one in listed] == [turned["id"], shop["id"], made["id"]]
        assert all("key" not in one and "hash" not in one and "salt" not in one for one in listed)
        entries = boss.get("/v1/audit").json()["items"]
        assert [(one["action"], one["object"], one["actor"]) for one in entries[:3]] == [
            ("key.revoked", turned["id"], made["id"]),
            ("key.rotated", shop["id"], made["id"]),
            ("key.created", shop["id"], made["id"]),
        ]
        assert entries[2]["request_id"] == answer.headers["x-request-id"]
        assert entries[-1]["actor"].startswith("cli:")
        assert [one["action"] for one in boss.get("/v1/audit", params={"action": "key.rotated"}).json()["items"]] == [
            "key.rotated"
        ]
        secrets = [one["key"].split("_")[2] for one in (made, shop, turned)]
        assert not any(secret in boss.get("/v1/audit").text for secret in secrets)
    heads = json.loads(run("audit", "verify", "--json").stdout)
    assert heads["default"].startswith("5:")
    assert run("audit", "verify", "--tenant", "default", "--head", heads["default"]).returncode == 0
    wrong = run("audit", "verify", "--tenant", "default", "--head", "5:00")
    assert (wrong.returncode, "does not hold" in wrong.stderr) == (2, True)
    assert "key.rotated" in run("audit", "list").stdout


def test_a_repeated_request_for_a_key_makes_no_second_and_its_text_is_kept_nowhere(server, keys):
    (_, admin), (_, other) = keys.create(scopes=["admin"]), keys.create(scopes=["admin"])
    asked = {"url": "/v1/keys", "json": {"name": "shop", "scopes": ["read"]}, "headers": {"Idempotency-Key": "once"}}
    with server() as client_with:
        made = client_with(admin).post(**asked)
        again = client_with(admin).post(**asked)
        assert (made.status_code, again.status_code, again.json()["code"]) == (201, 409, "answer_not_kept")
        assert client_with(other).post(**asked).json()["code"] == "idempotency_key_reused"
        assert len(client_with(admin).get("/v1/keys").json()["items"]) == 3
    secret = made.json()["key"].split("_")[2]

    def everything(database):
        with database.everyone().reading() as rows:
            return repr([rows.fetch(rows.select(table)) for table in kit_tables.sorted_tables])

    kept = keys.run(everything)
    assert "answer_not_kept" in kept
    assert secret not in kept


def test_pages_of_keys_and_entries_are_the_whole_list(server, keys):
    _, admin = keys.create(scopes=["admin"])
    for number in range(4):
        keys.create(name=str(number))
    with server() as client_with:
        for path, count in (("/v1/keys", 5), ("/v1/audit", 6)):
            found, cursor = [], None
            while cursor is not None or not found:
                asked = {"limit": 2} | ({"cursor": cursor} if cursor else {})
                page = client_with(admin).get(path, params=asked).json()
                found, cursor = found + page["items"], page["next_cursor"]
            assert len({json.dumps(one) for one in found}) == len(found) == count


def test_an_operator_makes_and_closes_tenants_and_administers_each(server, run):
    operator = json.loads(run("keys", "create", "--name", "op", "--tenant", "*", "--scope", "admin", "--json").stdout)
    with server() as client_with:
        op = client_with(operator["key"])
        made = op.post("/v1/tenants", json={"tenant": "acme", "name": "Acme"})
        assert (made.status_code, made.json()["state"]) == (201, "open")
        assert op.post("/v1/tenants", json={"tenant": "acme"}).status_code == 409
        key = op.post("/v1/t/acme/keys", json={"name": "shop", "scopes": ["read", "admin"]}).json()
        assert key["tenant"] == "acme"
        acme = client_with(key["key"])
        assert parse(acme) == 200
        assert [one["tenant"] for one in acme.get("/v1/tenants").json()["items"]] == ["acme"]
        assert op.delete("/v1/tenants/acme").json()["state"] == "closed"
        assert parse(acme) == 401
        assert op.post("/v1/t/acme/keys", json={"name": "x", "scopes": ["read"]}).status_code == 409
        assert op.post("/v1/tenants/acme:reopen").json()["state"] == "open"
        assert parse(acme) == 200
        assert [one["action"] for one in acme.get("/v1/audit").json()["items"]] == [
            "tenant.reopened", "tenant.closed", "key.created", "tenant.created",
        ]  # fmt: skip
        assert op.delete("/v1/tenants/nobody").status_code == 404
    assert [one["tenant"] for one in json.loads(run("tenants", "list", "--json").stdout)] == ["acme"]


def test_an_address_that_an_operator_is_given_names_the_tenant(server, keys):
    keys.create(tenant="acme")
    _, operator = keys.create(tenant="*", scopes=["admin"])
    with server() as client_with:
        op = client_with(operator)
        put = op.put(
            "/v1/t/acme/datasets/faq",
            content="text,label\nmy card,card\nmy money,money\n",
            headers={"Content-Type": "text/csv"},
            params={"service": "support"},
        )
        assert put.status_code == 200, put.text
        job = op.post("/v1/t/acme/jobs", json={"kind": "train", "dataset": "faq"})
        assert job.status_code == 202, job.text
        assert job.headers["location"].startswith("/v1/t/acme/jobs/")
        assert op.get(job.headers["location"]).json()["url"] == job.headers["location"]
        listed = op.get("/v1/t/acme/jobs").json()["items"]
        assert [one["url"] for one in listed] == [job.headers["location"]]


def test_who_is_no_operator_changes_no_tenant_and_no_key_of_another(server, keys):
    other, _ = keys.create(tenant="other")
    _, admin = keys.create(tenant="acme", scopes=["admin"])
    with server() as client_with:
        acme = client_with(admin)
        assert acme.post("/v1/tenants", json={"tenant": "more"}).status_code == 403
        assert acme.delete("/v1/tenants/other").status_code == 403
        assert acme.delete("/v1/tenants/acme").status_code == 403
        assert acme.post(f"/v1/keys/{other.id}:revoke").status_code == 404
        assert acme.post(f"/v1/keys/{other.id}:rotate", json={}).status_code == 404
        assert acme.post(f"/v1/t/other/keys/{other.id}:revoke").status_code == 403
        assert acme.post("/v1/t/other/keys", json={"name": "mine", "scopes": ["read"]}).status_code == 403
    assert [key.revoked_at for key in keys.run(lambda database: _all(database, "other"))] == [None]


def _all(database, tenant):
    from trivet_service.key_store import Keys

    return Keys(database).all(tenant)


@pytest.mark.parametrize(
    ("path", "body", "status", "pointer"),
    [
        ("/v1/keys", {"name": "x", "scopes": ["everything"]}, 422, "/scopes/0"),
        ("/v1/keys", {"name": "x", "scopes": []}, 422, "/scopes"),
        ("/v1/keys", {"name": "", "scopes": ["read"]}, 422, "/name"),
        ("/v1/keys", {"name": "x", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"}, 409, None),
        ("/v1/keys", {"name": "x", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00"}, 422, "/expires_at"),
        ("/v1/t/default/keys", {"name": "a\x00b", "scopes": ["read"]}, 422, ""),
        ("/v1/keys/%00:revoke", None, 422, ""),
        ("/v1/keys/gone:rotate", {"hours": -1}, 422, "/hours"),
        ("/v1/keys/gone:rotate", {}, 404, None),
        ("/v1/tenants", {"tenant": "../x"}, 422, "/tenant"),
        ("/v1/tenants", {"tenant": "big.bank"}, 422, "/tenant"),
        ("/v1/t/%00/keys", {"name": "x", "scopes": ["read"]}, 404, None),
    ],
)
def test_a_malformed_request_is_pointed_at(bad_requests, path, body, status, pointer):
    answer = bad_requests.post(path, json=body) if body is not None else bad_requests.post(path)
    assert answer.status_code == status, answer.text
    if pointer is not None:
        assert answer.json()["errors"][0]["pointer"] == pointer


@pytest.fixture(scope="module")
def bad_requests(served, legs, postgres, tmp_path_factory):
    """One server over PostgreSQL, which minds more, with a key of an operator."""
    folder = tmp_path_factory.mktemp("bad")
    with postgres.database() as url:
        _, operator = KeyRing(url).create(tenant="*", scopes=["admin"])
        KeyRing(url).create()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")} | {
            "TRIVET_HOME": str(folder / "home"),
            "TRIVET_CACHE": str(folder / "cache"),
            "TRIVET_DATABASE_URL": url,
        }
        with (
            served("support", "--model", f"support={legs['support']}", environment=environment) as one,
            httpx.Client(base_url=one.address, headers={"X-API-Key": operator}, timeout=30) as client,
        ):
            yield client


def test_two_servers_of_one_database_end_a_key_together(server, keys):
    _, admin = keys.create(scopes=["admin"])
    key, presented = keys.create()
    with server() as first, server() as second:
        assert parse(first(presented)) == parse(second(presented)) == 200
        first(admin).post(f"/v1/keys/{key.id}:revoke")
        assert parse(first(presented)) == 401
        assert within_two_seconds(lambda: parse(second(presented)) == 401)


def test_the_keys_of_a_file_open_the_server_that_takes_them_over(server, environment, run, tmp_path):
    import base64
    import hashlib

    presented = "trivet_0123456789_" + "ab" * 32
    digest = hashlib.scrypt(presented.encode(), salt=bytes(16), n=2**12, r=8, p=1, dklen=32)
    entry = {
        "id": "0123456789", "name": "old", "tenant": "default", "scopes": ["read"],
        "created": "2026-01-01T00:00:00+00:00",
        "salt": base64.b64encode(bytes(16)).decode(), "hash": base64.b64encode(digest).decode(),
        "expires": "", "revoked": "", "last_used": "",
    }  # fmt: skip
    home = tmp_path / "home"
    home.mkdir()
    (home / "keys.json").write_text(json.dumps({"format": 1, "keys": [entry]}))
    with server() as client_with:
        assert parse(client_with(presented)) == 200
    assert [path.name for path in home.glob("keys*")] == ["keys.json.imported"]
    [listed] = json.loads(run("keys", "list", "--json").stdout)
    assert (listed["id"], listed["state"], bool(listed["last_used_at"])) == ("0123456789", "valid", True)
