"""Other threads wake what waits in an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress


def in_this_loop(call: Callable[[], object]) -> Callable[[], None]:
    """Have `call` called in the event loop that runs now, by any thread or signal handler that calls what is given."""
    loop = asyncio.get_running_loop()

    def hand_over() -> None:
        # At the very end the loop may be closed while something is still written.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(call)

    return hand_over
