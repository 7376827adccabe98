"""A domain's share of a database: its tables, and the revisions that lead to them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Column, MetaData, String

# SQLAlchemy's own way to name what a revision must later be able to drop.
_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


@dataclass(frozen=True)
class Domain:
    """Tables whose names begin with `NAME_`; `migrations` is a folder of Alembic revisions of their own.

    A revision's id is the name of its file, `v0001_what_it_brings`; they follow each other in the order of their names.
    `NAME_version` holds the one that the database stands at, so one database may serve every domain.
    """

    name: str
    metadata: MetaData
    migrations: Path

    @property
    def version_table(self) -> str:
        """The table that holds the revision of the database."""
        return f"{self.name}_version"

    @property
    def revisions(self) -> list[str]:
        """Every revision, oldest first; known without Alembic, which a server that is up to date never imports."""
        return sorted(path.stem for path in self.migrations.glob("v[0-9]*.py"))


def new_tables() -> MetaData:
    """An empty set of tables for a domain to define its own in."""
    return MetaData(naming_convention=_NAMES)


def tenant_column() -> Column[str]:
    """The column that says whose a row is; the first part of a table's primary key, as every query names it."""
    return Column("tenant", String, primary_key=True)
