"""Bytes to text, strictly."""

from __future__ import annotations

from trivet.data.formats.raw import Fault, raise_faults
from trivet.errors import DataError


def decode(content: bytes, *, file: str, encoding: str = "utf-8") -> str:
    """The text of a file; a byte order mark is dropped.

    Raises:
        DataError: a line holds bytes that are not of the encoding; names the first such line and counts the others.
    """
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DataError("is UTF-16, not UTF-8.", where=file, todo="Save the file as UTF-8.")
    name = "utf-8-sig" if encoding == "utf-8" else encoding
    try:
        return content.decode(name)
    except UnicodeDecodeError:
        raise_faults(file, _undecodable(content, encoding))
        raise


def split_lines(text: str) -> list[str]:
    """Lines as editors count them; `str.splitlines` would also break at U+0085 and U+2028 inside a sentence."""
    lines = text.replace("\r\n", "\n").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return lines


def _undecodable(content: bytes, encoding: str) -> list[Fault]:
    faults = []
    for number, line in enumerate(content.split(b"\n"), start=1):
        try:
            line.decode(encoding)
        except UnicodeDecodeError as error:
            faults.append(Fault(number, f"byte 0x{line[error.start]:02X} is not valid {encoding.upper()}"))
    return faults
