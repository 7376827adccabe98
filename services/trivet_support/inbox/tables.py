"""The tables of the inbox: messages that somebody should look at, and how far they have been gathered."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from trivet_service.storage.domain import tenant_column
from trivet_support.store import support_tables

# A message that was dealt with keeps its hash, so that it does not come back, and loses its text.
inbox = Table(
    "support_inbox",
    support_tables,
    tenant_column(),
    Column("id", String, primary_key=True),
    Column("hash", String, nullable=False),
    Column("text", String, nullable=False),
    Column("strategy", String, nullable=False),
    Column("state", String, nullable=False),
    Column("intent", String, nullable=False),
    Column("confidence", Float),
    Column("decision", String, nullable=False),
    Column("corrected", String, nullable=False),
    Column("times", Integer, nullable=False),
    Column("first_at", Float, nullable=False),
    Column("last_at", Float, nullable=False),
    # What the graph of that name made of the text, once somebody has asked for clusters.
    Column("graph", String, nullable=False),
    Column("vector", LargeBinary),
    UniqueConstraint("tenant", "hash"),
    Index(None, "tenant", "state", "strategy", "last_at"),
    Index(None, "last_at"),
)

# Up to when what was answered, and what was said of answers, has been gathered.
gathered = Table(
    "support_inbox_gathered",
    support_tables,
    tenant_column(),
    Column("answers_until", Float, nullable=False),
    Column("feedback_until", Float, nullable=False),
)
