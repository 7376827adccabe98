"""The first tables of the support service."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0001_first_tables"
down_revision = None


def upgrade() -> None:
    _sessions()
    _declarations()
    _chatwoot()
    _growth()
    _inbox()
    _desk()
    _knowledge()


def _sessions() -> None:
    op.create_table(
        "support_session_turns",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("session", sa.String, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("message_id", sa.String, nullable=False),
        sa.Column("time", sa.Float, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("reply", sa.String, nullable=False),
        sa.Column("made", sa.JSON, nullable=False),
        sa.UniqueConstraint("tenant", "session", "message_id"),
    )
    op.create_index("ix_support_session_turns_time", "support_session_turns", ["time"])


def _desk() -> None:
    op.create_table(
        "support_marks",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("mark", sa.String, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("ix_support_marks_at", "support_marks", ["at"])
    op.create_table(
        "support_replies",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("intent", sa.String, primary_key=True),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
    )
    op.create_table(
        "support_rules",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("version", sa.String, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
    )


def _knowledge() -> None:
    op.create_table(
        "support_documents",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("document", sa.String, primary_key=True),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("format", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("sections", sa.JSON, nullable=False),
        sa.Column("characters", sa.Integer, nullable=False),
        sa.Column("passages", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
    )
    op.create_table(
        "support_passage_vectors",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("document", sa.String, primary_key=True),
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("encoder", sa.String, primary_key=True),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )


def _growth() -> None:
    op.create_table(
        "support_intents",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("description", sa.String, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("changed_at", sa.Float, nullable=False),
    )
    op.create_table(
        "support_examples",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("intent", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.UniqueConstraint("tenant", "hash"),
    )
    op.create_index(
        "ix_support_examples_tenant_intent_created_at_id", "support_examples", ["tenant", "intent", "created_at", "id"]
    )
    op.create_table(
        "support_revisions",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.create_table(
        "support_vectors",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("example", sa.String, primary_key=True),
        sa.Column("graph", sa.String, primary_key=True),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "support_trainings",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("data_version", sa.String, primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )


def _inbox() -> None:
    op.create_table(
        "support_inbox",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("strategy", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("intent", sa.String, nullable=False),
        sa.Column("confidence", sa.Float),
        sa.Column("decision", sa.String, nullable=False),
        sa.Column("corrected", sa.String, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("first_at", sa.Float, nullable=False),
        sa.Column("last_at", sa.Float, nullable=False),
        sa.Column("graph", sa.String, nullable=False),
        sa.Column("vector", sa.LargeBinary),
        sa.UniqueConstraint("tenant", "hash"),
    )
    op.create_index(
        "ix_support_inbox_tenant_state_strategy_last_at", "support_inbox", ["tenant", "state", "strategy", "last_at"]
    )
    op.create_index("ix_support_inbox_last_at", "support_inbox", ["last_at"])
    op.create_table(
        "support_inbox_gathered",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("answers_until", sa.Float, nullable=False),
        sa.Column("feedback_until", sa.Float, nullable=False),
    )


def _chatwoot() -> None:
    op.create_table(
        "support_chatwoot",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("url", sa.String, nullable=False),
        sa.Column("account_id", sa.BigInteger, nullable=False),
        sa.Column("inbox_ids", sa.JSON, nullable=False),
        sa.Column("access_token", sa.String, nullable=False),
        sa.Column("secret", sa.String, nullable=False),
        sa.Column("note", sa.Boolean, nullable=False),
        sa.Column("label", sa.Boolean, nullable=False),
        sa.Column("changed_at", sa.Float, nullable=False),
    )
    op.create_index("ix_support_chatwoot_account_id", "support_chatwoot", ["account_id"])
    op.create_table(
        "support_chatwoot_seen",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("time", sa.Float, nullable=False),
    )
    op.create_index("ix_support_chatwoot_seen_time", "support_chatwoot_seen", ["time"])
    op.create_table(
        "support_chatwoot_messages",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("message", sa.BigInteger, nullable=False),
        sa.Column("conversation", sa.BigInteger, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("steps", sa.JSON),
        sa.Column("request_id", sa.String, nullable=False),
        sa.Column("received_at", sa.Float, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.Float, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("owner_until", sa.Float, nullable=False),
        sa.Column("error", sa.String, nullable=False),
        sa.Column("handed_at", sa.Float),
        sa.Column("finished_at", sa.Float),
    )
    op.create_index("ix_support_chatwoot_messages_status", "support_chatwoot_messages", ["status", "next_at"])
    op.create_index(
        "ix_support_chatwoot_messages_conversation", "support_chatwoot_messages", ["tenant", "conversation", "status"]
    )


def _declarations() -> None:
    for name in ("support_entities", "support_points"):
        op.create_table(
            name,
            sa.Column("tenant", sa.String, primary_key=True),
            sa.Column("name", sa.String, primary_key=True),
            sa.Column("declared", sa.JSON, nullable=False),
            sa.Column("changed_at", sa.Float, nullable=False),
        )
