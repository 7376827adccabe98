"""Reads and writes the intents and examples of a tenant; whoever is answered finds them on the disk."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from sqlalchemy import func

from trivet.errors import InputError
from trivet_service.audit import Action, Actor, hold_log, record
from trivet_service.paging import Order, Window, cut_page, select_page
from trivet_service.storage.database import Database
from trivet_service.storage.rows import Rows
from trivet_support.growth.intent import MAX_EXAMPLES, MAX_INTENTS, Example, Intent, Phrase, Source, hash_text
from trivet_support.growth.tables import examples, intents, revisions, vectors

F32 = npt.NDArray[np.float32]

BY_NAME = Order("intents", (str,))
BY_AGE = Order("examples", (float, str))


@dataclass(frozen=True, eq=False)
class Change:
    """What is to become of a tenant's rows, all of it or nothing.

    `descriptions` are intents that are made, or described anew unless None. `vectors` F32[N, D] are what the graph made
    of the `phrases`. Of intents in `replaced` the examples that are not among the phrases go.
    """

    descriptions: Mapping[str, str | None]
    phrases: Sequence[Phrase]
    vectors: F32
    graph: str
    source: Source = "api"
    replaced: frozenset[str] = frozenset()
    action: Action = "intent.changed"
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Changed:
    """What came of it; `merged` phrases were there already. `created` are names of intents that are new."""

    revision: int
    added: int
    merged: int
    removed: int
    created: tuple[str, ...]


class IntentStore:
    """The intents of one tenant. All of it blocks: call it from a thread."""

    def __init__(self, database: Database, tenant: str, *, clock: Callable[[], float] = time.time) -> None:
        self._store = database.of(tenant)
        self._clock = clock

    def all(self) -> list[Intent]:
        """Every intent by name, with the number of its examples."""
        return self._store.read(_select_intents)

    def find(self, name: str) -> Intent | None:
        """An intent by name."""
        return next((one for one in self.all() if one.name == name), None)

    def page_of_examples(self, intent: str, window: Window) -> list[Example]:
        """The examples of an intent in the order `BY_AGE`, and one more where others follow."""

        def fetch(rows: Rows) -> list[Example]:
            query = rows.select(examples, *_EXAMPLE).where(examples.c.intent == intent)
            return [
                Example(*row) for row in rows.fetch(select_page(query, window, (examples.c.created_at, examples.c.id)))
            ]

        return self._store.read(fetch)

    def examples(self) -> list[Example]:
        """Every example, in an order that stays."""
        return self._store.read(
            lambda rows: [Example(*row) for row in rows.fetch(rows.select(examples, *_EXAMPLE).order_by(examples.c.id))]
        )

    def apply(self, change: Change, actor: Actor) -> Changed:
        """Write a change.

        Raises:
            InputError: a phrase is an example of another intent already, or there would be too many rows.
        """
        return self._store.write(lambda rows: _apply(rows, change, actor, self._clock()))

    def describe(self, name: str, description: str) -> bool:
        """Describe an intent anew; False where there is none."""
        values = {"description": description, "changed_at": self._clock()}
        return bool(self._store.write(lambda rows: rows.update(intents, values, intents.c.name == name)))

    def remove_example(self, intent: str, example: str) -> bool:
        """Take an example away; False where the intent has none of that id."""

        def remove(rows: Rows) -> bool:
            hold_log(rows)
            if not rows.delete(examples, examples.c.id == example, examples.c.intent == intent):
                return False
            rows.delete(vectors, vectors.c.example == example)
            _advance(rows)
            return True

        return self._store.write(remove)

    def remove(self, name: str, actor: Actor) -> int | None:
        """Take an intent away with its examples; how many there were, None where there is no such intent."""

        def remove(rows: Rows) -> int | None:
            hold_log(rows)
            if not rows.delete(intents, intents.c.name == name):
                return None
            gone = [row.id for row in rows.fetch(rows.select(examples, examples.c.id).where(examples.c.intent == name))]
            rows.delete(examples, examples.c.intent == name)
            _delete_vectors(rows, gone)
            _advance(rows)
            record(rows, actor, "intent.deleted", f"intent/{name}", {"examples": len(gone)})
            return len(gone)

        return self._store.write(remove)

    def revision(self) -> int:
        """Of which revision the rows are; 0: there never were any."""
        return self._store.read(_revision)

    def vectors(self, graph: str) -> dict[str, F32]:
        """What a graph made of examples, by their ids."""
        query_of = vectors.c.graph == graph

        def fetch(rows: Rows) -> dict[str, F32]:
            query = rows.select(vectors, vectors.c.example, vectors.c.vector).where(query_of)
            return {row.example: np.frombuffer(row.vector, dtype=np.float32) for row in rows.fetch(query)}

        return self._store.read(fetch)

    def keep_vectors(self, graph: str, found: Mapping[str, F32]) -> None:
        """Keep what a graph made of examples; those that are gone meanwhile are left out."""

        def keep(rows: Rows) -> None:
            there = {row.id for row in rows.fetch(rows.select(examples, examples.c.id))}
            values = [_vector(one, graph, row) for one, row in found.items() if one in there]
            rows.insert_missing(vectors, values, key=("tenant", "example", "graph"))

        self._store.write(keep)


def revisions_of_all(database: Database) -> dict[str, int]:
    """The revision of every tenant that has one."""
    return database.everyone().read(
        lambda rows: {row.tenant: row.revision for row in rows.fetch(rows.select(revisions))}
    )


def page_of(found: Sequence[Intent], window: Window) -> list[Intent]:
    """Intents that lie in memory, in the order `BY_NAME`, and one more where others follow."""
    return cut_page(found, window, key=lambda one: (one.name,))


_EXAMPLE = (
    examples.c.id,
    examples.c.intent,
    examples.c.text,
    examples.c.source,
    examples.c.created_at,
    examples.c.revision,
)


def _select_intents(rows: Rows) -> list[Intent]:
    counts = rows.select(examples, examples.c.intent, func.count().label("examples")).group_by(examples.c.intent)
    by_name = {row.intent: int(row.examples) for row in rows.fetch(counts)}
    query = rows.select(intents).order_by(intents.c.name)
    return [
        Intent(row.name, row.description, row.created_at, row.changed_at, by_name.get(row.name, 0))
        for row in rows.fetch(query)
    ]


def _apply(rows: Rows, change: Change, actor: Actor, now: float) -> Changed:
    # Alone from here on: two servers could otherwise bring the same text for two intents.
    hold_log(rows)
    known = {row.name for row in rows.fetch(rows.select(intents, intents.c.name))}
    created = [name for name in change.descriptions if name not in known]
    if len(known) + len(created) > MAX_INTENTS:
        raise InputError(f"you would have {len(known) + len(created)} intents; at most {MAX_INTENTS} are kept.")
    by_hash, fresh, merged = _sort_out(rows, change)
    removed = _remove_others(rows, change, by_hash)
    there = rows.count(examples)
    if there + len(fresh) > MAX_EXAMPLES:
        raise InputError(f"you would have {there + len(fresh)} examples; at most {MAX_EXAMPLES} are kept.")
    revision = _advance(rows)
    _write_intents(rows, change, created, now)
    values, embedded = [], []
    for at, (hashed, phrase) in fresh.items():
        one = uuid.uuid4().hex[:20]
        values.append(
            {
                "id": one,
                "intent": phrase.intent,
                "text": phrase.text,
                "hash": hashed,
                "source": change.source,
                "created_at": now,
                "revision": revision,
            }
        )
        embedded.append(_vector(one, change.graph, change.vectors[at]))
    rows.insert(examples, values)
    rows.insert(vectors, embedded)
    detail = {"added": len(fresh), "removed": removed, **change.detail}
    names = sorted(change.descriptions)
    what = f"intent/{names[0]}" if len(names) == 1 else f"{len(names)} intents"
    record(rows, actor, change.action, what, detail)
    return Changed(revision, len(fresh), merged, removed, tuple(created))


def _sort_out(rows: Rows, change: Change) -> tuple[dict[str, str], dict[int, tuple[str, Phrase]], int]:
    """Hashes that the phrases have, the phrases that are new by their place in the change, and how many are not."""
    taken = {row.hash: row.intent for row in rows.fetch(rows.select(examples, examples.c.hash, examples.c.intent))}
    by_hash: dict[str, str] = {}
    fresh: dict[int, tuple[str, Phrase]] = {}
    for at, phrase in enumerate(change.phrases):
        hashed = hash_text(phrase.text)
        owner = by_hash.get(hashed) or taken.get(hashed)
        if owner is not None and owner != phrase.intent:
            raise InputError(
                f"it is an example of {owner!r} already, letters and digits alone.",
                where=phrase.place,
                todo="One message cannot want two intents: leave it with one of them.",
            )
        if owner is None:
            fresh[at] = (hashed, phrase)
        by_hash[hashed] = phrase.intent
    return by_hash, fresh, len(change.phrases) - len(fresh)


def _remove_others(rows: Rows, change: Change, by_hash: Mapping[str, str]) -> int:
    gone: list[str] = []
    for name in change.replaced:
        query = rows.select(examples, examples.c.id, examples.c.hash).where(examples.c.intent == name)
        gone += [row.id for row in rows.fetch(query) if row.hash not in by_hash]
    for start in range(0, len(gone), _AT_ONCE):
        rows.delete(examples, examples.c.id.in_(gone[start : start + _AT_ONCE]))
    _delete_vectors(rows, gone)
    return len(gone)


def _write_intents(rows: Rows, change: Change, created: Sequence[str], now: float) -> None:
    fresh = [
        {"name": name, "description": change.descriptions[name] or "", "created_at": now, "changed_at": now}
        for name in created
    ]
    rows.insert(intents, fresh)
    for name, description in change.descriptions.items():
        if name not in created:
            told = {} if description is None else {"description": description}
            rows.update(intents, {"changed_at": now, **told}, intents.c.name == name)


_AT_ONCE = 500


def _delete_vectors(rows: Rows, ids: Sequence[str]) -> None:
    for start in range(0, len(ids), _AT_ONCE):
        rows.delete(vectors, vectors.c.example.in_(ids[start : start + _AT_ONCE]))


def _vector(example: str, graph: str, row: F32) -> dict[str, object]:
    return {"example": example, "graph": graph, "vector": np.asarray(row, dtype=np.float32).tobytes()}


def _revision(rows: Rows) -> int:
    found = rows.first(rows.select(revisions))
    return 0 if found is None else int(found.revision)


def _advance(rows: Rows) -> int:
    """The next revision; the transaction is alone with the rows."""
    revision = _revision(rows) + 1
    rows.upsert(revisions, [{"revision": revision}], key=("tenant",))
    return revision
