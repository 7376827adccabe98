"""A database that is opened, lost and closed."""

from __future__ import annotations

import threading

import pytest

from trivet_service.storage.database import Database
from trivet_service.storage.engine import open_engine, show_address
from trivet_service.storage.errors import StoreError, StoreUnavailableError


def test_sqlite_waits_for_the_disk(tmp_path, notes_domain):
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    database.open([notes_domain()])
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    database.close()


def test_a_file_that_is_no_database_is_named(tmp_path, notes_domain):
    (tmp_path / "store.db").write_text("this is no database, only text that is long enough to be looked at")
    with pytest.raises(StoreError, match=r"store\.db"):
        Database(f"sqlite:///{tmp_path / 'store.db'}").open([notes_domain()])


def test_a_server_that_is_not_there_is_named_without_its_password(notes_domain):
    url = "postgresql://me:secret@127.0.0.1:9/trivet"
    with pytest.raises(StoreError, match=r"127\.0\.0\.1:9/trivet") as caught:
        Database(url).open([notes_domain()])
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["mysql://me@host/db", "nonsense", "postgresql+nothing://x"])
def test_another_kind_of_database_is_refused(url):
    with pytest.raises(StoreError, match="TRIVET_DATABASE_URL"):
        open_engine(url)


def test_an_address_is_shown_without_its_password():
    assert show_address("postgres://me:secret@host/db") == "postgresql+psycopg://me:***@host/db"


def test_after_it_is_closed_nothing_is_taken(database, the):
    store = database.of("a")
    assert database.is_well()
    database.close()
    with pytest.raises(StoreUnavailableError):
        store.write(lambda rows: rows.delete(the["notes"]))
    with pytest.raises(StoreUnavailableError):
        store.read(lambda rows: rows.count(the["notes"]))
    assert not database.is_well()


def test_a_write_says_that_it_is_lost_when_the_table_is(database, the):
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE notes_shared")
    with pytest.raises(Exception, match="notes_shared"):
        database.everyone().write(lambda rows: rows.delete(the["shared"]))
    assert database.is_well(), "the writer goes on"


def test_two_processes_whose_groups_wait_for_each_other_both_write(postgres, notes_domain, the):
    met = threading.Barrier(2)

    def write(database: Database, locks: str) -> list:
        """Two notes in one transaction: the first takes a lock, the second the one that the other process holds."""
        is_grouped = threading.Event()

        def note(rows, lock: str) -> str:
            rows.lock(lock)
            if lock == locks[0]:
                met.wait(10)
            rows.insert(the["notes"], [{"note": f"{locks} {lock}", "text": "a"}])
            return lock

        store = database.of("a")
        store.write_later(lambda _: is_grouped.wait(10))
        written = [store.write_later(lambda rows, lock=lock: note(rows, lock)) for lock in locks]
        is_grouped.set()
        return written

    with postgres.database() as url:
        one, two = Database(url), Database(url)
        for database in (one, two):
            database.open([notes_domain()])
        try:
            written = [write(one, "xy"), write(two, "yx")]
            assert [[note.result(30) for note in of] for of in written] == [["x", "y"], ["y", "x"]]
            assert one.of("a").read(lambda rows: rows.count(the["notes"])) == 4
        finally:
            one.close()
            two.close()
