"""One JSON line an event, on standard error; never any text of a user."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress

import structlog

Logger = structlog.typing.FilteringBoundLogger


class _StandardError:
    """Writes lines to standard error; a log that nobody reads any more must not end the answers."""

    def msg(self, message: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(f"{message}\n")
            sys.stderr.flush()

    debug = info = warning = error = critical = msg


def open_log(level: str) -> Logger:
    """A logger that writes JSON lines with time and level."""
    processors: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    least = logging.getLevelNamesMapping()[level.upper()]
    logger: Logger = structlog.wrap_logger(
        _StandardError(), processors=processors, wrapper_class=structlog.make_filtering_bound_logger(least)
    )
    return logger
