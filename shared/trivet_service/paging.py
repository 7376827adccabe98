"""Long lists, a page at a time: `?cursor=&limit=` -> `{items, next_cursor}`.

A list is sorted by a key that no two of its rows share; a cursor is the key of the last row that was shown, so rows
that come or go meanwhile neither repeat nor hide others. It is not signed: whoever makes one up only starts elsewhere
in rows that are the tenant's own. A route is

    _BY_NAME = Order("items", (str,))

    @router.get("/v1/items", summary="What the catalogue holds")
    def list_items(caller: Reader, asked: PageAsked) -> ItemsPage:      # class ItemsPage(Page[ItemShown])
        window = open_page(asked, _BY_NAME)
        rows = connection.execute(select_page(query, window, (table.c.item,)))
        return ItemsPage(**close_page(rows, window, key=lambda row: (row.item,), render=show))
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from trivet_service.problems import Flaw, ProblemError

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

R = TypeVar("R")
T = TypeVar("T")

MOST = 500
# What fits a wide integer of every database; a number of ours is never beyond.
_WIDEST = 2**63


class Page(BaseModel, Generic[T]):
    """Some rows of a list, and where the next ones are."""

    items: list[T]
    next_cursor: str | None = Field(
        description="Give it as `cursor` to get the next page; null: this is the last one.",
        examples=["WyJpdGVtcyIsMV0"],
    )


@dataclass(frozen=True)
class Asked:
    """A page that a caller asks for; the cursor is empty for the first one."""

    cursor: str
    limit: int


def _read(
    cursor: Annotated[str, Query(max_length=2048, description="`next_cursor` of the page before; empty: start.")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST, description="Most rows of the page.")] = 50,
) -> Asked:
    return Asked(cursor, limit)


PageAsked = Annotated[Asked, Depends(_read)]


@dataclass(frozen=True)
class Order:
    """What a list is sorted by: its name, and the types of its key, each str, int or float."""

    name: str
    types: tuple[type[str] | type[int] | type[float], ...]
    descending: bool = False


@dataclass(frozen=True)
class Window:
    """`limit` rows behind the key `after`; None: from the start."""

    order: Order
    limit: int
    after: tuple[Any, ...] | None


def open_page(asked: Asked, order: Order) -> Window:
    """Where the page begins that was asked for.

    Raises:
        ProblemError: 422 `invalid_cursor`: no page of this list gave that cursor.
    """
    if not asked.cursor:
        return Window(order, asked.limit, None)
    key = _decode(asked.cursor)
    if key is None or key[:1] != [order.name] or not _fits(key[1:], order.types):
        flaw = Flaw(pointer="", detail="query parameter cursor: no page of this list gave it.")
        raise ProblemError(422, "the cursor is not one of this list.", code="invalid_cursor", errors=[flaw])
    return Window(order, asked.limit, tuple(key[1:]))


def select_page(query: Select[Any], window: Window, columns: Sequence[ColumnElement[Any]]) -> Select[Any]:
    """A query for the rows of a window, sorted by the columns of its key, and for one more: whether others follow."""
    from sqlalchemy import BigInteger, literal, tuple_

    if window.after is not None:
        # PostgreSQL would refuse to compare a column with a number that is wider than it.
        bounds = (
            literal(value, BigInteger() if isinstance(value, int) else column.type)
            for value, column in zip(window.after, columns, strict=True)
        )
        here, there = tuple_(*columns), tuple_(*bounds)
        query = query.where(here < there if window.order.descending else here > there)
    query = query.order_by(*(column.desc() if window.order.descending else column.asc() for column in columns))
    return query.limit(window.limit + 1)


def cut_page(rows: Iterable[R], window: Window, *, key: Callable[[R], tuple[Any, ...]]) -> list[R]:
    """The rows that `select_page` would give, of a list that lies in memory."""
    found = sorted(rows, key=key, reverse=window.order.descending)
    if window.after is not None:
        after = window.after
        found = [row for row in found if (key(row) < after if window.order.descending else key(row) > after)]
    return found[: window.limit + 1]


def close_page(
    rows: Iterable[R], window: Window, *, key: Callable[[R], tuple[Any, ...]], render: Callable[[R], T]
) -> dict[str, Any]:
    """The fields of a `Page` of what `select_page` or `cut_page` found; `key` reads the key of a row."""
    found = list(rows)
    shown = found[: window.limit]
    last = _encode([window.order.name, *key(shown[-1])]) if len(found) > window.limit else None
    return {"items": [render(row) for row in shown], "next_cursor": last}


def _encode(key: Sequence[Any]) -> str:
    text = json.dumps(key, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str) -> list[Any] | None:
    try:
        key = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return None
    return key if isinstance(key, list) else None


def _fits(key: Sequence[Any], types: Sequence[type]) -> bool:
    """Whether the database takes each value for a column of its type."""
    return len(key) == len(types) and all(map(_is_of, key, types))


def _is_of(value: Any, kind: type) -> bool:
    if kind is str:
        return isinstance(value, str) and not any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return -_WIDEST <= value < _WIDEST and (kind is float or isinstance(value, int))
