"""What is backed up is there again, in either database, or nothing is."""

from __future__ import annotations

import json
import threading
import zipfile

import pytest
from sqlalchemy import func, inspect, select

from trivet_service.storage.backup import restore_backup, write_backup
from trivet_service.storage.database import Database
from trivet_service.storage.engine import open_engine
from trivet_service.storage.errors import StoreError

MADE = "2026-11-24T00:00:00+00:00"
ROWS = [
    {"note": "plain", "text": 'naïve 日本 \U0001f600\n"quoted"', "more": None, "blob": None, "weight": 0.1 + 0.2},
    {"note": "rich", "text": "", "more": {"a": [1, None, "x"]}, "blob": b"\x00\xff", "weight": -1e300},
]


@pytest.fixture
def filled(database, the):
    database.of("a").write(lambda rows: rows.insert(the["notes"], ROWS))
    for at in range(3):
        database.of("b").write(lambda rows, at=at: rows.insert(the["marks"], [{"note": str(at)}]))
    return database


@pytest.fixture
def empty(postgres, tmp_path):
    """An empty database of the other kind, by the name of the first."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def make(kind: str):
            url = (
                f"sqlite:///{tmp_path / 'other.db'}"
                if kind == "postgresql"
                else stack.enter_context(postgres.database())
            )
            engine = open_engine(url)
            stack.callback(engine.dispose)
            return engine

        yield make


def test_a_backup_of_one_database_fills_the_other(filled, the, empty, notes_domain, tmp_path):
    manifest = write_backup(filled.engine, [notes_domain()], tmp_path / "b.zip", made_at=MADE)
    assert {name: table.rows for name, table in manifest.tables.items()} == {
        "notes_notes": 2, "notes_marks": 3, "notes_shared": 0,
    }  # fmt: skip
    other = empty(filled.engine.dialect.name)
    restore_backup(other, [notes_domain()], tmp_path / "b.zip")
    database = Database(other.url.render_as_string(hide_password=False))
    database.open([notes_domain()])
    found = database.of("a").read(lambda rows: rows.fetch(rows.select(the["notes"]).order_by(the["notes"].c.note)))
    assert [dict(row._mapping) for row in found] == [{"tenant": "a", **row} for row in ROWS]
    new = database.of("b").write(lambda rows: rows.insert_one(the["marks"], {"note": "new"}, returning="sequence"))
    assert new == 4, "numbers go on where they ended"
    database.close()


def test_a_backup_of_an_older_revision_is_brought_up_to_date(database_url, empty, the, notes_domain, tmp_path):
    engine = open_engine(database_url)
    from trivet_service.storage.migrate import upgrade

    upgrade(engine, [notes_domain(1)])
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO notes_notes VALUES ('a', '1', 'old')")
    write_backup(engine, [notes_domain(1)], tmp_path / "b.zip", made_at=MADE)
    other = empty(engine.dialect.name)
    restore_backup(other, [notes_domain(2)], tmp_path / "b.zip")
    with other.connect() as connection:
        assert connection.exec_driver_sql("SELECT text, weight FROM notes_notes").all() == [("old", 0.0)]
    engine.dispose()


def test_a_backup_holds_one_moment_while_others_write(filled, the, notes_domain, tmp_path):
    stop = threading.Event()

    def write() -> None:
        at = 0
        while not stop.is_set():
            # Two rows at once: a backup with one of them would be of no moment.
            pair = [{"note": f"{at}-{half}", "text": ""} for half in "ab"]
            filled.of("pairs").write(lambda rows, pair=pair: rows.insert(the["notes"], pair))
            at += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for at in range(3):
            write_backup(filled.engine, [notes_domain()], tmp_path / f"{at}.zip", made_at=MADE)
    finally:
        stop.set()
        thread.join()
    for at in range(3):
        with zipfile.ZipFile(tmp_path / f"{at}.zip") as archive:
            rows = [json.loads(line) for line in archive.read("notes_notes.jsonl").splitlines()]
        assert sum(row[0] == "pairs" for row in rows) % 2 == 0


def test_a_database_that_holds_rows_is_not_restored_into(filled, notes_domain, tmp_path):
    write_backup(filled.engine, [notes_domain()], tmp_path / "b.zip", made_at=MADE)
    with pytest.raises(StoreError, match="holds rows already"):
        restore_backup(filled.engine, [notes_domain()], tmp_path / "b.zip")


def test_a_file_that_is_there_is_not_written_over(filled, notes_domain, tmp_path):
    (tmp_path / "b.zip").write_text("mine")
    with pytest.raises(StoreError, match="there is such a file"):
        write_backup(filled.engine, [notes_domain()], tmp_path / "b.zip", made_at=MADE)
    assert (tmp_path / "b.zip").read_text() == "mine"


def test_a_damaged_backup_restores_nothing(filled, the, empty, notes_domain, tmp_path):
    write_backup(filled.engine, [notes_domain()], tmp_path / "b.zip", made_at=MADE)
    with zipfile.ZipFile(tmp_path / "b.zip") as whole, zipfile.ZipFile(tmp_path / "bad.zip", "w") as damaged:
        for name in whole.namelist():
            content = whole.read(name)
            damaged.writestr(name, content.replace(b"rich", b"poor") if name.endswith("notes.jsonl") else content)
    other = empty(filled.engine.dialect.name)
    with pytest.raises(StoreError, match="notes_notes is damaged"):
        restore_backup(other, [notes_domain()], tmp_path / "bad.zip")
    assert inspect(other).get_table_names() == []


@pytest.mark.parametrize("content", [b"no zip at all", None])
def test_what_is_no_backup_is_named(filled, notes_domain, tmp_path, content):
    path = tmp_path / "b.zip"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StoreError, match=r"b\.zip.*no backup"):
        restore_backup(filled.engine, [notes_domain()], path)


def test_a_backup_of_which_a_byte_has_changed_is_refused_in_one_line_or_whole(filled, the, notes_domain, tmp_path):
    write_backup(filled.engine, [notes_domain()], tmp_path / "b.zip", made_at=MADE)
    whole = (tmp_path / "b.zip").read_bytes()
    refused = 0
    for place in range(0, len(whole), max(1, len(whole) // 40)):
        damaged = bytearray(whole)
        damaged[place] ^= 0x5A
        (tmp_path / "bad.zip").write_bytes(damaged)
        engine = open_engine(f"sqlite:///{tmp_path / str(place) / 'store.db'}")
        try:
            restore_backup(engine, [notes_domain()], tmp_path / "bad.zip")
            with engine.connect() as connection:
                assert connection.execute(select(func.count()).select_from(the["notes"])).scalar() == len(ROWS)
        except StoreError:
            refused += 1
        finally:
            engine.dispose()
    assert refused > 20
