"""Every statement names its tenant, and both databases do the same."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy

from trivet.errors import InputError


def note(name: str, text: str = "text") -> dict:
    return {"note": name, "text": text}


@pytest.fixture
def notes(the):
    return the["notes"]


def names(store, notes) -> list[str]:
    return [
        row.note for row in store.read(lambda rows: rows.fetch(rows.select(notes, notes.c.note).order_by(notes.c.note)))
    ]


def test_what_one_tenant_writes_another_does_not_see(database, notes):
    database.of("a").write(lambda rows: rows.insert(notes, [note("1"), note("2")]))
    database.of("b").write(lambda rows: rows.insert(notes, [note("2", "theirs")]))
    assert names(database.of("a"), notes) == ["1", "2"]
    assert names(database.of("b"), notes) == ["2"]
    assert names(database.everyone(), notes) == ["1", "2", "2"]
    assert database.of("b").read(lambda rows: rows.count(notes)) == 1


def test_what_one_tenant_changes_or_removes_another_keeps(database, notes):
    for tenant in "ab":
        database.of(tenant).write(lambda rows: rows.insert(notes, [note("1")]))
    assert database.of("a").write(lambda rows: rows.update(notes, {"text": "new"}, notes.c.note == "1")) == 1
    assert database.of("a").write(lambda rows: rows.delete(notes)) == 1
    assert database.of("b").read(lambda rows: rows.first(rows.select(notes, notes.c.text))) == ("text",)


def test_a_tenant_in_the_values_does_not_count(database, notes):
    database.of("a").write(lambda rows: rows.insert(notes, [note("1") | {"tenant": "b"}]))
    assert names(database.of("a"), notes) == ["1"]
    assert names(database.of("b"), notes) == []


def test_a_query_made_elsewhere_is_refused(database, notes):
    stranger = sqlalchemy.select(notes.c.note)
    with pytest.raises(AssertionError, match="does not name its tenant"):
        database.of("a").read(lambda rows: rows.fetch(stranger))
    with pytest.raises(AssertionError, match="does not name its tenant"):
        database.of("a").read(lambda rows: rows.fetch(stranger.where(notes.c.tenant == "b")))


def test_a_joined_table_is_held_to_the_tenant_too(database, the):
    notes, marks = the["notes"], the["marks"]
    for tenant in "ab":
        database.of(tenant).write(lambda rows: rows.insert(notes, [note("1")]))
    database.of("b").write(lambda rows: rows.insert(marks, [{"note": "1"}]))

    def marked(rows):
        query = rows.select(notes, notes.c.note)
        return rows.fetch(rows.join(query, marks, marks.c.note == notes.c.note))

    def careless(rows):
        return rows.fetch(rows.select(notes, notes.c.note).join(marks, marks.c.note == notes.c.note))

    assert database.of("a").read(marked) == []
    assert database.of("b").read(marked) == [("1",)]
    with pytest.raises(AssertionError, match="notes_marks"):
        database.of("a").read(careless)


def test_a_table_that_belongs_to_nobody_is_reached_by_everyone_alone(database, the):
    database.everyone().write(lambda rows: rows.insert(the["shared"], [{"name": "x"}]))
    with pytest.raises(AssertionError, match="belongs to no tenant"):
        database.of("a").read(lambda rows: rows.fetch(rows.select(the["shared"])))


def test_rows_that_are_there_are_told_from_new_ones(database, notes):
    def add(rows):
        return rows.insert_new(notes, [note("1"), note("2")], key=("tenant", "note"), returning="note")

    assert database.of("a").write(add) == ["1", "2"]
    assert database.of("a").write(add) == []
    assert database.of("b").write(add) == ["1", "2"]


def test_a_row_of_the_same_key_is_replaced(database, notes):
    for text in ("old", "new"):
        database.of("a").write(lambda rows, text=text: rows.upsert(notes, [note("1", text)], key=("tenant", "note")))
    assert database.of("a").read(lambda rows: rows.fetch(rows.select(notes, notes.c.text))) == [("new",)]


def test_the_database_numbers_what_it_is_asked_to(database, the):
    numbers = [
        database.of("a").write(
            lambda rows, at=at: rows.insert_one(the["marks"], {"note": str(at)}, returning="sequence")
        )
        for at in range(3)
    ]
    assert numbers == sorted(set(numbers))


def test_more_rows_than_a_statement_takes_go_in_and_come_back_one_by_one(database, notes):
    database.of("a").write(lambda rows: rows.insert(notes, [note(str(at)) for at in range(12_000)]))
    with database.of("a").reading() as rows:
        assert sum(1 for _ in rows.stream(rows.select(notes, notes.c.note))) == 12_000


@pytest.mark.parametrize("text", ["nul \x00", "half \ud800"])
def test_a_text_that_no_database_holds_is_refused(database, notes, text):
    with pytest.raises(InputError, match="NUL or half a surrogate"):
        database.of("a").write(lambda rows: rows.insert(notes, [note("1", text)]))


def test_a_write_that_fails_takes_no_other_with_it_and_leaves_nothing(database, notes):
    def fail(rows):
        rows.insert(notes, [note("half")])
        raise ZeroDivisionError

    gate = threading.Event()
    waiting = database.of("a").write_later(lambda _: gate.wait(10))
    failing = database.of("a").write_later(fail)
    good = database.of("a").write_later(lambda rows: rows.insert(notes, [note("good")]))
    gate.set()
    assert waiting.result(10)
    good.result(10)
    with pytest.raises(ZeroDivisionError):
        failing.result(10)
    assert names(database.of("a"), notes) == ["good"]


def test_of_two_claims_at_once_only_one_gets_a_row(database, notes):
    database.of("a").write(lambda rows: rows.insert(notes, [note("1")]))
    taken: list[str] = []

    def claim() -> None:
        def work(rows):
            for row in rows.claim(rows.select(notes).where(notes.c.text == "text")):
                rows.update(notes, {"text": "taken"}, notes.c.note == row.note)
                taken.append(row.note)

        database.of("a").write(work)

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken == ["1"]
