"""The first tables of the kit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0001_first_tables"
down_revision = None


def upgrade() -> None:
    _tenants()
    _keys()
    _audit()
    _idempotency()
    _jobs()
    _stream()
    _webhooks()
    _predictions()


def _tenants() -> None:
    op.create_table(
        "kit_tenants",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("closed_at", sa.Float),
        sa.Column("changes", sa.Integer, nullable=False),
    )


def _keys() -> None:
    op.create_table(
        "kit_keys",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("salt", sa.String, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("expires_at", sa.Float),
        sa.Column("revoked_at", sa.Float),
        sa.Column("last_used_at", sa.Float),
        sa.Column("replaced_by", sa.String, nullable=False),
        sa.UniqueConstraint("id"),
    )


def _audit() -> None:
    op.create_table(
        "kit_audit",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("time", sa.Float, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("object", sa.String, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.Column("request_id", sa.String, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
    )
    # A revision that rebuilds the table (as a batch does on SQLite) must make these again.
    said = "kit_audit only grows"
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION kit_audit_refuse() RETURNS trigger LANGUAGE plpgsql"
            f" AS $$ BEGIN RAISE EXCEPTION '{said}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER kit_audit_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON kit_audit"
            " FOR EACH STATEMENT EXECUTE FUNCTION kit_audit_refuse()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER kit_audit_no_{verb.lower()} BEFORE {verb} ON kit_audit"
            f" BEGIN SELECT RAISE(ABORT, '{said}'); END"
        )


def _idempotency() -> None:
    op.create_table(
        "kit_idempotency",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("leased_until", sa.Float, nullable=False),
        sa.Column("expires_at", sa.Float, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("headers", sa.String, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_kit_idempotency_tenant_expires_at", "kit_idempotency", ["tenant", "expires_at"])


def _predictions() -> None:
    op.create_table(
        "kit_predictions",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("request_id", sa.String, primary_key=True),
        sa.Column("item", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("time", sa.Float, nullable=False),
        sa.Column("service", sa.String, nullable=False),
        sa.Column("model", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("confidence", sa.Float),
        sa.Column("decision", sa.String, nullable=False),
        sa.Column("shown", sa.JSON),
        sa.Column("promised", sa.Float),
        sa.Column("text", sa.String),
    )
    op.create_table(
        "kit_feedback",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("request_id", sa.String, primary_key=True),
        sa.Column("item", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("time", sa.Float, nullable=False),
        sa.Column("correct", sa.Boolean),
        sa.Column("label", sa.String),
        sa.Column("note", sa.String),
        sa.Column("service", sa.String, nullable=False),
        sa.Column("model", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("answered", sa.String, nullable=False),
        sa.Column("decision", sa.String, nullable=False),
        sa.Column("promised", sa.Float),
    )
    for table in ("kit_predictions", "kit_feedback"):
        op.create_index(f"ix_{table}_tenant_time", table, ["tenant", "time"])
        op.create_index(f"ix_{table}_time", table, ["time"])


def _stream() -> None:
    op.create_table(
        "kit_outbox",
        sa.Column("entry", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("topic", sa.String, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("time", sa.Float, nullable=False),
        sa.Column("request_id", sa.String, nullable=False),
        sa.Column("data", sa.String, nullable=False),
    )
    op.create_table(
        "kit_stream",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("topic", sa.String, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("time", sa.Float, nullable=False),
        sa.Column("request_id", sa.String, nullable=False),
        sa.Column("data", sa.String, nullable=False),
        sa.Column("arrived_at", sa.Float, nullable=False),
    )
    op.create_index("ix_kit_stream_tenant_topic_sequence", "kit_stream", ["tenant", "topic", "sequence"])
    op.create_index("ix_kit_stream_arrived_at", "kit_stream", ["arrived_at"])
    op.create_table(
        "kit_stream_heads",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("last", sa.BigInteger, nullable=False),
    )


def _webhooks() -> None:
    op.create_table(
        "kit_webhooks",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("url", sa.String, nullable=False),
        sa.Column("topics", sa.JSON, nullable=False),
        sa.Column("description", sa.String, nullable=False),
        sa.Column("secret", sa.String, nullable=False),
        sa.Column("old_secret", sa.String, nullable=False),
        sa.Column("old_secret_until", sa.Float, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("disabled_at", sa.Float),
        sa.Column("disabled_why", sa.String, nullable=False),
        sa.Column("paused_until", sa.Float, nullable=False),
        sa.Column("turn", sa.String, nullable=False),
        sa.Column("turn_until", sa.Float, nullable=False),
        sa.Column("served_at", sa.Float, nullable=False),
    )
    op.create_table(
        "kit_deliveries",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("webhook", sa.String, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("body", sa.String, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.Float, nullable=False),
        sa.Column("attempted_at", sa.Float),
        sa.Column("response_status", sa.Integer),
        sa.Column("error", sa.String, nullable=False),
        sa.Column("finished_at", sa.Float),
    )
    due = ["tenant", "webhook", "status", "next_at"]
    op.create_index("ix_kit_deliveries_due", "kit_deliveries", due)
    op.create_index("ix_kit_deliveries_status_next_at", "kit_deliveries", ["status", "next_at"])
    by_age = ["tenant", "webhook", "created_at", "sequence", "id"]
    op.create_index("ix_kit_deliveries_by_age", "kit_deliveries", by_age)
    op.create_index("ix_kit_deliveries_created_at", "kit_deliveries", ["created_at"])


def _jobs() -> None:
    op.create_table(
        "kit_jobs",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("service", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("request", sa.JSON, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("progress", sa.Float, nullable=False),
        sa.Column("stage", sa.String, nullable=False),
        sa.Column("result", sa.JSON),
        sa.Column("error", sa.JSON),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("started_at", sa.Float),
        sa.Column("finished_at", sa.Float),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("lease_until", sa.Float, nullable=False),
        sa.Column("worker", sa.String, nullable=False),
        sa.Column("cancel_requested", sa.Boolean, nullable=False),
        sa.Column("timeout_s", sa.Float, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("request_id", sa.String, nullable=False),
    )
    op.create_index("ix_kit_jobs_status_tenant", "kit_jobs", ["status", "tenant"])
    op.create_index("ix_kit_jobs_tenant_created_at_id", "kit_jobs", ["tenant", "created_at", "id"])
    op.create_index("ix_kit_jobs_finished_at", "kit_jobs", ["finished_at"])
    op.create_table(
        "kit_job_logs",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("job", sa.String, primary_key=True),
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("time", sa.Float, nullable=False),
        sa.Column("line", sa.Text, nullable=False),
    )
    op.create_table(
        "kit_workers",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("started_at", sa.Float, nullable=False),
        sa.Column("seen_at", sa.Float, nullable=False),
    )
