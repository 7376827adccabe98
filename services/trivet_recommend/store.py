"""Items, events and embeddings in the database: what everything else in the service is derived from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from sqlalchemy import Column, Float, Integer, LargeBinary, MetaData, String, Table, UniqueConstraint, select

from trivet_service.store import Writer, insert_new, open_store, upsert

metadata = MetaData()

_items = Table(
    "recommend_items",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("item", String, primary_key=True),
    Column("text", String, nullable=False),
    Column("title", String, nullable=False),
    Column("category", String, nullable=False),
    Column("added_at", Float, nullable=False),
)
_events = Table(
    "recommend_events",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("tenant", String, nullable=False),
    Column("id", String, nullable=False),
    Column("user", String, nullable=False),
    Column("item", String, nullable=False),
    Column("event", String, nullable=False),
    Column("value", Float, nullable=False),
    Column("time", Float, nullable=False),
    UniqueConstraint("tenant", "id"),
)
_embeddings = Table(
    "recommend_embeddings",
    metadata,
    Column("tenant", String, primary_key=True),
    Column("item", String, primary_key=True),
    Column("encoder", String, nullable=False),
    Column("text", String, nullable=False),
    Column("vector", LargeBinary, nullable=False),
)

# Rows of one statement, well below the number of parameters that SQLite takes.
_ROWS = 2000


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

    def __init__(self, url: str) -> None:
        self.engine = open_store(url, metadata)
        self.writer = Writer(self.engine)

    def tenants(self) -> list[str]:
        """Everybody with items or events."""
        with self.engine.connect() as connection:
            found = {*connection.execute(select(_items.c.tenant).distinct()).scalars()}
            found |= {*connection.execute(select(_events.c.tenant).distinct()).scalars()}
        return sorted(found)

    def put_items(self, tenant: str, items: Sequence[Item]) -> None:
        """Add items, or replace those of the same name; on the disk when it returns."""
        rows = [{"tenant": tenant, **asdict(item)} for item in items]
        for start in range(0, len(rows), _ROWS):
            part = rows[start : start + _ROWS]
            self.writer.write(partial(upsert, table=_items, rows=part, key=("tenant", "item")))

    def add_events(self, tenant: str, events: Sequence[Event]) -> list[Event]:
        """Add the events whose id is new; returns those, and they are on the disk when it does."""
        by_id = {event.id: event for event in events}
        rows = [{"tenant": tenant, **asdict(event)} for event in by_id.values()]
        added: list[Event] = []
        for start in range(0, len(rows), _ROWS):
            part = rows[start : start + _ROWS]
            new = self.writer.write(partial(insert_new, table=_events, rows=part, key=("tenant", "id"), returning="id"))
            added += [by_id[event_id] for event_id in new]
        return added

    def put_embeddings(self, tenant: str, encoder: str, embedded: Sequence[Embedded]) -> None:
        """Keep vectors F32[D] of items, which can be computed again but not in a second."""
        rows = [
            {"tenant": tenant, "item": one.item, "encoder": encoder, "text": one.text, "vector": one.vector.tobytes()}
            for one in embedded
        ]
        for start in range(0, len(rows), _ROWS):
            part = rows[start : start + _ROWS]
            self.writer.write(partial(upsert, table=_embeddings, rows=part, key=("tenant", "item")))

    def items(self, tenant: str) -> list[Item]:
        """Every item of a tenant."""
        columns = (_items.c.item, _items.c.text, _items.c.title, _items.c.category, _items.c.added_at)
        with self.engine.connect() as connection:
            rows = connection.execute(select(*columns).where(_items.c.tenant == tenant).order_by(_items.c.item))
            return [Item(*row) for row in rows]

    def events(self, tenant: str) -> Iterator[Event]:
        """Every event of a tenant, oldest first."""
        columns = (_events.c.id, _events.c.user, _events.c.item, _events.c.event, _events.c.value, _events.c.time)
        query = select(*columns).where(_events.c.tenant == tenant).order_by(_events.c.time, _events.c.sequence)
        with self.engine.connect() as connection:
            for row in connection.execution_options(yield_per=5000).execute(query):
                yield Event(*row)

    def embeddings(self, tenant: str, encoder: str) -> dict[str, Embedded]:
        """Vectors of a tenant's items that this encoder made, by item."""
        columns = (_embeddings.c.item, _embeddings.c.text, _embeddings.c.vector)
        query = select(*columns).where(_embeddings.c.tenant == tenant, _embeddings.c.encoder == encoder)
        with self.engine.connect() as connection:
            return {
                item: Embedded(item, text, np.frombuffer(vector, dtype=np.float32))
                for item, text, vector in connection.execute(query)
            }

    def close(self) -> None:
        """Write what waits and let go of the database."""
        self.writer.close()
        self.engine.dispose()
