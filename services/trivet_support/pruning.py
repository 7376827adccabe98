"""Removes what has been kept long enough: dialogues that are over, and messages that nobody looked at."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from trivet_support.inbox.inbox_store import forget_old
from trivet_support.sessions import prune_sessions

if TYPE_CHECKING:
    from trivet_service.context import Context


def prune(context: Context) -> None:
    """Remove it, of every tenant. Blocks.

    Raises:
        StoreUnavailableError: the database does not answer.
    """
    now, settings = time.time(), context.settings
    context.database.everyone().write(partial(prune_sessions, before=now - 60 * settings.session_minutes))
    forget_old(context.database, now=now, days=settings.prediction_days)
