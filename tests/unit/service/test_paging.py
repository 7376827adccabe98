"""A long list comes page by page, whole and in order, whatever is added meanwhile; a made-up cursor is refused."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Float, Integer, MetaData, String, Table, create_engine, select

from trivet_service.paging import Asked, Order, close_page, cut_page, open_page, select_page
from trivet_service.problems import ProblemError

BY_NAME = Order("items", (str,))
LATEST_FIRST = Order("events", (float, int), descending=True)

table = Table(
    "rows", MetaData(), Column("number", Integer, primary_key=True), Column("name", String), Column("time", Float)
)


def all_pages(read, *, order, limit, key, between=lambda: None) -> list:
    found, cursor = [], ""
    while True:
        window = open_page(Asked(cursor, limit), order)
        page = close_page(read(window), window, key=key, render=lambda row: row)
        assert len(page["items"]) <= limit
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = page["next_cursor"]
        between()


@pytest.fixture
def connection():
    with create_engine("sqlite://").connect() as connection:
        table.metadata.create_all(connection)
        yield connection


@given(names=st.sets(st.text(), max_size=30), limit=st.integers(1, 12))
def test_pages_of_a_list_in_memory_are_the_list(names, limit):
    # A name with a surrogate or a NUL is never stored; a cursor with one is refused.
    names = {name for name in names if "\0" not in name}

    def read(window):
        return cut_page(names, window, key=lambda name: (name,))

    assert all_pages(read, order=BY_NAME, limit=limit, key=lambda name: (name,)) == sorted(names)


def test_pages_of_a_query_are_the_table_latest_first(connection):
    rows = [{"number": at, "name": "a", "time": float(at // 3)} for at in range(20)]
    connection.execute(table.insert(), rows)

    def read(window):
        return connection.execute(select_page(select(table), window, (table.c.time, table.c.number)))

    found = all_pages(read, order=LATEST_FIRST, limit=4, key=lambda row: (row.time, row.number))
    assert [row.number for row in found] == list(reversed(range(20)))


def test_rows_that_come_and_go_between_pages_neither_repeat_nor_hide_others(connection):
    connection.execute(table.insert(), [{"number": at, "name": f"{at:02}", "time": 0.0} for at in range(10)])

    def change():
        connection.execute(table.delete().where(table.c.name == "00"))
        connection.execute(table.insert(), [{"name": "00b", "time": 0.0}])

    def read(window):
        return connection.execute(select_page(select(table), window, (table.c.name, table.c.number)))

    order = Order("rows", (str, int))
    found = all_pages(read, order=order, limit=3, key=lambda row: (row.name, row.number), between=change)
    assert [row.name for row in found] == [f"{at:02}" for at in range(10)]


def cursor_of(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "ä",
        "%%%%",
        cursor_of({}),
        cursor_of([]),
        cursor_of(["events", "a"]),
        cursor_of(["items"]),
        cursor_of(["items", 1]),
        cursor_of(["items", None]),
        cursor_of(["items", ["a"]]),
        cursor_of(["items", "a", "b"]),
        cursor_of(["items", "\0"]),
        cursor_of(["items", "\ud800"]),
        cursor_of("[" * 3000),
        "W" * 2000,
    ],
)
def test_a_cursor_that_no_page_of_the_list_gave_is_refused(cursor):
    with pytest.raises(ProblemError) as caught:
        open_page(Asked(cursor, 10), BY_NAME)
    assert (caught.value.status_code, caught.value.code) == (422, "invalid_cursor")
    assert "cursor" in caught.value.errors[0].detail


@pytest.mark.parametrize("key", [[1.5, True], [1, 2**63], [float("inf"), 1], [float("nan"), 1], [10**400, 1], [1, 1.5]])
def test_a_number_that_no_database_takes_is_refused(key):
    with pytest.raises(ProblemError):
        open_page(Asked(cursor_of(["events", *key]), 10), LATEST_FIRST)
