"""One JSON line an event, on standard error; never any text of a user."""

from __future__ import annotations

import logging
import os
import queue
import threading
from contextlib import suppress

import structlog

from trivet_service.log_privacy import redact_event

Logger = structlog.typing.FilteringBoundLogger

# Lines that may wait for a reader who is slow or gone; what comes on top is lost, not waited for.
_WAITING = 10_000
_STANDARD_ERROR = 2


class Lines:
    """Writes lines to standard error in a thread of its own: a log that nobody reads must not stop the answers."""

    def __init__(self) -> None:
        self.lost = 0
        self._waiting: queue.Queue[str | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._serve, name="log", daemon=True)
        self._thread.start()

    def msg(self, message: str) -> None:
        """Put a line behind those that wait."""
        try:
            self._waiting.put_nowait(message)
        except queue.Full:
            self.lost += 1

    debug = info = warning = error = critical = msg

    def close(self) -> None:
        """Write what waits, unless that takes longer than a second."""
        with suppress(queue.Full):
            self._waiting.put_nowait(None)
            self._thread.join(1.0)

    def _serve(self) -> None:
        while (line := self._waiting.get()) is not None:
            # It may be closed, or a pipe without a reader. `sys.stderr` would hold a lock that the end
            # of Python waits for.
            with suppress(OSError):
                rest = f"{line}\n".encode()
                while rest:
                    rest = rest[os.write(_STANDARD_ERROR, rest) :]


def open_log(level: str, lines: Lines) -> Logger:
    """A logger that writes JSON lines with time and level, and nothing personal or secret in them."""
    processors: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        redact_event,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    least = logging.getLevelNamesMapping()[level.upper()]
    logger: Logger = structlog.wrap_logger(
        lines, processors=processors, wrapper_class=structlog.make_filtering_bound_logger(least)
    )
    return logger
