"""Progress on a person's screen: one live line on standard error, plain lines where that is no screen."""

from __future__ import annotations

import sys
import time

from trivet.cli.memory import give_back, give_back_between


class ScreenProgress:
    """Prints stages with their seconds; steps only where standard error is a terminal, at most five times a second.

    Where a stage or a loop begins or ends, memory that was freed before goes back to the machine; some of it between.
    """

    def __init__(self) -> None:
        self._stage = ""
        self._began = time.perf_counter()
        self._shown = 0.0
        self._live = sys.stderr.isatty()

    def stage(self, name: str) -> None:
        """A new stage; the one before it is done."""
        self.close()
        self._stage, self._began = name, time.perf_counter()
        give_back()

    def step(self, done: int, total: int, note: str) -> None:
        """Step `done` of `total` of the present stage."""
        give_back_between(done, total)
        now = time.perf_counter()
        if self._live and (now - self._shown > 0.2 or done == total):
            self._shown = now
            left = (now - self._began) / max(done, 1) * (total - done)
            sys.stderr.write(f"\r\033[K  {self._stage} {done}/{total} {note} about {left:.0f} s left")
            sys.stderr.flush()

    def close(self) -> None:
        """The present stage is done."""
        if self._stage:
            clear = "\r\033[K" if self._live else ""
            sys.stderr.write(f"{clear}  {self._stage:<10} {time.perf_counter() - self._began:6.1f} s\n")
            sys.stderr.flush()
        self._stage = ""
