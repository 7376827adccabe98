"""What a stream shows its reader."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Part:
    """Frames in their order; what follows them is asked for once woken or after `look_s`, unless they are the last."""

    frames: Iterable[bytes] = ()
    is_last: bool = False
    look_s: float = math.inf


class Feed(Protocol):
    """Holds a position, not frames, so that a reader who is slow costs no memory."""

    def opened(self, wake: Callable[[], None]) -> AbstractAsyncContextManager[None]:
        """Be ready within the block, and call `wake`, from the thread of the event loop, once there is more.

        Raises:
            StoreUnavailableError: the database does not answer.
        """

    def opening(self) -> bytes:
        """The first frame, and what the reader has to know before the others."""

    async def next(self) -> Part:
        """What follows all that was given before; a loss of the database is waited out."""

    def heartbeat(self) -> bytes:
        """A frame that shows the reader nothing and keeps the connection open."""
