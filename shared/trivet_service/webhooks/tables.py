"""Webhooks, and what is sent to them."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Float, Index, Integer, String, Table

from trivet_service.storage.domain import tenant_column
from trivet_service.storage.kit import kit_tables

webhooks = Table(
    "kit_webhooks",
    kit_tables,
    tenant_column(),
    Column("id", String, primary_key=True),
    Column("url", String, nullable=False),
    Column("topics", JSON, nullable=False),
    Column("description", String, nullable=False),
    # Signing needs the secret itself; after a rotation the one before it signs too, until a time.
    Column("secret", String, nullable=False),
    Column("old_secret", String, nullable=False),
    Column("old_secret_until", Float, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("disabled_at", Float),
    Column("disabled_why", String, nullable=False),
    # Until when the receiver has asked to be left alone.
    Column("paused_until", Float, nullable=False),
    # Who sends to it, until when he is believed to be alive, and when somebody last did: the longest ago comes first.
    Column("turn", String, nullable=False),
    Column("turn_until", Float, nullable=False),
    Column("served_at", Float, nullable=False),
)

deliveries = Table(
    "kit_deliveries",
    kit_tables,
    tenant_column(),
    Column("id", String, primary_key=True),
    Column("webhook", String, nullable=False),
    # Of the event; 0: none, a test.
    Column("sequence", BigInteger, nullable=False),
    Column("type", String, nullable=False),
    Column("body", String, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("status", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Float, nullable=False),
    Column("attempted_at", Float),
    Column("response_status", Integer),
    Column("error", String, nullable=False),
    Column("finished_at", Float),
)
Index("ix_kit_deliveries_due", deliveries.c.tenant, deliveries.c.webhook, deliveries.c.status, deliveries.c.next_at)
Index(None, deliveries.c.status, deliveries.c.next_at)
Index(
    "ix_kit_deliveries_by_age",
    deliveries.c.tenant,
    deliveries.c.webhook,
    deliveries.c.created_at,
    deliveries.c.sequence,
    deliveries.c.id,
)
Index(None, deliveries.c.created_at)
