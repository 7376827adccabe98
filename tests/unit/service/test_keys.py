"""A key is kept as a salted hash; it is made, turned and ended in the database, each time with an entry in the log."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivet.registry.reference import read_reference
from trivet_service.audit import Actor, read_entry, select_entries
from trivet_service.audit import audit as audit_log
from trivet_service.jobs.admission import own_model
from trivet_service.key_file import import_key_file
from trivet_service.key_store import Keys, keys
from trivet_service.keys import AccessError, UnknownError, key_id_of
from trivet_service.service import service_names
from trivet_service.storage.database import Database
from trivet_service.storage.kit import kit_domain
from trivet_service.tenants import NAME, Tenants

ME = Actor("me")
# A key of the time when they lay in a file.
OLD = "trivet_0123456789_" + "ab" * 32


@pytest.fixture
def database(database):
    Tenants(database).create("acme", name="Acme", actor=ME)
    return database


@pytest.fixture
def store(database):
    return Keys(database)


def log_of(database: Database, tenant: str) -> list[tuple[str, str]]:
    def read(rows):
        return [read_entry(row) for row in rows.fetch(select_entries(rows).order_by(audit_log.c.sequence))]

    return [(entry.action, entry.object) for entry in database.of(tenant).read(read)]


def test_the_database_holds_no_key(database, store):
    key, presented = store.create("acme", name="me", scopes=["write", "read"], actor=ME)
    assert presented.startswith(f"trivet_{key.id}_")
    rows = database.everyone().read(lambda rows: rows.fetch(rows.select(keys)))
    assert presented.split("_")[2] not in str(rows)
    assert rows[0].scopes == ["read", "write"]
    assert store.all() == [key]


def test_equal_keys_would_have_different_hashes(store):
    (first, _), (second, _) = (store.create("acme", name="me", scopes=["read"], actor=ME) for _ in range(2))
    assert first.salt != second.salt
    assert first.hash != second.hash


def test_a_key_matches_itself_alone(store):
    key, presented = store.create("acme", name="me", scopes=["read"], actor=ME)
    assert key.matches(presented)
    assert not key.matches(presented.upper())


def test_an_expired_key_is_not_valid(store):
    now = time.time()
    key, _ = store.create("acme", name="me", scopes=["read"], actor=ME, expires_at=now + 60)
    assert key.is_valid(now)
    assert key.state(now + 120) == "expired"
    with pytest.raises(AccessError, match="expired already"):
        store.create("acme", name="me", scopes=["read"], actor=ME, expires_at=now - 60)


@pytest.mark.parametrize("scopes", [["everything"], []])
def test_an_unknown_scope_is_refused(store, scopes):
    with pytest.raises(AccessError, match="read, write, train, admin"):
        store.create("acme", name="me", scopes=scopes, actor=ME)
    assert store.all() == []


def test_a_key_of_the_operators_administers_and_nothing_less(database, store):
    Tenants(database).ensure("*", actor=ME)
    with pytest.raises(AccessError, match="admin"):
        store.create("*", name="me", scopes=["read"], actor=ME)
    assert store.create("*", name="me", scopes=["admin"], actor=ME)[0].tenant == "*"


def test_a_tenant_has_to_be_there_and_open(database, store):
    with pytest.raises(UnknownError, match="trivet tenants create other"):
        store.create("other", name="me", scopes=["read"], actor=ME)
    Tenants(database).close("acme", actor=ME)
    with pytest.raises(AccessError, match="closed"):
        store.create("acme", name="me", scopes=["read"], actor=ME)


@pytest.mark.parametrize("name", ["", "Acme", "a b", "../x", "*", "ü", "a" * 41, "a/b", "a\n", "a.b", "a_b", "-a"])
def test_a_tenant_is_called_by_a_plain_name(database, name):
    with pytest.raises(AccessError, match="no name"):
        Tenants(database).create(name, name="", actor=ME)


@given(tenant=st.from_regex(NAME, fullmatch=True))
def test_a_model_may_be_called_after_every_tenant(tenant):
    for service in service_names():
        assert read_reference(own_model(service, tenant)).name.startswith(service)


def test_an_unknown_or_ended_key_is_refused(store):
    with pytest.raises(UnknownError, match="no key 'x'"):
        store.revoke("acme", "x", actor=ME)
    key, _ = store.create("acme", name="me", scopes=["read"], actor=ME)
    with pytest.raises(UnknownError):
        store.revoke("other", key.id, actor=ME)
    store.revoke("acme", key.id, actor=ME)
    with pytest.raises(AccessError, match="no longer valid"):
        store.rotate("acme", key.id, actor=ME)


def test_a_turned_key_names_its_heir_and_a_limited_life_begins_anew(store):
    key, _ = store.create("acme", name="me", scopes=["read"], actor=ME, expires_at=time.time() + 3600)
    heir, _ = store.rotate("acme", key.id, actor=ME, overlap_s=60)
    [old, new] = store.all("acme")
    assert (old.id, old.replaced_by, new.id) == (key.id, heir.id, heir.id)
    assert old.expires_at < time.time() + 61
    assert new.expires_at - new.created_at == pytest.approx(3600, abs=1)


def test_every_change_is_in_the_log_of_its_tenant(database, store):
    key, _ = store.create("acme", name="me", scopes=["read"], actor=ME)
    heir, _ = store.rotate("acme", key.id, actor=ME)
    for _ in range(2):
        store.revoke("acme", heir.id, actor=ME)
    assert log_of(database, "acme") == [
        ("tenant.created", "acme"),
        ("key.created", key.id),
        ("key.rotated", key.id),
        ("key.revoked", heir.id),
    ]


def test_writers_at_the_same_time_lose_nothing(database, store, database_url):
    second = Database(database_url)
    second.open([kit_domain()])

    def create(number: int) -> None:
        one = (store, Keys(second))[number % 2]
        one.create("acme", name=str(number), scopes=["read"], actor=ME)

    before = store.count_changes()
    try:
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(create, range(30)))
    finally:
        second.close()
    assert sorted(int(key.name) for key in store.all()) == list(range(30))
    assert store.count_changes() == before + 30


def test_uses_are_written_and_never_turned_back(store):
    key, _ = store.create("acme", name="me", scopes=["read"], actor=ME)
    store.note_uses({key.id: 100.0, "gone": 100.0})
    store.note_uses({key.id: 50.0})
    assert store.all()[0].last_used_at == 100.0


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "keys.json"
    entry = {
        "id": "0123456789",
        "name": "me",
        "tenant": "Old Tenant",
        "scopes": ["read"],
        "salt": "AAAAAAAAAAAAAAAAAAAAAA==",
        "hash": base64.b64encode(hashlib.scrypt(OLD.encode(), salt=bytes(16), n=2**12, r=8, p=1, dklen=32)).decode(),
        "created": "2026-01-01T00:00:00+00:00",
        "expires": "",
        "revoked": "",
        "last_used": "2026-01-02T00:00:00+00:00",
    }
    gone = entry | {"id": "gone", "tenant": "acme", "revoked": "2026-01-03T00:00:00+00:00"}
    path.write_text(json.dumps({"format": 1, "keys": [entry, gone]}))
    return path


def test_the_keys_of_a_file_are_taken_over_once(database, store, key_file):
    assert import_key_file(database, key_file) == 2
    assert (key_file.exists(), key_file.with_name("keys.json.imported").exists()) == (False, True)
    by_id = {key.id: key for key in store.all()}
    old = by_id[key_id_of(OLD)]
    assert old.matches(OLD)
    assert (old.tenant, old.is_valid(time.time()), old.last_used_at) == ("Old Tenant", True, 1767312000.0)
    assert by_id["gone"].state(time.time()) == "revoked"
    assert log_of(database, "Old Tenant")[-1] == ("key.imported", old.id)
    assert import_key_file(database, key_file) == 0


def test_a_file_that_another_server_has_taken_over_meanwhile_adds_nothing(database, store, key_file):
    copy = key_file.read_text()
    import_key_file(database, key_file)
    key_file.write_text(copy)
    assert import_key_file(database, key_file) == 0
    assert len(store.all()) == 2


@pytest.mark.parametrize("content", ["{", "[]", '{"keys": [{"id": "a"}]}', '{"keys": [3]}'])
def test_a_damaged_file_is_named_and_stays(database, tmp_path, content):
    path = tmp_path / "keys.json"
    path.write_text(content)
    with pytest.raises(AccessError, match=r"keys\.json"):
        import_key_file(database, path)
    assert path.exists()
