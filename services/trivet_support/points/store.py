"""Operating points in the database."""

from __future__ import annotations

import time
from dataclasses import asdict, replace

from sqlalchemy import JSON, Column, Float, String, Table

from trivet_service.audit import Actor, record
from trivet_service.keys import UnknownError
from trivet_service.problems import ProblemError
from trivet_service.storage.database import Database
from trivet_service.storage.domain import tenant_column
from trivet_service.storage.rows import Found, Rows
from trivet_support.desk.marks import mark
from trivet_support.points.point import Declared, Measured
from trivet_support.store import support_tables

MOST = 20

points = Table(
    "support_points",
    support_tables,
    tenant_column(),
    Column("name", String, primary_key=True),
    Column("declared", JSON, nullable=False),
    Column("changed_at", Float, nullable=False),
)


class PointStore:
    """Everybody's points. All of it blocks and raises StoreUnavailableError where the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, tenant: str) -> list[Declared]:
        """A tenant's points, by name."""
        return self._database.of(tenant).read(
            lambda rows: [_read(row) for row in rows.fetch(rows.select(points).order_by(points.c.name))]
        )

    def find(self, tenant: str, name: str) -> Declared:
        """A tenant's point. Raises UnknownError where there is none."""
        row = self._database.of(tenant).read(lambda rows: rows.first(rows.select(points).where(points.c.name == name)))
        if row is None:
            raise UnknownError(f"there is no operating point {name!r}.")
        return _read(row)

    def put(self, tenant: str, declared: Declared, *, actor: Actor) -> Declared:
        """Keep a point in the place of the one that had its name; who did it is in the audit log.

        Raises:
            ProblemError: 409 `too_many`.
        """
        kept = replace(declared, changed_at=time.time())

        def write(rows: Rows) -> None:
            rows.lock(f"support points {tenant}")
            if rows.count(points, points.c.name != kept.name) >= MOST:
                raise ProblemError(409, f"a tenant has {MOST} operating points at most.", code="too_many")
            content = {name: value for name, value in asdict(kept).items() if name not in ("name", "changed_at")}
            row = {"name": kept.name, "declared": content, "changed_at": kept.changed_at}
            rows.upsert(points, [row], key=("tenant", "name"))
            mark(rows, "points")
            record(rows, actor, "point.changed", kept.name, {"precision": kept.precision, "threshold": kept.threshold})

        self._database.of(tenant).write(write)
        return kept

    def delete(self, tenant: str, name: str, *, actor: Actor) -> None:
        """Forget a point. Raises UnknownError where there is none."""

        def write(rows: Rows) -> None:
            if not rows.delete(points, points.c.name == name):
                raise UnknownError(f"there is no operating point {name!r}.")
            mark(rows, "points")
            record(rows, actor, "point.deleted", name)

        self._database.of(tenant).write(write)


def _read(row: Found) -> Declared:
    values = dict(row.declared)
    measured = values.pop("measured")
    return Declared(
        name=row.name,
        measured=None if measured is None else Measured(**measured),
        changed_at=row.changed_at,
        **values,
    )
