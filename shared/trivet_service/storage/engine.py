"""An engine over the database that a URL names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, InterfaceError, NoSuchModuleError, OperationalError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from trivet_service.storage.errors import StoreError, StoreUnavailableError

# Seconds until a connection is given up, and those that one statement may take.
_CONNECT_S = 5
_STATEMENT_S = 60
_SCHEMES = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}


def open_engine(url: str) -> Engine:
    """An engine over SQLite or PostgreSQL; connects to nothing yet.

    SQLite keeps a write-ahead log and waits for the disk at every commit, so that what was acknowledged survives a
    power cut.

    Raises:
        StoreError: the URL names another kind of database, or the driver of PostgreSQL is not installed.
    """
    address = read_address(url)
    if address.get_backend_name() == "sqlite":
        if address.database:
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(address)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    options = f"-c statement_timeout={_STATEMENT_S * 1000} -c timezone=UTC"
    try:
        return create_engine(
            address, pool_pre_ping=True, connect_args={"connect_timeout": _CONNECT_S, "options": options}
        )
    except ModuleNotFoundError as error:
        raise StoreError(
            f"{error.name} is not installed.", where=show_address(url), todo='Run `pip install "trivet[postgres]"`.'
        ) from error


def read_address(url: str) -> URL:
    """The URL taken apart, with our driver for PostgreSQL.

    Raises:
        StoreError: it is no URL of SQLite or PostgreSQL.
    """
    try:
        address = make_url(url)
        address = address.set(drivername=_SCHEMES.get(address.drivername, address.drivername))
        kind = address.get_backend_name()
        address.get_dialect()
    except (ArgumentError, NoSuchModuleError) as error:
        # The text may hold a password.
        raise StoreError(
            "this is no URL of a database.", where="TRIVET_DATABASE_URL", todo="Give postgresql://USER@HOST/DATABASE."
        ) from error
    if kind not in ("sqlite", "postgresql"):
        raise StoreError(
            f"{kind} is not supported.", where="TRIVET_DATABASE_URL", todo="Give a sqlite:/// or postgresql:// URL."
        )
    return address


def show_address(url: str) -> str:
    """The URL without its password."""
    return read_address(url).render_as_string(hide_password=True)


@contextmanager
def answering() -> Iterator[None]:
    """Turn the loss of a database into an error that a caller can wait for.

    Raises:
        StoreUnavailableError: it does not answer, is locked, or its disk is full.
    """
    try:
        yield
    except (OperationalError, InterfaceError, PendingRollbackError, PoolTimeoutError, ConnectionError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise StoreUnavailableError(
            f"the database does not answer ({reason}).", todo="Try again in a moment."
        ) from error


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transactions begin too late for savepoints; `_begin_sqlite` begins them.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock at once: one that reads first and writes later could not wait for another process.
    immediate = connection.get_execution_options().get("trivet_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
