"""An index that gives a tenant's events in the order of time without sorting them."""

from __future__ import annotations

from alembic import op

revision = "v0002_events_by_time"
down_revision = "v0001_items_and_events"


def upgrade() -> None:
    op.create_index("ix_recommend_events_tenant", "recommend_events", ["tenant", "time", "sequence"])
