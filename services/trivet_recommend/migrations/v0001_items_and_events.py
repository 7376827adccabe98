"""Items, events and embeddings: the tables of version 0.1, which were made without revisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0001_items_and_events"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "recommend_items",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("item", sa.String, primary_key=True),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("category", sa.String, nullable=False),
        sa.Column("added_at", sa.Float, nullable=False),
    )
    op.create_table(
        "recommend_events",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("user", sa.String, nullable=False),
        sa.Column("item", sa.String, nullable=False),
        sa.Column("event", sa.String, nullable=False),
        sa.Column("value", sa.Float, nullable=False),
        sa.Column("time", sa.Float, nullable=False),
        sa.UniqueConstraint("tenant", "id"),
    )
    op.create_table(
        "recommend_embeddings",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("item", sa.String, primary_key=True),
        sa.Column("encoder", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )
