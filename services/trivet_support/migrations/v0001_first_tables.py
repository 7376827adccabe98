"""The first tables of the support service."""

from __future__ import annotations

revision = "v0001_first_tables"
down_revision = None


def upgrade() -> None:
    """Nothing yet."""
