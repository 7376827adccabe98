"""Where a change leaves its event: in the transaction of the change itself, so that there is one exactly when there is
the other."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, Column, Float, Integer, String, Table

from trivet_service.storage.kit import kit_tables
from trivet_service.storage.rows import Rows

# What is announced (`Database.listening`) once an event is on the disk.
ARRIVED = "outbox"
MAX_DATA_BYTES = 65_536

_TOPIC = re.compile(r"[a-z][a-z0-9_]{0,62}")
_KIND = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")

# Events that have no place in the stream of their tenant yet: `streams.log.arrange` gives them one. `entry` orders them
# so that what was on the disk before another was written comes before it.
outbox = Table(
    "kit_outbox",
    kit_tables,
    Column("entry", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("tenant", String, nullable=False),
    Column("topic", String, nullable=False),
    Column("type", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("time", Float, nullable=False),
    Column("request_id", String, nullable=False),
    Column("data", String, nullable=False),
)


def put(
    rows: Rows,
    topic: str,
    kind: str,
    data: Mapping[str, Any],
    *,
    subject: str = "",
    request_id: str = "",
    tenant: str = "",
    now: float | None = None,
) -> None:
    """Leave an event in the transaction of `rows`: `put(rows, "jobs", "job.succeeded", {...}, subject=job_id)`.

    Readers choose by `topic`, the plural of a noun; `kind` says with a dot what happened; `subject` is the id of the
    one thing that it happened to, where somebody may want to follow that alone. `data` is JSON of at most 64 KiB: ids
    and a few facts, as whoever may read the tenant's data reads it. `tenant` only where the rows are everyone's.
    Readers and webhooks get it once the transaction is on the disk, and never if that fails.
    """
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    assert _TOPIC.fullmatch(topic), f"{topic!r} is no topic"
    assert _KIND.fullmatch(kind), f"{kind!r} is no kind of event"
    assert len(text) <= MAX_DATA_BYTES, f"an event of {topic} holds {len(text)} bytes"
    assert (rows.tenant is None) == bool(tenant), "the rows say whose the event is, or the caller does"
    event = {
        "topic": topic,
        "type": kind,
        "subject": subject,
        "time": time.time() if now is None else now,
        "request_id": request_id,
        "data": text,
    }
    rows.insert(outbox, [event | ({"tenant": tenant} if tenant else {})])
    rows.announce(ARRIVED)
