"""What was said in a dialogue, turn by turn: redacted, bounded in length, gone some time after the last message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Column, Float, Index, Integer, String, Table, UniqueConstraint, exists, func

from trivet_service.storage.domain import tenant_column
from trivet_support.store import support_tables
from trivet_support.turn import Said

if TYPE_CHECKING:
    from trivet_service.storage.rows import Rows

session_turns = Table(
    "support_session_turns",
    support_tables,
    tenant_column(),
    Column("session", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("message_id", String, nullable=False),
    Column("time", Float, nullable=False),
    Column("text", String, nullable=False),
    Column("reply", String, nullable=False),
    Column("made", JSON, nullable=False),
    UniqueConstraint("tenant", "session", "message_id"),
    Index(None, "time"),
)
_OF_TURN = (
    session_turns.c.message_id,
    session_turns.c.time,
    session_turns.c.text,
    session_turns.c.reply,
    session_turns.c.made,
)

# So many turns of a dialogue are kept; the oldest go.
MOST_TURNS = 100


@dataclass(frozen=True)
class Kept:
    """A message of a dialogue, redacted; `reply` is what was said to it, `made` what was made of it.

    `made` holds intent, confidence, decision, and, where there are any, entities and the options of a question back.
    """

    message_id: str
    time: float
    text: str
    reply: str = ""
    made: Mapping[str, Any] = field(default_factory=dict)

    @property
    def said(self) -> tuple[Said, ...]:
        """The message, and the reply where one is known."""
        return (Said("user", self.text), *([Said("bot", self.reply)] if self.reply else []))


def read_session(rows: Rows, session: str, *, since: float) -> tuple[Kept, ...]:
    """The turns of a dialogue in their order; none where its last message is older than `since`."""
    query = rows.select(session_turns, *_OF_TURN).where(session_turns.c.session == session)
    found = [Kept(*row) for row in rows.fetch(query.order_by(session_turns.c.number))]
    return tuple(found) if found and found[-1].time >= since else ()


def keep_turn(rows: Rows, session: str, turn: Kept, *, since: float) -> None:
    """Add a turn behind those that are there; one whose message is there already changes nothing.

    A dialogue whose last message is older than `since` begins anew.
    """
    rows.lock(f"support session {rows.tenant} {session}")
    of_session = session_turns.c.session == session
    query = rows.select(
        session_turns, func.max(session_turns.c.number).label("number"), func.max(session_turns.c.time).label("time")
    )
    [last] = rows.fetch(query.where(of_session))
    number = 1 + (last.number or 0)
    if last.number and last.time < since:
        rows.delete(session_turns, of_session)
    values = {"session": session, "number": number, **asdict(turn)}
    if rows.insert_new(
        session_turns, [values], key=("tenant", "session", "message_id"), returning=session_turns.c.number.name
    ):
        rows.delete(session_turns, of_session, session_turns.c.number <= number - MOST_TURNS)


def keep_reply(rows: Rows, session: str, message_id: str, reply: str) -> None:
    """Note what was said to a message."""
    rows.update(
        session_turns, {"reply": reply}, session_turns.c.session == session, session_turns.c.message_id == message_id
    )


def forget_session(rows: Rows, session: str) -> int:
    """Remove a dialogue; how many turns it had."""
    return rows.delete(session_turns, session_turns.c.session == session)


def prune_sessions(rows: Rows, *, before: float) -> int:
    """Remove every dialogue whose last message is older than `before`; how many turns those had."""
    if not rows.try_lock("session pruning"):
        return 0
    later = session_turns.alias()
    lives = exists().where(
        later.c.tenant == session_turns.c.tenant,
        later.c.session == session_turns.c.session,
        later.c.time >= before,
    )
    return rows.delete(session_turns, session_turns.c.time < before, ~lives)
