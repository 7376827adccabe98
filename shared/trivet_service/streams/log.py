"""The events of every tenant in an order that readers can resume from."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Float, Index, String, Table, func

from trivet_service.outbox import outbox
from trivet_service.storage.database import TenantStore
from trivet_service.storage.domain import tenant_column
from trivet_service.storage.kit import kit_tables
from trivet_service.storage.rows import Found, Query, Rows
from trivet_service.streams.event import Event

# Events that get their number in one transaction.
_AT_ONCE = 1000

stream = Table(
    "kit_stream",
    kit_tables,
    tenant_column(),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("topic", String, nullable=False),
    Column("type", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("time", Float, nullable=False),
    Column("request_id", String, nullable=False),
    Column("data", String, nullable=False),
    Column("arrived_at", Float, nullable=False),
)
Index(None, stream.c.tenant, stream.c.topic, stream.c.sequence)
Index(None, stream.c.arrived_at)

# The last number that was given; it stays when the events themselves are removed.
heads = Table("kit_stream_heads", kit_tables, tenant_column(), Column("last", BigInteger, nullable=False))


@dataclass(frozen=True)
class Wanted:
    """Which events a reader wants: those of any of the topics (none: of all), of the subject (empty: of every)."""

    topics: tuple[str, ...] = ()
    subject: str = ""

    def takes(self, event: Event) -> bool:
        """Whether the reader wants it."""
        return (not self.topics or event.topic in self.topics) and self.subject in ("", event.subject)


@dataclass(frozen=True)
class Slice:
    """Wanted events, oldest first, and the number up to which a reader who has them knows everything.

    `lost` events before them are not kept any more.
    """

    events: tuple[Event, ...]
    position: int
    lost: int = 0


def find_oldest_arrival(rows: Rows) -> float | None:
    """When the oldest of the events was put that wait for their number; None: none waits."""
    row = rows.first(rows.select(outbox, func.min(outbox.c.time)))
    return row[0] if row else None


def arrange(rows: Rows, *, now: float | None = None) -> list[tuple[str, Event]]:
    """Number events that are on the disk, up to 1,000; whose each is. Empty also where another process does it now.

    A number given when an event is written would not do: a transaction may commit later than one with a larger number,
    and a reader who has seen that would never see it. So numbers are given afterwards, by one at a time, without a gap.
    """
    if not rows.try_lock("stream numbering"):
        return []
    arrived = rows.fetch(rows.select(outbox).order_by(outbox.c.entry).limit(_AT_ONCE))
    last = find_heads(rows, {row.tenant for row in arrived})
    numbered: list[tuple[str, Event]] = []
    for row in arrived:
        last[row.tenant] = last.get(row.tenant, 0) + 1
        event = Event(last[row.tenant], row.topic, row.type, row.subject, row.time, row.request_id, row.data)
        numbered.append((row.tenant, event))
    if numbered:
        moment = time.time() if now is None else now
        rows.insert(stream, [_row(event) | {"tenant": tenant, "arrived_at": moment} for tenant, event in numbered])
        rows.upsert(heads, [{"tenant": tenant, "last": number} for tenant, number in last.items()], key=("tenant",))
        rows.delete(outbox, outbox.c.entry.in_([row.entry for row in arrived]))
    return numbered


def find_heads(rows: Rows, tenants: Collection[str]) -> dict[str, int]:
    """The last number of each of the tenants that has any."""
    if not tenants:
        return {}
    return {row.tenant: row.last for row in rows.fetch(rows.select(heads).where(heads.c.tenant.in_(tenants)))}


def read_slice(store: TenantStore, after: int, wanted: Wanted, *, limit: int) -> Slice:
    """The next events behind a number, `limit` at most."""

    def read(rows: Rows) -> Slice:
        # Read first: what is numbered from now on belongs to the next slice.
        last = read_head(rows)
        query = _narrow(rows.select(stream).where(stream.c.sequence > after, stream.c.sequence <= last), wanted)
        found = rows.fetch(query.order_by(stream.c.sequence).limit(limit))
        # Read last: of what is removed meanwhile the reader is told, never nothing.
        oldest = rows.first(rows.select(stream, func.min(stream.c.sequence)))
        kept_from = last + 1 if oldest is None or oldest[0] is None else oldest[0]
        start = max(after, kept_from - 1)
        end = found[-1].sequence if len(found) == limit else last
        return Slice(tuple(_event(row) for row in found if row.sequence > start), max(end, start), lost=start - after)

    return store.read(read)


def read_head(rows: Rows) -> int:
    """The last number of the rows' tenant; 0: it has no events."""
    row = rows.first(rows.select(heads))
    return row.last if row else 0


def read_latest(rows: Rows, after: Mapping[str, int], *, limit: int) -> dict[str, list[Event]]:
    """For each tenant its newest events behind its number, oldest first, `limit` at most; for start-up and workers."""
    found: dict[str, list[Event]] = {}
    for tenant, last in find_heads(rows, after.keys()).items():
        if last > after[tenant]:
            floor = max(after[tenant], last - limit)
            of_tenant = rows.select(stream).where(stream.c.tenant == tenant, stream.c.sequence > floor)
            found[tenant] = [_event(row) for row in rows.fetch(of_tenant.order_by(stream.c.sequence).limit(limit))]
    return found


def prune(rows: Rows, *, before: float) -> int:
    """Remove what got its number before a time, of every tenant, oldest first; how many there were."""
    if not rows.try_lock("stream pruning"):
        return 0
    # Clocks of processes differ: the numbers that go are always the first ones.
    last = func.max(stream.c.sequence).label("last")
    old = rows.select(stream, stream.c.tenant, last).where(stream.c.arrived_at < before).group_by(stream.c.tenant)
    return sum(
        rows.delete(stream, stream.c.tenant == row.tenant, stream.c.sequence <= row.last) for row in rows.fetch(old)
    )


def _narrow(query: Query, wanted: Wanted) -> Query:
    if wanted.topics:
        query = query.where(stream.c.topic.in_(wanted.topics))
    return query.where(stream.c.subject == wanted.subject) if wanted.subject else query


def _event(row: Found) -> Event:
    return Event(row.sequence, row.topic, row.type, row.subject, row.time, row.request_id, row.data)


def _row(event: Event) -> dict[str, object]:
    return {
        "sequence": event.sequence,
        "topic": event.topic,
        "type": event.type,
        "subject": event.subject,
        "time": event.time,
        "request_id": event.request_id,
        "data": event.data,
    }
