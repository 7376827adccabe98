"""Who the tenants are."""

from __future__ import annotations

from sqlalchemy import Column, Float, String, Table

from trivet_service.storage.domain import tenant_column
from trivet_service.storage.kit import kit_tables

tenants = Table(
    "kit_tenants",
    kit_tables,
    tenant_column(),
    Column("name", String, nullable=False),
    Column("created_at", Float, nullable=False),
)
