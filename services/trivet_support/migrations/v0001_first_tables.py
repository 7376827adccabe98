"""The first tables of the support service."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0001_first_tables"
down_revision = None


def upgrade() -> None:
    _sessions()


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
