"""The first tables of the kit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0001_first_tables"
down_revision = None


def upgrade() -> None:
    _tenants()


def _tenants() -> None:
    op.create_table(
        "kit_tenants",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )
