"""Data sets that tenants have uploaded: files under their content, and a small document a set that says which count.

    HOME/datasets/TENANT/NAME/set.json             which version counts, replaced at once
    HOME/datasets/TENANT/NAME/VERSION/NAME/        one file a table, never changed: a path is a data set

A version stays until its set is deleted: a model's card names the rows that it was trained on.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from trivet.artifact.folders import link_or_copy, new_folder
from trivet.errors import InputError

NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
FORMATS: Mapping[str, str] = {
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/x-ndjson": "jsonl",
    "application/jsonl": "jsonl",
    "application/vnd.apache.parquet": "parquet",
}
_DOCUMENT = "set.json"


@dataclass(frozen=True)
class TableFile:
    """An uploaded table: its format, the sha256 of its bytes, its rows, and when it came (seconds since 1970)."""

    format: str
    sha256: str
    bytes: int
    rows: int
    uploaded_at: float


@dataclass(frozen=True)
class DataSet:
    """A tenant's own set as it stands; `version` names the content of all tables, `columns` roles by column."""

    name: str
    version: str
    tables: Mapping[str, TableFile]
    columns: Mapping[str, str] = field(default_factory=dict)


class Shelf:
    """The sets of one tenant. All of it blocks: call it from a thread."""

    def __init__(self, home: Path, tenant: str) -> None:
        self._folder = home / "datasets" / _folder_of(tenant)

    def names(self) -> list[str]:
        """Names of the sets, sorted."""
        if not self._folder.is_dir():
            return []
        return sorted(path.name for path in self._folder.iterdir() if (path / _DOCUMENT).is_file())

    def find(self, name: str) -> DataSet | None:
        """A set by name."""
        try:
            content = json.loads((self._place(name) / _DOCUMENT).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        tables = {table: TableFile(**values) for table, values in content.pop("tables").items()}
        return DataSet(tables=tables, **content)

    def folder(self, name: str, version: str) -> Path:
        """Where the files of a version lie."""
        assert re.fullmatch(r"[0-9a-f]{16}", version), "versions are ours"
        return self._place(name) / version / name

    def bytes_used(self) -> int:
        """What the files of all versions take; a file that several versions share counts once."""
        files = (path.stat() for path in self._folder.rglob("*") if path.is_file() and not path.is_symlink())
        return sum({status.st_ino: status.st_size for status in files}.values())

    def draft(self, table_format: str) -> Path:
        """A new file for what comes in; whoever asked for it removes it."""
        drafts = self._folder / ".drafts"
        drafts.mkdir(parents=True, exist_ok=True)
        return drafts / f"{uuid.uuid4().hex}.{table_format}"

    def put(self, name: str, table: str, draft: Path, entry: TableFile, columns: Mapping[str, str]) -> DataSet:
        """Make a checked draft a table of a set; whoever opens the set sees it as it was or as it is."""
        with self._alone(name):
            old = self.find(name)
            tables = {**(old.tables if old else {}), table: entry}
            columns = {**(old.columns if old else {}), **columns}
            version = _version(tables)
            folder = self.folder(name, version)
            if not folder.exists():
                self._place_version(folder, old, tables, {table: draft})
            new = DataSet(name, version, tables, columns)
            _write(self._place(name) / _DOCUMENT, asdict(new))
        return new

    def delete(self, name: str) -> bool:
        """Remove a set with all its versions; False where there was none."""
        place = self._place(name)
        if not (place / _DOCUMENT).is_file():
            return False
        with self._alone(name):
            gone = self._folder / ".drafts" / uuid.uuid4().hex
            gone.parent.mkdir(exist_ok=True)
            place.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
        return True

    def _place(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise InputError(f"{name!r} is no name of a data set: small letters, digits and hyphens.", where="/name")
        return self._folder / name

    def _place_version(
        self, folder: Path, old: DataSet | None, tables: Mapping[str, TableFile], fresh: Mapping[str, Path]
    ) -> None:
        with new_folder(folder.parent) as part:
            for table, entry in tables.items():
                file = f"{table}.{entry.format}"
                source = fresh.get(table) or self.folder(folder.name, old.version if old else "") / file
                link_or_copy(source, part / folder.name / file)

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        from filelock import FileLock

        self._place(name)
        locks = self._folder / ".locks"
        locks.mkdir(parents=True, exist_ok=True)
        with FileLock(locks / name):
            self._place(name).mkdir(exist_ok=True)
            yield


def _folder_of(tenant: str) -> str:
    """A folder that no other tenant has, whatever characters the name holds."""
    return tenant if NAME.fullmatch(tenant) else f"_{hashlib.sha256(tenant.encode()).hexdigest()[:32]}"


def _version(tables: Mapping[str, TableFile]) -> str:
    content = [(table, entry.format, entry.sha256) for table, entry in sorted(tables.items())]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def _write(path: Path, content: Mapping[str, Any]) -> None:
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
