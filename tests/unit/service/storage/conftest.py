"""A domain of notes, in a database of each kind."""

from __future__ import annotations

import pytest
from sqlalchemy import JSON, Column, Float, Integer, LargeBinary, String, Table, UniqueConstraint

from trivet_service.storage.database import Database
from trivet_service.storage.domain import Domain, new_tables, tenant_column

FIRST = """
import sqlalchemy as sa
from alembic import op
revision = "v0001_notes"
down_revision = None

def upgrade():
    op.create_table(
        "notes_notes",
        sa.Column("tenant", sa.String, primary_key=True),
        sa.Column("note", sa.String, primary_key=True),
        sa.Column("text", sa.String, nullable=False),
    )
"""
SECOND = """
import sqlalchemy as sa
from alembic import op
revision = "v0002_more"
down_revision = "v0001_notes"

def upgrade():
    with op.batch_alter_table("notes_notes") as table:
        table.add_column(sa.Column("more", sa.JSON))
        table.add_column(sa.Column("blob", sa.LargeBinary))
        table.add_column(sa.Column("weight", sa.Float, nullable=False, server_default="0"))
    op.create_table(
        "notes_marks",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("note", sa.String, nullable=False),
        sa.UniqueConstraint("tenant", "note"),
    )
    op.create_table("notes_shared", sa.Column("name", sa.String, primary_key=True))
"""
BROKEN = """
import sqlalchemy as sa
from alembic import op
revision = "v0003_broken"
down_revision = "v0002_more"

def upgrade():
    op.create_table("notes_broken", sa.Column("name", sa.String, primary_key=True))
    raise ZeroDivisionError("in the middle of an upgrade")
"""

tables = new_tables()
notes = Table(
    "notes_notes",
    tables,
    tenant_column(),
    Column("note", String, primary_key=True),
    Column("text", String, nullable=False),
    Column("more", JSON),
    Column("blob", LargeBinary),
    Column("weight", Float, nullable=False, server_default="0"),
)
marks = Table(
    "notes_marks",
    tables,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("tenant", String, nullable=False),
    Column("note", String, nullable=False),
    UniqueConstraint("tenant", "note"),
)
shared = Table("notes_shared", tables, Column("name", String, primary_key=True))


@pytest.fixture
def notes_domain(tmp_path):
    """Makes the domain as it stood after so many revisions; `broken` adds one that fails."""

    def make(revisions: int = 2, *, broken: bool = False) -> Domain:
        folder = tmp_path / f"migrations-{revisions}-{broken}"
        folder.mkdir(exist_ok=True)
        for name, text in [("v0001_notes", FIRST), ("v0002_more", SECOND)][:revisions]:
            (folder / f"{name}.py").write_text(text)
        if broken:
            (folder / "v0003_broken.py").write_text(BROKEN)
        return Domain("notes", tables, folder)

    return make


@pytest.fixture
def the():
    """The tables by name."""
    return {"notes": notes, "marks": marks, "shared": shared}


@pytest.fixture
def database(database_url, notes_domain):
    """An open database with the tables of notes."""
    opened = Database(database_url)
    opened.open([notes_domain()])
    yield opened
    opened.close()
