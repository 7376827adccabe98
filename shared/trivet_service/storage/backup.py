"""A backup that either database can be restored from: a zip of JSON lines, a file a table.

So it is the way from SQLite to PostgreSQL too. (pg_dump and SQLite's own copies each read one of them only.)
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import sqlalchemy
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Connection, Engine, MetaData, Table, func, inspect

import trivet
from trivet_service.storage.domain import Domain
from trivet_service.storage.engine import answering
from trivet_service.storage.errors import StoreError
from trivet_service.storage.migrate import read_revision, upgrade

_MANIFEST = "backup.json"
_FORMAT = 1
_AT_ONCE = 1000
# What reading a file ends with of which bytes have changed.
_DAMAGES = (KeyError, NotImplementedError, EOFError, zipfile.BadZipFile, zlib.error)


class TableBackup(BaseModel):
    """What a backup says of one table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int
    sha256: str


class Manifest(BaseModel):
    """What a backup says of itself: revisions a domain, and its tables."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int
    trivet: str
    made_at: str
    revisions: dict[str, str]
    tables: dict[str, TableBackup]


@dataclass(frozen=True)
class _Content:
    archive: zipfile.ZipFile
    manifest: Manifest


def write_backup(engine: Engine, domains: Sequence[Domain], path: Path, *, made_at: str) -> Manifest:
    """Write the rows of one moment, while others go on writing; the file appears whole or not at all.

    Raises:
        StoreError: the file is there already, or the database stands at a revision that this version does not know.
        StoreUnavailableError: the database does not answer.
    """
    if path.exists():
        raise StoreError("there is such a file.", where=str(path), todo="Give another name, or remove it.")
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    try:
        with draft.open("xb") as file:
            os.fchmod(file.fileno(), 0o600)
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, answering():
                manifest = _write_tables(engine, domains, archive, made_at=made_at)
                archive.writestr(_MANIFEST, manifest.model_dump_json(indent=1))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def restore_backup(engine: Engine, domains: Sequence[Domain], path: Path) -> Manifest:
    """Put the rows of a backup into a database that holds none, then bring it to today's revisions.

    All rows or none: they are put in within one transaction.

    Raises:
        StoreError: the file is damaged or of a newer version, or the database is not empty.
        StoreUnavailableError: the database does not answer.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            content = _Content(archive, _read_manifest(archive, path))
            _check(content, domains, path)
            _check_tables(content, path)
            wanted = [domain for domain in domains if content.manifest.revisions.get(domain.name)]
            with answering():
                _check_empty(engine, domains)
                upgrade(engine, wanted, to=content.manifest.revisions)
                with engine.execution_options(trivet_writes=True).begin() as connection:
                    for domain in wanted:
                        for table in _tables(connection, domain):
                            _restore_table(connection, table, content)
            upgrade(engine, domains)
            return content.manifest
    except (OSError, zipfile.BadZipFile) as error:
        raise StoreError(f"this is no backup ({error}).", where=str(path), todo="Give another file.") from error


def _write_tables(engine: Engine, domains: Sequence[Domain], archive: zipfile.ZipFile, *, made_at: str) -> Manifest:
    # Rows of one moment: SQLite's readers see one by themselves.
    level = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    revisions, written = {}, {}
    with engine.connect().execution_options(**level) as connection, connection.begin():
        for domain in domains:
            revisions[domain.name] = read_revision(connection, domain)
            for table in _tables(connection, domain):
                written[table.name] = _write_table(connection, table, archive)
    return Manifest(format=_FORMAT, trivet=trivet.__version__, made_at=made_at, revisions=revisions, tables=written)


def _write_table(connection: Connection, table: Table, archive: zipfile.ZipFile) -> TableBackup:
    digest, rows = hashlib.sha256(), 0
    query = sqlalchemy.select(table).order_by(*table.primary_key.columns)
    with archive.open(_member(table.name), "w", force_zip64=True) as member:
        for row in connection.execution_options(yield_per=_AT_ONCE).execute(query):
            line = json.dumps([_plain(value) for value in row], ensure_ascii=False).encode() + b"\n"
            digest.update(line)
            member.write(line)
            rows += 1
    return TableBackup(rows=rows, sha256=digest.hexdigest())


