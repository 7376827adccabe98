"""Brings the tables of a database to today's revision, a branch a domain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from trivet_service.storage.domain import Domain
from trivet_service.storage.engine import show_address
from trivet_service.storage.errors import StoreError

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

# Any number that nobody else locks: two processes that start at once upgrade one after the other.
_LOCK = 7_284_031_995
_LOCK_S = 120


def upgrade(engine: Engine, domains: Sequence[Domain], *, to: dict[str, str] | None = None) -> None:
    """Bring every domain to its newest revision, or the one in `to`, in one transaction a domain.

    A database of the time before revisions holds the tables but no version: it stands at the first one.

    Raises:
        StoreError: the database cannot be opened, or stands at a revision that this version does not know.
    """
    try:
        with engine.connect() as connection:
            behind = [one for one in domains if read_revision(connection, one) != _target(one, to)]
        if behind:
            with _alone(engine):
                for domain in behind:
                    _upgrade_domain(engine, domain, _target(domain, to))
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise StoreError(
            f"the database cannot be opened ({type(error).__name__}: {reason}).",
            where=show_address(engine.url.render_as_string(hide_password=False)),
            todo="Check TRIVET_DATABASE_URL, that the server runs, and the rights of the file.",
        ) from error


def read_revision(connection: Connection, domain: Domain) -> str:
    """The revision that the database stands at for a domain; empty: none of its tables is there.

    Raises:
        StoreError: one that this version does not know.
    """
    names = set(inspect(connection).get_table_names())
    if domain.version_table not in names:
        is_old = any(name in names for name in domain.metadata.tables)
        return domain.revisions[0] if is_old else ""
    found = connection.execute(text(f"SELECT version_num FROM {domain.version_table}")).scalar()
    if found is not None and found not in domain.revisions:
        raise StoreError(
            f"the tables of {domain.name} stand at {found}, this version knows {domain.revisions[-1]} at most.",
            todo="Run the newer version of Trivet, or restore a backup of the older one.",
        )
    return found or ""


def _target(domain: Domain, to: dict[str, str] | None) -> str:
    return (to or {}).get(domain.name, domain.revisions[-1])


def _upgrade_domain(engine: Engine, domain: Domain, target: str) -> None:
    # Alembic takes a quarter of a second to import; a database that is up to date never needs it.
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(domain.migrations), version_locations=[str(domain.migrations)])

    def steps(current: Any, _: MigrationContext) -> Any:
        return script._upgrade_revs(target, current)

    with engine.execution_options(trivet_writes=True).begin() as connection:
        current = read_revision(connection, domain)
        if current == target:
            return
        has_versions = inspect(connection).has_table(domain.version_table)
        with EnvironmentContext(Config(), script, fn=steps, destination_rev=target) as environment:
            environment.configure(
                connection=connection, version_table=domain.version_table, transactional_ddl=True, render_as_batch=True
            )
            if current and not has_versions:
                environment.get_context().stamp(script, current)
            environment.run_migrations()


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Hold the lock that upgrades are made under; it goes with the process that holds it.

    Raises:
        StoreError: another process has held it for two minutes.
    """
    with ExitStack() as held:
        if engine.dialect.name == "postgresql":
            connection = held.enter_context(engine.connect())
            connection.execute(text(f"SET lock_timeout = '{_LOCK_S}s'"))
            connection.execute(sqlalchemy.select(sqlalchemy.func.pg_advisory_lock(_LOCK)))
            # Ending the session gives the lock back, whatever happened in it.
            held.callback(connection.invalidate)
        elif engine.url.database:
            from filelock import FileLock, Timeout

            try:
                held.enter_context(FileLock(f"{engine.url.database}.upgrade", timeout=_LOCK_S))
            except Timeout as error:
                todo = "End it, then start again."
                raise StoreError("another process upgrades it.", where=engine.url.database, todo=todo) from error
        yield
