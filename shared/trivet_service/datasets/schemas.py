"""What the routes of data sets take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from trivet_service.datasets.check import Checked
from trivet_service.datasets.shelf import DataSet
from trivet_service.moments import moment
from trivet_service.paging import Page

_EXAMPLE: dict[str, Any] = {
    "name": "faq",
    "version": "3f2a9c0d1e4b5a67",
    "tables": {
        "train": {
            "format": "csv",
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "bytes": 48213,
            "rows": 812,
            "uploaded_at": "2026-11-24T09:30:00Z",
        }
    },
    "columns": {"text": "question", "label": "intent"},
}
_FINDING: dict[str, Any] = {
    "kind": "rare label",
    "severity": "warning",
    "rows": 3,
    "about": "rows of 1 label with fewer than 5 rows each",
    "examples": ["card_lost (3)"],
}


class TableShown(BaseModel):
    """A table of a set."""

    format: str
    sha256: str
    bytes: int
    rows: int
    uploaded_at: datetime


class DataSetShown(BaseModel):
    """A data set of the tenant's own."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    name: str
    version: str = Field(description="Of the content of all tables; a job uses the one that counted when it was asked.")
    tables: dict[str, TableShown]
    columns: dict[str, str] = Field(description="Columns by the part they play, where they were named.")


class DataSetsPage(Page[DataSetShown]):
    """Some of the tenant's data sets, by name."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_EXAMPLE], "next_cursor": None}]})


class Found(BaseModel):
    """What one should know about a table before training on it."""

    kind: str
    severity: str
    rows: int
    about: str
    examples: list[str]


class DataSetPut(DataSetShown):
    """The set as it stands now, and what was found in the table that came in."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_EXAMPLE, "findings": [_FINDING]}]})

    findings: list[Found]


class DataSetDeleted(BaseModel):
    """The set that is gone with all its versions."""

    name: str = Field(examples=["faq"])


def show_set(one: DataSet) -> DataSetShown:
    """A set as the routes give it."""
    return DataSetShown(**_shown(one))


def show_put(one: DataSet, checked: Checked) -> DataSetPut:
    """A set with what was found in the table that came in."""
    return DataSetPut(**_shown(one), findings=[Found.model_validate(finding) for finding in checked.findings])


def _shown(one: DataSet) -> dict[str, Any]:
    tables = {
        name: TableShown(
            format=table.format,
            sha256=table.sha256,
            bytes=table.bytes,
            rows=table.rows,
            uploaded_at=moment(table.uploaded_at),
        )
        for name, table in one.tables.items()
    }
    return {"name": one.name, "version": one.version, "tables": tables, "columns": dict(one.columns)}