def _restore_table(connection: Connection, table: Table, content: _Content) -> None:
    if table.name not in content.manifest.tables:
        return
    names = [column.name for column in table.columns]
    with content.archive.open(_member(table.name)) as member:
        for part in _parts(member):
            values = [dict(zip(names, map(_value, json.loads(line)), strict=True)) for line in part]
            connection.execute(sqlalchemy.insert(table), values)
    _continue_sequence(connection, table)


def _continue_sequence(connection: Connection, table: Table) -> None:
    """Have PostgreSQL number new rows after those that were restored; SQLite does so by itself."""
    counted = table.autoincrement_column
    if counted is None or connection.dialect.name != "postgresql":
        return
    sequence = connection.execute(
        sqlalchemy.select(func.pg_get_serial_sequence(f'"{table.name}"', counted.name))
    ).scalar()
    last = connection.execute(sqlalchemy.select(func.max(counted))).scalar()
    if sequence and last:
        connection.execute(sqlalchemy.select(func.setval(sequence, last)))


def _read_manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    try:
        return Manifest.model_validate_json(archive.read(_MANIFEST))
    except (*_DAMAGES, ValidationError) as error:
        raise StoreError("this is no backup of Trivet.", where=str(path), todo="Give another file.") from error


def _check(content: _Content, domains: Sequence[Domain], path: Path) -> None:
    known = {domain.name: ["", *domain.revisions] for domain in domains}
    for name, revision in content.manifest.revisions.items():
        if revision not in known.get(name, ()):
            raise StoreError(
                f"it holds {name} at {revision}, which this version does not know.",
                where=str(path),
                todo=f"Restore it with Trivet {content.manifest.trivet} or newer, and every domain of it installed.",
            )


def _check_tables(content: _Content, path: Path) -> None:
    """Read every table before the first row is put in: what is damaged touches no database."""
    for name, said in content.manifest.tables.items():
        trouble: Exception | None = None
        digest, rows = hashlib.sha256(), 0
        try:
            with content.archive.open(_member(name)) as member:
                for line in member:
                    digest.update(line)
                    rows += 1
        except _DAMAGES as error:
            trouble = error
        if trouble or TableBackup(rows=rows, sha256=digest.hexdigest()) != said:
            raise StoreError(f"{name} is damaged.", where=str(path), todo="Restore another backup.") from trouble


def _check_empty(engine: Engine, domains: Sequence[Domain]) -> None:
    with engine.connect() as connection:
        for domain in domains:
            for table in _tables(connection, domain):
                if connection.execute(sqlalchemy.select(table).limit(1)).first() is not None:
                    raise StoreError(
                        f"the database holds rows already ({table.name}).",
                        where=engine.url.render_as_string(),
                        todo="Restore into an empty one: name it by TRIVET_DATABASE_URL.",
                    )


def _tables(connection: Connection, domain: Domain) -> list[Table]:
    """The domain's tables as they stand in the database, which may be older than today's."""
    names = [name for name in inspect(connection).get_table_names() if name.startswith(f"{domain.name}_")]
    found = MetaData()
    found.reflect(connection, only=[name for name in names if name != domain.version_table])
    return list(found.sorted_tables)


def _parts(member: IO[bytes]) -> Iterator[list[bytes]]:
    part: list[bytes] = []
    for line in io.BufferedReader(member):  # type: ignore[type-var]
        part.append(line)
        if len(part) == _AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _member(table: str) -> str:
    return f"{table}.jsonl"


def _plain(value: Any) -> Any:
    """A value as JSON has it; bytes in base64, JSON values under a key of their own."""
    match value:
        case bytes() | memoryview():
            return {"bytes": base64.b64encode(bytes(value)).decode()}
        case dict() | list():
            return {"json": value}
        case _:
            return value


def _value(plain: Any) -> Any:
    match plain:
        case {"bytes": str(text)}:
            return base64.b64decode(text)
        case {"json": value}:
            return value
        case _:
            return plain
