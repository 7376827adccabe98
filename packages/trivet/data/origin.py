"""Downloads from an origin: whole and verified, or not there at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from trivet.errors import DataError

if TYPE_CHECKING:
    import httpx

SECONDS_TO_ANSWER = 30.0
NOT_FOUND = 404
TODO = "Nothing was kept. Try again later, or name a mirror that has the file with TRIVET_DATA."


class NotThereError(DataError):
    """The origin answers, but has no such file."""


def download(address: str, into: Path, *, sha256: str = "", size: int = 0) -> str:
    """Fetches a file to `into`, with a progress bar on a terminal's error stream, and returns its sha256.

    The bytes go to a temporary sibling that takes the name only when they are all there and have the hash asked for.

    Raises:
        DataError: no connection, an error status, a body that breaks off or is longer than `size`, or another hash;
            nothing is left behind. Also a folder that cannot be written to.
    """
    import httpx

    try:
        into.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{into.name}.", suffix=".part", dir=into.parent)
    except OSError as error:
        raise DataError(
            f"cannot be written ({error.strerror}).", where=str(into), todo="Name another cache with TRIVET_CACHE."
        ) from error
    part = Path(name)
    try:
        # The hash is of the file itself: a server must not pack it on the way.
        headers = {"Accept-Encoding": "identity"}
        with (
            os.fdopen(handle, "wb") as file,
            httpx.stream("GET", address, follow_redirects=True, timeout=SECONDS_TO_ANSWER, headers=headers) as response,
        ):
            if response.status_code != httpx.codes.OK:
                answer = f"{response.status_code} {response.reason_phrase}".strip()
                refusal = NotThereError if response.status_code == NOT_FOUND else DataError
                raise refusal(f"the origin answers {answer}.", where=address, todo=TODO)
            found = _save(response, file, address=address, title=into.name, size=size)
            file.flush()
            os.fsync(file.fileno())
        if sha256 and found != sha256:
            raise DataError(
                f"the download is damaged: its sha256 is {found[:12]}..., the card says {sha256[:12]}....",
                where=address,
                todo="Nothing was kept. Try again; if it stays so, the origin has changed.",
            )
        part.chmod(0o644)
        part.replace(into)
    except httpx.HTTPError as error:
        raise DataError(f"the download failed ({error or type(error).__name__}).", where=address, todo=TODO) from error
    except httpx.InvalidURL as error:
        raise DataError(f"not an address ({error}).", where=address, todo="Mend the data card.") from error
    except OSError as error:
        raise DataError(
            f"cannot be written ({error.strerror}).",
            where=str(into),
            todo="Make room, or name another cache with TRIVET_CACHE.",
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return found


def _save(response: httpx.Response, file: BinaryIO, *, address: str, title: str, size: int) -> str:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    total = int(response.headers.get("Content-Length", 0)) or size or None
    digest = hashlib.sha256()
    done = 0
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=total)
        for chunk in response.iter_bytes():
            done += len(chunk)
            if size and done > size:
                raise DataError(f"the origin sends more than the {size} bytes of the card.", where=address, todo=TODO)
            digest.update(chunk)
            file.write(chunk)
            progress.advance(task, len(chunk))
    return digest.hexdigest()
