"""A file that comes in: written as it streams, never held in memory."""

from __future__ import annotations

import asyncio
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from starlette.requests import Request
from starlette.types import Scope

from trivet_service.proxy import route_path

# Written at once, so that the disk does not hold up other requests.
_PIECE = 1 << 20


@dataclass(frozen=True)
class Uploaded:
    """Bytes on the disk, and their hash."""

    path: Path
    sha256: str
    bytes: int


def is_upload(scope: Scope) -> bool:
    """Whether a request brings a file: it may be larger than others, and take longer."""
    return scope["method"] == "PUT" and "/datasets/" in route_path(scope)


async def receive(request: Request, path: Path) -> Uploaded:
    """The body of a request as a file at `path`; it is on the disk when this returns."""
    digest, size, waiting = hashlib.sha256(), 0, bytearray()
    with path.open("wb") as file:
        async for piece in request.stream():
            size += len(piece)
            waiting += piece
            if len(waiting) >= _PIECE:
                digest.update(waiting)
                await asyncio.to_thread(file.write, bytes(waiting))
                waiting.clear()
        digest.update(waiting)
        file.write(waiting)
        await asyncio.to_thread(_sync, file)
    return Uploaded(path, digest.hexdigest(), size)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
