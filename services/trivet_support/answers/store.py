"""Reply sets in the database."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import JSON, Column, Float, String, Table

from trivet_service.paging import Window, select_page
from trivet_service.storage.database import Database
from trivet_service.storage.domain import tenant_column
from trivet_service.storage.rows import Rows
from trivet_support.answers.reply_set import ReplySet
from trivet_support.desk.marks import mark
from trivet_support.store import support_tables

_replies = Table(
    "support_replies",
    support_tables,
    tenant_column(),
    Column("intent", String, primary_key=True),
    Column("content", JSON, nullable=False),
    Column("updated_at", Float, nullable=False),
)
_COLUMNS = (_replies.c.intent, _replies.c.content, _replies.c.updated_at)


@dataclass(frozen=True)
class Kept:
    """The reply set of an intent, and when it was put, in seconds since 1970."""

    intent: str
    replies: ReplySet
    updated_at: float


class ReplyStore:
    """Everybody's reply sets. All of it blocks and raises StoreUnavailableError where the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, tenant: str, intent: str, replies: ReplySet) -> Kept:
        """Keep what is said to an intent, instead of what was."""
        kept = Kept(intent, replies, time.time())

        def write(rows: Rows) -> None:
            row = {"intent": intent, "content": replies.model_dump(mode="json"), "updated_at": kept.updated_at}
            rows.upsert(_replies, [row], key=("tenant", "intent"))
            mark(rows, "replies")

        self._database.of(tenant).write(write)
        return kept

    def delete(self, tenant: str, intent: str) -> bool:
        """Say nothing more to an intent; whether there was something."""

        def write(rows: Rows) -> bool:
            found = rows.delete(_replies, _replies.c.intent == intent)
            if found:
                mark(rows, "replies")
            return bool(found)

        return self._database.of(tenant).write(write)

    def find(self, tenant: str, intent: str) -> Kept | None:
        """What is said to an intent."""

        def read(rows: Rows) -> Kept | None:
            row = rows.first(rows.select(_replies, *_COLUMNS).where(_replies.c.intent == intent))
            return None if row is None else _kept(*row)

        return self._database.of(tenant).read(read)

    def all(self, tenant: str) -> list[Kept]:
        """Everything that is said, by intent."""
        return self._database.of(tenant).read(
            lambda rows: [_kept(*row) for row in rows.fetch(rows.select(_replies, *_COLUMNS))]
        )

    def page(self, tenant: str, window: Window) -> Sequence[Kept]:
        """Some of it, and one more where others follow."""

        def read(rows: Rows) -> list[Kept]:
            query = select_page(rows.select(_replies, *_COLUMNS), window, (_replies.c.intent,))
            return [_kept(*row) for row in rows.fetch(query)]

        return self._database.of(tenant).read(read)


def _kept(intent: str, content: object, updated_at: float) -> Kept:
    return Kept(intent, ReplySet.model_validate(content), updated_at)
