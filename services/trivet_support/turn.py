"""A message of a customer, with what was said before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

Speaker: TypeAlias = Literal["user", "bot"]


@dataclass(frozen=True)
class Said:
    """Something said earlier in the dialogue."""

    role: Speaker
    text: str


@dataclass(frozen=True)
class Turn:
    """One message, and how it is to be understood.

    `history` is what was said before it, oldest first. `allowed` are the intents that are possible at this point of the
    dialogue; empty: all. `top` is the length of the ranking. `session` names the dialogue, whose earlier turns are
    remembered; empty: none is. `message_id` is the caller's own name for the message.

    `several` asks for more than one intent. `point` names the operating point that decides; empty: `default`.
    `language` is what is known of it; empty: nothing. `entities` are those to look for; None: all that are declared.
    `channel` is where it came from. `written` is when it was written, None: now. `explain` asks what the history
    changed, which costs a second look.
    """

    text: str
    history: tuple[Said, ...] = ()
    allowed: tuple[str, ...] = ()
    top: int = 5
    session: str = ""
    message_id: str = ""
    several: bool = False
    point: str = ""
    language: str = ""
    entities: tuple[str, ...] | None = None
    written: datetime | None = None
    explain: bool = False
    channel: str = ""
