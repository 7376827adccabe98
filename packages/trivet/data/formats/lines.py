"""Line by line: fields around a separator, or two files whose lines belong together."""

from __future__ import annotations

from collections.abc import Sequence

from trivet.data.formats.decode import decode, split_lines
from trivet.data.formats.raw import Fault, RawRows
from trivet.errors import DataError


def read_separated(
    content: bytes, *, file: str, names: Sequence[str], separator: str, encoding: str = "utf-8", last: bool = False
) -> RawRows:
    """Rows without a header, `separator` between fields and no quoting; with `last`, only the last separators count.

    Raises:
        DataError: undecodable bytes.
    """
    rows: list[list[str]] = []
    lines: list[int] = []
    faults: list[Fault] = []
    for number, line in enumerate(split_lines(decode(content, file=file, encoding=encoding)), start=1):
        if not line:
            continue
        fields = line.rsplit(separator, len(names) - 1) if last else line.split(separator)
        if len(fields) == len(names):
            rows.append(fields)
            lines.append(number)
        else:
            faults.append(Fault(number, f"{len(fields)} fields around {separator!r} where {len(names)} are expected"))
    columns = dict(zip(names, zip(*rows), strict=True)) if rows else dict.fromkeys(names, ())
    return RawRows(file, columns, lines, tuple(faults))


def read_paired(
    texts: bytes, labels: bytes, *, file: str, labels_file: str, encoding: str = "utf-8", skip_blank: bool = False
) -> RawRows:
    """Rows whose text is a line of one file and whose label the same line of the other.

    With `skip_blank` a line without a text is no row; the others keep their numbers.

    Raises:
        DataError: undecodable bytes, or files of different length.
    """
    left = split_lines(decode(texts, file=file, encoding=encoding))
    right = split_lines(decode(labels, file=labels_file, encoding=encoding))
    if len(left) != len(right):
        raise DataError(
            f"has {len(left)} lines, {labels_file} has {len(right)}.",
            where=file,
            todo="Line n of both must belong together.",
        )
    kept = [at for at, text in enumerate(left) if text.strip() or not skip_blank]
    columns = {"text": [left[at] for at in kept], "label": [right[at] for at in kept]}
    return RawRows(file, columns, [at + 1 for at in kept])
