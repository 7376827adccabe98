"""Zips and tars, read in place."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
import zlib

from trivet.errors import DataError

DAMAGED = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError)


def read_member(content: bytes, member: str, *, file: str) -> bytes:
    """One member of a zip, or of a tar packed in any way; nothing is unpacked to disk.

    Raises:
        DataError: not an archive, a damaged one, or one without that member.
    """
    try:
        is_zip = zipfile.is_zipfile(io.BytesIO(content))
        found = _zip_member(content, member) if is_zip else _tar_member(content, member)
    except DAMAGED as error:
        raise DataError(f"is not a whole zip or tar ({error}).", where=file, todo="Get it again.") from error
    if found is None:
        raise DataError(f"has no member {member!r}.", where=file, todo="Check the data card against the archive.")
    return found


def unpack_gzip(content: bytes, *, file: str) -> bytes:
    """The bytes that were packed.

    Raises:
        DataError: not gzip, cut short or damaged.
    """
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"is not a whole gzip file ({error}).", where=file, todo="Get it again.") from error


def _zip_member(content: bytes, member: str) -> bytes | None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(member) if member in archive.namelist() else None


def _tar_member(content: bytes, member: str) -> bytes | None:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        entry = next((entry for entry in archive.getmembers() if entry.name == member and entry.isfile()), None)
        stream = archive.extractfile(entry) if entry else None
        return stream.read() if stream else None
