"""Two processes write and number events at once while a reader follows: nothing is lost, twice or out of order."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress

import pytest

from trivet_service.storage.database import Database
from trivet_service.storage.errors import StoreUnavailableError
from trivet_service.storage.kit import kit_domain
from trivet_service.streams.log import Wanted, arrange, read_slice

# Every event in a transaction that stays open for a while after it was written: they commit in another order.
WRITER = """
import random, sys, threading, time
from contextlib import suppress
from sqlalchemy.exc import OperationalError
from trivet_service import outbox
from trivet_service.storage.database import Database
from trivet_service.storage.errors import StoreUnavailableError
from trivet_service.storage.kit import kit_domain
from trivet_service.storage.rows import Rows
from trivet_service.streams.log import arrange

url, name, count, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
database = Database(url)
database.open([kit_domain()])
engine = database.engine.execution_options(trivet_writes=True)

def write(thread):
    chance = random.Random(f"{name}{thread}")
    for number in range(count):
        with begin() as connection:
            mark = {"writer": f"{name}{thread}", "number": number}
            outbox.put(Rows(connection, "a"), "notes", "note.made", mark)
            time.sleep(chance.random() * 0.004)
            connection.commit()
        if number % 5 == 0:
            with suppress(StoreUnavailableError):
                database.everyone().write(arrange)

def begin():
    # Among so many writers SQLite may keep one waiting for too long.
    while True:
        connection = engine.connect()
        try:
            connection.begin()
            return connection
        except OperationalError:
            connection.close()

writers = [threading.Thread(target=write, args=(number,)) for number in range(threads)]
for one in writers: one.start()
for one in writers: one.join()
database.close()
"""
WRITERS = ("x", "y")
THREADS = 3


def follow_two_writers(url: str, *, count: int) -> None:
    """Check what a reader gets while both write `count` events a thread."""
    database = Database(url)
    database.open([kit_domain()])
    started = [
        subprocess.Popen([sys.executable, "-c", WRITER, url, name, str(count), str(THREADS)]) for name in WRITERS
    ]
    total = count * THREADS * len(WRITERS)
    position, got = 0, []
    end = time.monotonic() + 60 + count
    while len(got) < total and time.monotonic() < end:
        with suppress(StoreUnavailableError):
            database.everyone().write(arrange)
        piece = read_slice(database.of("a"), position, Wanted(), limit=7)
        assert piece.lost == 0
        got += piece.events
        position = piece.position
    assert [process.wait(30) for process in started] == [0, 0]
    database.close()
    assert [event.sequence for event in got] == list(range(1, total + 1))
    told = [json.loads(event.data) for event in got]
    assert Counter((mark["writer"], mark["number"]) for mark in told).most_common(1)[0][1] == 1
    for writer in {mark["writer"] for mark in told}:
        numbers = [mark["number"] for mark in told if mark["writer"] == writer]
        assert numbers == list(range(count)), "what a writer wrote first comes first"


def test_a_reader_gets_what_two_processes_write_at_once(database_url):
    follow_two_writers(database_url, count=25)


@pytest.mark.slow
def test_a_reader_gets_what_two_processes_write_for_a_while(database_url):
    follow_two_writers(database_url, count=150)
