"""Items, events and embeddings in the database: what everything else in the service is derived from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Column, Float, Index, Integer, LargeBinary, String, Table, UniqueConstraint, func

from trivet_service.paging import Window, select_page
from trivet_service.storage.database import Database
from trivet_service.storage.domain import Domain, new_tables, tenant_column
from trivet_service.storage.rows import Rows

_tables = new_tables()

_items = Table(
    "recommend_items",
    _tables,
    tenant_column(),
    Column("item", String, primary_key=True),
    Column("text", String, nullable=False),
    Column("title", String, nullable=False),
    Column("category", String, nullable=False),
    Column("added_at", Float, nullable=False),
)
_events = Table(
    "recommend_events",
    _tables,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("tenant", String, nullable=False),
    Column("id", String, nullable=False),
    Column("user", String, nullable=False),
    Column("item", String, nullable=False),
    Column("event", String, nullable=False),
    Column("value", Float, nullable=False),
    Column("time", Float, nullable=False),
    UniqueConstraint("tenant", "id"),
    Index(None, "tenant", "time", "sequence"),
)
_embeddings = Table(
    "recommend_embeddings",
    _tables,
    tenant_column(),
    Column("item", String, primary_key=True),
    Column("encoder", String, nullable=False),
    Column("text", String, nullable=False),
    Column("vector", LargeBinary, nullable=False),
)

# The columns of an `Item`, in its order.
_ITEM = (_items.c.item, _items.c.text, _items.c.title, _items.c.category, _items.c.added_at)
# Rows of one write: others wait for it.
_ROWS = 2000


def recommend_domain() -> Domain:
    """The service's share of a database."""
    return Domain("recommend", _tables, Path(__file__).parent / "migrations")


@dataclass(frozen=True)
class Item:
    """Something that can be recommended; `text` is what the encoder reads, `added_at` seconds since 1970."""

    item: str
    text: str
    title: str
    category: str
    added_at: float


@dataclass(frozen=True)
class Event:
    """Somebody did something with an item; `id` makes it count once, `time` is seconds since 1970."""

    id: str
    user: str
    item: str
    event: str
    value: float
    time: float


@dataclass(frozen=True, eq=False)
class Embedded:
    """The vector of an item, and the text and encoder that it came from."""

    item: str
    text: str
    vector: npt.NDArray[np.float32]


class RecommendStore:
    """The service's tables; every row belongs to a tenant, and every query names one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tenants(self) -> list[str]:
        """Everybody with items or events."""

        def find(rows: Rows) -> set[str]:
            queries = [rows.select(table, table.c.tenant).distinct() for table in (_items, _events)]
            return {row.tenant for query in queries for row in rows.fetch(query)}

        return sorted(self._database.everyone().read(find))

    def put_items(self, tenant: str, items: Sequence[Item]) -> None:
        """Add items, or replace those of the same name; on the disk when it returns."""
        self._upsert(tenant, _items, [asdict(item) for item in items])

    def add_events(self, tenant: str, events: Sequence[Event]) -> list[Event]:
        """Add the events whose id is new; returns those, and they are on the disk when it does."""
        by_id = {event.id: event for event in events}
        values = [asdict(event) for event in by_id.values()]
        added: list[Event] = []
        for start in range(0, len(values), _ROWS):
            part = values[start : start + _ROWS]

            def insert(rows: Rows, part: list[dict[str, Any]] = part) -> list[str]:
                return rows.insert_new(_events, part, key=("tenant", "id"), returning="id")

            added += [by_id[event_id] for event_id in self._database.of(tenant).write(insert)]
        return added

    def put_embeddings(self, tenant: str, encoder: str, embedded: Sequence[Embedded]) -> None:
        """Keep vectors F32[D] of items, which can be computed again but not in a second."""
        values = [
            {"item": one.item, "encoder": encoder, "text": one.text, "vector": one.vector.tobytes()} for one in embedded
        ]
        self._upsert(tenant, _embeddings, values)

    def items(self, tenant: str) -> list[Item]:
        """Every item of a tenant, by name."""
        with self._database.of(tenant).reading() as rows:
            return [Item(*row) for row in rows.fetch(rows.select(_items, *_ITEM).order_by(_items.c.item))]

    def page_of_items(self, tenant: str, window: Window) -> list[Item]:
        """The items of a window by name, and one more where others follow."""
        with self._database.of(tenant).reading() as rows:
            query = select_page(rows.select(_items, *_ITEM), window, (_items.c.item,))
            return [Item(*row) for row in rows.fetch(query)]

    def last_event(self, tenant: str) -> int:
        """The number of the tenant's event that was written last; 0: none."""
        with self._database.of(tenant).reading() as rows:
            row = rows.first(rows.select(_events, func.max(_events.c.sequence)))
        return (row[0] or 0) if row else 0

    def events(self, tenant: str, *, up_to: int | None = None) -> Iterator[Event]:
        """Every event of a tenant, oldest first; those written up to a number where one is given."""
        columns = (_events.c.id, _events.c.user, _events.c.item, _events.c.event, _events.c.value, _events.c.time)
        with self._database.of(tenant).reading() as rows:
            query = rows.select(_events, *columns).order_by(_events.c.time, _events.c.sequence)
            if up_to is not None:
                query = query.where(_events.c.sequence <= up_to)
            for row in rows.stream(query):
                yield Event(*row)

    def embeddings(self, tenant: str, encoder: str) -> dict[str, Embedded]:
        """Vectors of a tenant's items that this encoder made, by item."""
        columns = (_embeddings.c.item, _embeddings.c.text, _embeddings.c.vector)
        with self._database.of(tenant).reading() as rows:
            query = rows.select(_embeddings, *columns).where(_embeddings.c.encoder == encoder)
            return {
                item: Embedded(item, text, np.frombuffer(vector, dtype=np.float32))
                for item, text, vector in rows.fetch(query)
            }

    def _upsert(self, tenant: str, table: Table, values: Sequence[dict[str, Any]]) -> None:
        for start in range(0, len(values), _ROWS):
            part = values[start : start + _ROWS]

            def put(rows: Rows, part: Sequence[dict[str, Any]] = part) -> None:
                rows.upsert(table, part, key=("tenant", "item"))

            self._database.of(tenant).write(put)
