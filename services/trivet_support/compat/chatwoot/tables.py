"""What is kept of Chatwoot: how a tenant is connected, what has come, and what waits for an answer."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, Index, Integer, String, Table

from trivet_service.storage.domain import tenant_column
from trivet_support.store import support_tables

integrations = Table(
    "support_chatwoot",
    support_tables,
    tenant_column(),
    Column("url", String, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    # None: every inbox of the account.
    Column("inbox_ids", JSON, nullable=False),
    # Calling needs the token itself, and checking a signature the secret.
    Column("access_token", String, nullable=False),
    Column("secret", String, nullable=False),
    Column("note", Boolean, nullable=False),
    Column("label", Boolean, nullable=False),
    Column("changed_at", Float, nullable=False),
    Index(None, "account_id"),
)

# Ids of deliveries and of messages, so that neither is answered twice.
seen = Table(
    "support_chatwoot_seen",
    support_tables,
    tenant_column(),
    Column("key", String, primary_key=True),
    Column("time", Float, nullable=False),
    Index(None, "time"),
)

messages = Table(
    "support_chatwoot_messages",
    support_tables,
    tenant_column(),
    # The nanosecond of its arrival: messages are answered in this order.
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("message", BigInteger, nullable=False),
    Column("conversation", BigInteger, nullable=False),
    # What the message says; empty once nothing more is to be done.
    Column("body", JSON, nullable=False),
    # What is to be told to Chatwoot, and how far that is; None: not thought about yet.
    Column("steps", JSON),
    Column("request_id", String, nullable=False),
    Column("received_at", Float, nullable=False),
    Column("status", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Float, nullable=False),
    # Who works on it, and until when he is believed to be alive.
    Column("owner", String, nullable=False),
    Column("owner_until", Float, nullable=False),
    Column("error", String, nullable=False),
    # When the conversation was given to a person.
    Column("handed_at", Float),
    Column("finished_at", Float),
    Index("ix_support_chatwoot_messages_status", "status", "next_at"),
    Index("ix_support_chatwoot_messages_conversation", "tenant", "conversation", "status"),
)
