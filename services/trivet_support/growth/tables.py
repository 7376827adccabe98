"""The tables of growth: intents and examples that a tenant brings, and how far its rows and its trainings are."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from trivet_service.storage.domain import tenant_column
from trivet_support.store import support_tables

intents = Table(
    "support_intents",
    support_tables,
    tenant_column(),
    Column("name", String, primary_key=True),
    Column("description", String, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
)

# `hash` is that of the text without case and punctuation; `revision` is the one that brought the example.
examples = Table(
    "support_examples",
    support_tables,
    tenant_column(),
    Column("id", String, primary_key=True),
    Column("intent", String, nullable=False),
    Column("text", String, nullable=False),
    Column("hash", String, nullable=False),
    Column("source", String, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("revision", Integer, nullable=False),
    UniqueConstraint("tenant", "hash"),
    Index(None, "tenant", "intent", "created_at", "id"),
)

# Grows with every change of a tenant's rows, so that other processes need only look here.
revisions = Table(
    "support_revisions",
    support_tables,
    tenant_column(),
    Column("revision", Integer, nullable=False),
)

# Derived: what a graph makes of an example. It can be computed again, but not in a second.
vectors = Table(
    "support_vectors",
    support_tables,
    tenant_column(),
    Column("example", String, primary_key=True),
    Column("graph", String, primary_key=True),
    Column("vector", LargeBinary, nullable=False),
)

# Which revision of the rows went into a data set, by the version of the set.
trainings = Table(
    "support_trainings",
    support_tables,
    tenant_column(),
    Column("data_version", String, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("created_at", Float, nullable=False),
)
