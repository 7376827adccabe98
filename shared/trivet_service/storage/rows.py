"""Rows of one tenant on one connection: the only place where statements are made."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import sqlalchemy
from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import BinaryExpression, BindParameter
from sqlalchemy.sql.util import find_tables

from trivet.errors import InputError

Values: TypeAlias = Mapping[str, Any]
Query: TypeAlias = Select[*tuple[Any, ...]]
Found: TypeAlias = Row[*tuple[Any, ...]]

# Parameters of one statement; both databases take at least twice as many.
_PARAMETERS = 16_000
_STREAMED = 5000


class Rows:
    """What one tenant has in the tables; every statement that it makes or runs names that tenant.

    A table without a column `tenant` belongs to nobody, and only `tenant=None` (all of them, `Database.everyone`)
    reaches it.
    """

    def __init__(
        self, connection: Connection, tenant: str | None, *, announce: Callable[[str], None] = lambda _: None
    ) -> None:
        self.connection = connection
        self.tenant = tenant
        self._announce = announce

    def select(self, table: Table, *columns: ColumnElement[Any]) -> Query:
        """A query of the tenant's rows: all columns where none is named; the caller may narrow and order it."""
        return sqlalchemy.select(*(columns or (table,))).select_from(table).where(*self._of_tenant(table))

    def join(self, query: Query, table: Table, on: ColumnElement[bool], *, outer: bool = False) -> Query:
        """The query with the tenant's rows of another table beside it."""
        return query.join(table, sqlalchemy.and_(on, *self._of_tenant(table)), isouter=outer)

    def fetch(self, query: Query) -> Sequence[Found]:
        """The rows that a query of ours finds."""
        return self.connection.execute(self._checked(query)).all()

    def first(self, query: Query) -> Found | None:
        """The first row, or None."""
        return self.connection.execute(self._checked(query).limit(1)).first()

    def stream(self, query: Query) -> Iterator[Found]:
        """The rows one by one, a few thousand in memory at a time."""
        yield from self.connection.execution_options(yield_per=_STREAMED).execute(self._checked(query))

    def count(self, table: Table, *where: ColumnElement[bool]) -> int:
        """How many of the tenant's rows there are."""
        query = self.select(table, sqlalchemy.func.count()).where(*where)
        return int(self.connection.execute(query).scalar_one())

    def insert(self, table: Table, rows: Sequence[Values]) -> None:
        """Add rows."""
        for part in self._parts(table, rows):
            self.connection.execute(sqlalchemy.insert(table).values(part))

    def insert_one(self, table: Table, values: Values, *, returning: str) -> Any:
        """Add a row; the value that the database gave to one of its columns."""
        [part] = self._parts(table, [values])
        return self.connection.execute(sqlalchemy.insert(table).values(part).returning(table.c[returning])).scalar_one()

    def insert_new(self, table: Table, rows: Sequence[Values], *, key: Sequence[str], returning: str) -> list[Any]:
        """Insert the rows whose `key` is not there yet; the values of `returning` of those that were inserted."""
        found: list[Any] = []
        for part in self._parts(table, rows):
            statement = self._dialect.insert(table).values(part).on_conflict_do_nothing(index_elements=list(key))
            found += self.connection.execute(statement.returning(table.c[returning])).scalars()
        return found

    def insert_missing(self, table: Table, rows: Sequence[Values], *, key: Sequence[str]) -> None:
        """Insert the rows whose `key` is not there yet, without telling which: far quicker for many."""
        statement = self._dialect.insert(table).on_conflict_do_nothing(index_elements=list(key))
        for part in self._parts(table, rows):
            self.connection.execute(statement, part)

    def upsert(self, table: Table, rows: Sequence[Values], *, key: Sequence[str]) -> None:
        """Insert rows; where the `key` is there already, the other columns get the new values."""
        for part in self._parts(table, rows):
            statement = self._dialect.insert(table).values(part)
            changed = {name: statement.excluded[name] for name in part[0] if name not in key}
            self.connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=changed))

    def update(self, table: Table, values: Values, *where: ColumnElement[bool]) -> int:
        """Change the tenant's rows of which all of `where` holds; how many there were."""
        statement = sqlalchemy.update(table).where(*self._of_tenant(table), *where).values(_clean(values))
        return self.connection.execute(statement).rowcount

    def delete(self, table: Table, *where: ColumnElement[bool]) -> int:
        """Remove the tenant's rows of which all of `where` holds; how many there were."""
        statement = sqlalchemy.delete(table).where(*self._of_tenant(table), *where)
        return self.connection.execute(statement).rowcount

    def claim(self, query: Query) -> Sequence[Found]:
        """The rows that a query finds and nobody else has claimed in a transaction that still runs.

        PostgreSQL passes over rows that another holds; SQLite has one writer at a time, so there is nobody else.
        """
        query = self._checked(query)
        if self.connection.dialect.name == "postgresql":
            query = query.with_for_update(skip_locked=True)
        return self.connection.execute(query).all()

    def lock(self, name: str) -> None:
        """Be the only transaction with this lock until it ends; others wait.

        A transaction of SQLite that writes is alone already.
        """
        if self.connection.dialect.name == "postgresql":
            self.connection.execute(sqlalchemy.select(sqlalchemy.func.pg_advisory_xact_lock(_number(name))))

    def try_lock(self, name: str) -> bool:
        """As `lock`, but never waits: whether this transaction has it."""
        if self.connection.dialect.name != "postgresql":
            return True
        query = sqlalchemy.select(sqlalchemy.func.pg_try_advisory_xact_lock(_number(name)))
        return bool(self.connection.execute(query).scalar_one())

    def announce(self, what: str) -> None:
        """Have those of this process who listen for `what` (`Database.listening`) called, once this is on the disk."""
        self._announce(what)

    def _of_tenant(self, table: Table) -> tuple[ColumnElement[bool], ...]:
        """The filter that keeps tenants apart."""
        if self.tenant is None:
            return ()
        assert "tenant" in table.c, f"{table.name} belongs to no tenant; ask `Database.everyone` for it"
        return (table.c.tenant == self.tenant,)

    def _checked(self, query: Query) -> Query:
        """The query, each of whose tables is held to the tenant."""
        if self.tenant is not None:
            bound = set(_bound_tables(query, self.tenant))
            for table in _tables(query.get_final_froms()):
                assert table in bound, f"a query of {table.name} does not name its tenant"
        return query

    def _parts(self, table: Table, rows: Sequence[Values]) -> Iterator[list[dict[str, Any]]]:
        """The rows with their tenant, as many at a time as a statement takes."""
        owner = {} if self.tenant is None else {"tenant": self.tenant}
        assert not owner or "tenant" in table.c, f"{table.name} belongs to no tenant"
        size = max(1, _PARAMETERS // len(table.columns))
        for start in range(0, len(rows), size):
            yield [_clean(row) | owner for row in rows[start : start + size]]

    @property
    def _dialect(self) -> Any:
        return sqlite if self.connection.dialect.name == "sqlite" else postgresql


def _number(name: str) -> int:
    """The number that stands for a lock's name in PostgreSQL."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def _clean(values: Values) -> dict[str, Any]:
    """The values, if both databases can hold them.

    Raises:
        InputError: a text holds NUL, or half of a surrogate pair.
    """
    for name, value in values.items():
        if isinstance(value, str) and ("\x00" in value or not _is_unicode(value)):
            raise InputError(f"{name} holds a character that is no text (NUL or half a surrogate pair).")
    return dict(values)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _tables(froms: Sequence[FromClause]) -> list[Table]:
    found: list[Table] = []
    for clause in froms:
        found += [one for one in find_tables(clause, include_joins=True) if isinstance(one, Table)]
    return found


def _bound_tables(query: Query, tenant: str) -> Iterator[Table]:
    """Tables whose column `tenant` a condition of the query sets equal to this tenant."""
    for element in visitors.iterate(query):
        if isinstance(element, BinaryExpression) and isinstance(element.right, BindParameter):
            column = element.left
            if getattr(column, "name", "") == "tenant" and element.right.value == tenant:
                table = getattr(column, "table", None)
                if isinstance(table, Table):
                    yield table
