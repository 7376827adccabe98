"""The tables of the kit itself: whoever defines one does it in `kit_tables`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from trivet_service.storage.domain import Domain, new_tables

kit_tables = new_tables()

# Modules that define tables of the kit, each beside what uses them.
_DEFINED_IN = (
    "trivet_service.audit",
    "trivet_service.idempotency",
    "trivet_service.jobs.tables",
    "trivet_service.key_store",
    "trivet_service.outbox",
    "trivet_service.predictions.feedback",
    "trivet_service.predictions.prediction",
    "trivet_service.streams.log",
    "trivet_service.tenants",
    "trivet_service.webhooks.tables",
)


def kit_domain() -> Domain:
    """The kit as a domain of the database, with every table of it known."""
    for name in _DEFINED_IN:
        import_module(name)
    return Domain("kit", kit_tables, Path(__file__).parents[1] / "migrations")
