"""Rule sets in the database."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass

from sqlalchemy import JSON, Column, Float, String, Table

from trivet_service.audit import Actor, record
from trivet_service.problems import ProblemError
from trivet_service.storage.database import Database
from trivet_service.storage.domain import tenant_column
from trivet_service.storage.rows import Rows
from trivet_support.desk.marks import mark
from trivet_support.rules.rule import RuleSet
from trivet_support.store import support_tables

_rules = Table(
    "support_rules",
    support_tables,
    tenant_column(),
    Column("content", JSON, nullable=False),
    Column("version", String, nullable=False),
    Column("updated_at", Float, nullable=False),
)
_COLUMNS = (_rules.c.content, _rules.c.version, _rules.c.updated_at)


@dataclass(frozen=True)
class Kept:
    """A tenant's rules; `version` names their content, `updated_at` is in seconds since 1970, 0: none were put."""

    rules: RuleSet
    version: str
    updated_at: float


class RuleStore:
    """Everybody's rules. All of it blocks and raises StoreUnavailableError where the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, tenant: str) -> Kept:
        """A tenant's rules; an empty set where none were put."""
        return self._database.of(tenant).read(_find)

    def put(self, tenant: str, rules: RuleSet, *, actor: Actor, expected: str = "") -> Kept:
        """Keep these rules instead of all that were; who did it is in the audit log.

        Raises:
            ProblemError: 412 `changed`: those that were are not of the version that was `expected`.
        """
        kept = Kept(rules, version_of(rules), time.time())

        def write(rows: Rows) -> None:
            rows.lock(f"support rules {tenant}")
            here = _find(rows).version
            if expected not in ("", here):
                detail = f"the rules are of version {here} by now: read them again, and put yours over those."
                raise ProblemError(412, detail, code="changed", headers={"ETag": f'"{here}"'})
            row = {
                "content": rules.model_dump(mode="json"),
                "version": kept.version,
                "updated_at": kept.updated_at,
            }
            rows.upsert(_rules, [row], key=("tenant",))
            mark(rows, "rules")
            what = {"version": kept.version, "rules": len(rules.rules)}
            record(rows, actor, "rules.changed", "rules", what)

        self._database.of(tenant).write(write)
        return kept


def version_of(rules: RuleSet) -> str:
    """The name of what a set of rules says."""
    content = json.dumps(rules.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _find(rows: Rows) -> Kept:
    row = rows.first(rows.select(_rules, *_COLUMNS))
    if row is None:
        return Kept(RuleSet(), version_of(RuleSet()), 0.0)
    content, version, updated_at = row
    return Kept(RuleSet.model_validate(content), version, updated_at)
