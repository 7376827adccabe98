"""What is written into a stream of server-sent events, beside the events themselves."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fastapi.sse import format_sse_event

from trivet_service.streams.event import Event

# Milliseconds after which a reader comes back by itself.
_RETRY_MS = 2000
# Frames are sent in pieces of about this size, so that a reader who is slow holds little memory.
_PIECE_BYTES = 32_768


def show_opening(position: int) -> bytes:
    """The first frame: where the stream begins, so that a reader who is cut off before any event can come back."""
    return format_sse_event(comment="trivet", id=str(position), retry=_RETRY_MS)


def show(event: str, data: Mapping[str, Any], position: str | None) -> bytes:
    """An event of a name with JSON as its data; the position is what its reader comes back with, None: as before."""
    return format_sse_event(event=event, data_str=json.dumps(data), id=position)


def show_event(event: Event) -> bytes:
    """An event under its type and number."""
    return format_sse_event(event=event.type, data_str=event.body(), id=str(event.sequence))


def show_heartbeat(position: int | None) -> bytes:
    """A comment that keeps the connection open; with a position it also moves the reader past events it did not want.

    A frame without data sets the id that a reader comes back with, and shows it nothing.
    """
    return format_sse_event(comment="heartbeat", id=None if position is None else str(position))


def show_gap(lost: int, position: int) -> bytes:
    """Events that the reader has not had and that are not kept any more; the stream goes on behind `position`."""
    told = {
        "lost": lost,
        "detail": f"{lost} events are not kept any more; read again what they may have changed.",
    }
    return show("gap", told, str(position))


def show_reset(asked: int, position: int) -> bytes:
    """The reader has seen a number that was never given here, as after a restore; it goes on behind `position`."""
    told = {
        "asked": asked,
        "detail": f"there is no event {asked}, the last one is {position}; read again what may have changed.",
    }
    return show("gap", told, str(position))


def show_slow(seconds: float) -> bytes:
    """The last frame for a reader who took nothing for so long."""
    told = {"detail": f"nothing was read for {seconds:g} s; come back with the last id."}
    return show("slow", told, None)


def show_end(why: str) -> bytes:
    """The last frame of a stream that ends for another reason."""
    return format_sse_event(comment=why)


def in_pieces(frames: Iterable[bytes]) -> Iterator[bytes]:
    """Frames put together into pieces."""
    piece = b""
    for frame in frames:
        if piece and len(piece) + len(frame) > _PIECE_BYTES:
            yield piece
            piece = b""
        piece += frame
    if piece:
        yield piece
