"""The tables of the support service: whoever defines one does it in `support_tables`, beside what uses it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from trivet_service.storage.domain import Domain, new_tables

support_tables = new_tables()

# Modules that define tables.
_DEFINED_IN: tuple[str, ...] = (
    "trivet_support.answers.store",
    "trivet_support.compat.chatwoot.tables",
    "trivet_support.desk.marks",
    "trivet_support.entities.store",
    "trivet_support.growth.tables",
    "trivet_support.inbox.tables",
    "trivet_support.knowledge.store",
    "trivet_support.points.store",
    "trivet_support.rules.store",
    "trivet_support.sessions",
)


def support_domain() -> Domain:
    """The service's share of a database, with every table of it known."""
    for name in _DEFINED_IN:
        import_module(name)
    return Domain("support", support_tables, Path(__file__).parent / "migrations")
