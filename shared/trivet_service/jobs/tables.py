"""The tables of long work: jobs, the lines that they said, and the workers that were seen."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Float, Index, Integer, String, Table, Text

from trivet_service.storage.domain import tenant_column
from trivet_service.storage.kit import kit_tables

jobs = Table(
    "kit_jobs",
    kit_tables,
    tenant_column(),
    Column("id", String, primary_key=True),
    Column("service", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("request", JSON, nullable=False),
    Column("status", String, nullable=False),
    Column("progress", Float, nullable=False),
    Column("stage", String, nullable=False),
    Column("result", JSON),
    Column("error", JSON),
    Column("created_at", Float, nullable=False),
    Column("started_at", Float),
    Column("finished_at", Float),
    Column("attempts", Integer, nullable=False),
    Column("lease_until", Float, nullable=False),
    Column("worker", String, nullable=False),
    Column("cancel_requested", Boolean, nullable=False),
    Column("timeout_s", Float, nullable=False),
    Column("created_by", String, nullable=False),
    Column("request_id", String, nullable=False),
    Index(None, "status", "tenant"),
    Index(None, "tenant", "created_at", "id"),
    Index(None, "finished_at"),
)
job_logs = Table(
    "kit_job_logs",
    kit_tables,
    tenant_column(),
    Column("job", String, primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("time", Float, nullable=False),
    Column("line", Text, nullable=False),
)
# A worker serves every tenant, so it belongs to none.
workers = Table(
    "kit_workers",
    kit_tables,
    Column("id", String, primary_key=True),
    Column("started_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
)
