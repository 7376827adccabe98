"""The audit log only grows, and says so if somebody has been at it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from trivet_service.audit import Actor, AuditError, audit, read_entry, record, record_now, select_entries, verify
from trivet_service.storage.database import Database
from trivet_service.storage.engine import read_address
from trivet_service.storage.kit import kit_domain
from trivet_service.tenants import tenants

ME = Actor("key1", "request1")


def run(database: Database, statement: str) -> None:
    """Somebody at the console of the database."""
    engine = create_engine(read_address(database.url))
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def test_entries_are_numbered_a_tenant_and_say_who_did_what(database):
    record_now(database, "acme", ME, "model.promoted", "support/4", {"before": 3, "share": 0.1, "reason": "ü"})
    record_now(database, "acme", ME, "model.rolled_back", "support/3")
    record_now(database, "other", ME, "model.promoted", "support/9")

    def read(rows):
        return [read_entry(row) for row in rows.fetch(select_entries(rows).order_by(audit.c.sequence))]

    first, second = database.of("acme").read(read)
    assert (first.sequence, second.sequence) == (1, 2)
    assert (first.actor, first.action, first.object, first.request_id) == (
        "key1", "model.promoted", "support/4", "request1",
    )  # fmt: skip
    assert first.detail == {"before": 3, "share": 0.1, "reason": "ü"}
    assert [entry.sequence for entry in database.of("other").read(read)] == [1]
    assert verify(database, "acme") == second
    assert verify(database, "nobody") is None


def test_an_entry_is_there_only_if_the_change_is(database):
    def change(rows) -> None:
        rows.insert(tenants, [{"name": "Acme", "created_at": 0.0, "changes": 0}])
        record(rows, ME, "tenant.created", "acme")

    database.of("acme").write(change)
    with pytest.raises(DBAPIError):
        database.of("acme").write(lambda rows: (record(rows, ME, "tenant.created", "acme"), change(rows)))
    assert verify(database, "acme").sequence == 1


@pytest.mark.parametrize(
    "statement", ["UPDATE kit_audit SET actor = 'somebody'", "DELETE FROM kit_audit WHERE sequence = 1"]
)
def test_the_database_itself_refuses_to_change_or_remove_an_entry(database, statement):
    record_now(database, "acme", ME, "key.revoked", "k")
    with pytest.raises(DBAPIError, match="only grows"):
        run(database, statement)
    assert verify(database, "acme").actor == "key1"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE kit_audit SET detail = '{\"before\": 4}' WHERE sequence = 2", "entry 2 .* not what was written"),
        ("UPDATE kit_audit SET actor = 'nobody' WHERE sequence = 1", "entry 1 .* not what was written"),
        ("DELETE FROM kit_audit WHERE sequence = 2", "entry 2 .* is missing"),
        ("DELETE FROM kit_audit WHERE sequence = 1", "entry 1 .* is missing"),
    ],
)
def test_whoever_switches_that_off_is_told_on_by_the_chain(database, statement, said):
    for number in range(3):
        record_now(database, "acme", ME, "model.promoted", "support", {"before": number})
    if database.url.startswith("sqlite"):
        run(database, "DROP TRIGGER kit_audit_no_update")
        run(database, "DROP TRIGGER kit_audit_no_delete")
    else:
        run(database, "DROP TRIGGER kit_audit_grows ON kit_audit")
    run(database, statement)
    with pytest.raises(AuditError, match=said):
        verify(database, "acme")


def test_servers_that_write_at_the_same_time_break_no_chain(database, database_url):
    second = Database(database_url)
    second.open([kit_domain()])

    def write(number: int) -> None:
        one = (database, second)[number % 2]
        tenant = "ab"[number // 2 % 2]
        record_now(one, tenant, ME, "model.promoted", "support", {"before": number})

    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(write, range(80)))
    finally:
        second.close()
    assert [verify(database, tenant).sequence for tenant in "ab"] == [40, 40]
