"""Keeps personal data and secrets out of the log, whoever writes into it."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trivet_service.privacy.redaction import redact

if TYPE_CHECKING:
    from trivet_service.logs import Logger

# What the server itself chose or has looked at: a long number in it is an id, not a telephone.
_OURS = frozenset({"event", "level", "time", "request_id", "key", "method", "route"})
# Of an address: a@b.io.
_SHORTEST = 6


def redact_event(_logger: Any, _method: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """A processor of structlog: every text of an event without what is personal or secret."""
    return {name: value if name in _OURS else _redacted(value) for name, value in event.items()}


def hear_libraries(log: Logger) -> None:
    """Write what libraries say (from warnings up) and what ends a thread into the log: who, how bad and where.

    Their messages may quote what a user wrote, so they stay out; a template is kept, as it quotes nobody.
    """
    logging.basicConfig(handlers=[_Libraries(log)], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)

    def thread_ended(end: threading.ExceptHookArgs) -> None:
        log.error("thread ended", error=end.exc_type.__name__, trace=traceback.format_tb(end.exc_traceback))

    threading.excepthook = thread_ended


class _Libraries(logging.Handler):
    def __init__(self, log: Logger) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        write = self._log.error if record.levelno >= logging.ERROR else self._log.warning
        write(
            "library",
            logger=record.name,
            place=f"{Path(record.pathname).name}:{record.lineno}",
            template=str(record.msg) if record.args else "",
            error=error,
        )


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value) if len(value) >= _SHORTEST else value
    if isinstance(value, Mapping):
        return {_redacted(str(name)): _redacted(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(one) for one in value]
    return value
