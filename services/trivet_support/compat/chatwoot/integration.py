"""How a tenant is connected with an account of Chatwoot."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from trivet_service.audit import Actor, hold_log, record
from trivet_service.keys import UnknownError
from trivet_service.storage.database import Database
from trivet_service.storage.rows import Found, Rows
from trivet_support.compat.chatwoot.tables import integrations, messages, seen

_NONE = "there is no integration with Chatwoot."
_REMEDY = "PUT /v1/integrations/chatwoot connects one."


@dataclass(frozen=True)
class Integration:
    """An account of Chatwoot at `url`; `inbox_ids` none: all of its inboxes.

    `access_token` calls Chatwoot, `secret` signs what it sends. `note` and `label` say whether people get a private
    note at a hand-over and the intent as a label.
    """

    tenant: str
    url: str
    account_id: int
    inbox_ids: tuple[int, ...]
    note: bool
    label: bool
    changed_at: float
    access_token: str = field(repr=False)
    secret: str = field(repr=False)


class Integrations:
    """The integrations of a database; every change is in the audit log of its tenant. All of it blocks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, tenant: str) -> Integration:
        """That of a tenant. Raises UnknownError."""
        found = self._database.of(tenant).read(find_integration)
        if found is None:
            raise UnknownError(_NONE, todo=_REMEDY)
        return found

    def of_account(self, account_id: int, *, tenant: str, most: int) -> list[Integration]:
        """Those with an account of that number, of whichever Chatwoot: of one tenant, or of `most` of them."""
        store = self._database.of(tenant) if tenant else self._database.everyone()

        def look(rows: Rows) -> list[Integration]:
            query = rows.select(integrations).where(integrations.c.account_id == account_id)
            return [_read(row) for row in rows.fetch(query.order_by(integrations.c.changed_at).limit(most))]

        return store.read(look)

    def put(self, made: Integration, *, actor: Actor) -> Integration:
        """Connect a tenant, in place of what was connected; numbers of another account say nothing of those of this."""
        row = {
            "url": made.url,
            "account_id": made.account_id,
            "inbox_ids": list(made.inbox_ids),
            "access_token": made.access_token,
            "secret": made.secret,
            "note": made.note,
            "label": made.label,
            "changed_at": time.time(),
        }

        def write(rows: Rows) -> Integration:
            hold_log(rows)
            before = find_integration(rows)
            if before is not None and (before.url, before.account_id) != (made.url, made.account_id):
                _forget(rows)
            record(rows, actor, "integration.changed", "chatwoot", {"account_id": made.account_id})
            rows.upsert(integrations, [row], key=("tenant",))
            found = find_integration(rows)
            assert found is not None, "it has just been written"
            return found

        return self._database.of(made.tenant).write(write)

    def delete(self, tenant: str, *, actor: Actor) -> None:
        """Disconnect a tenant; what waits for an answer goes with it. Raises UnknownError."""

        def remove(rows: Rows) -> None:
            hold_log(rows)
            if not rows.delete(integrations):
                raise UnknownError(_NONE, todo=_REMEDY)
            record(rows, actor, "integration.deleted", "chatwoot")
            _forget(rows)

        self._database.of(tenant).write(remove)


def find_integration(rows: Rows) -> Integration | None:
    """That of the rows' tenant."""
    row = rows.first(rows.select(integrations))
    return None if row is None else _read(row)


def _forget(rows: Rows) -> None:
    rows.delete(messages)
    rows.delete(seen)


def _read(row: Found) -> Integration:
    return Integration(
        tenant=row.tenant,
        url=row.url,
        account_id=row.account_id,
        inbox_ids=tuple(row.inbox_ids),
        note=row.note,
        label=row.label,
        changed_at=row.changed_at,
        access_token=row.access_token,
        secret=row.secret,
    )
