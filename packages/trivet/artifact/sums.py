"""`SHA256SUMS`: every other file of an artifact with its sha256, as `sha256sum -c` reads it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from trivet.artifact.layout import HEADER, SUMS
from trivet.errors import ArtifactError
from trivet.runtime.digests import Digests

LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")
# The last line guards the list itself; `sha256sum -c` passes over it as a comment.
LAST = re.compile(r"# ([0-9a-f]{64})")


def write_sums(artifact: Path) -> None:
    """The last file of an artifact that is written: a folder without it is half written."""
    digests = Digests()
    lines = "".join(f"{digests.read(artifact / name)}  {name}\n" for name in _list_files(artifact))
    (artifact / SUMS).write_text(f"{lines}# {_hash(lines)}\n", encoding="utf-8", newline="\n")


def read_sums(artifact: Path) -> dict[str, str]:
    """The sha256 of every file by its path inside the artifact.

    Raises:
        ArtifactError: the folder is missing, no artifact or half written, or the list is damaged.
    """
    path = artifact / SUMS
    if not path.is_file():
        raise _explain_missing(artifact)
    try:
        content = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(path, f"cannot read it ({error})") from error
    lines, newline, last = content.removesuffix("\n").rpartition("\n")
    guard = LAST.fullmatch(last)
    if not content.endswith("\n") or guard is None or guard[1] != _hash(lines + newline):
        raise _damaged(path, "it is not the one that was written")
    sums: dict[str, str] = {}
    for number, line in enumerate(lines.split("\n"), start=1):
        found = LINE.fullmatch(line)
        if not found or found[2] in sums or ".." in Path(found[2]).parts or Path(found[2]).is_absolute():
            raise _damaged(path, f"line {number} is damaged")
        sums[found[2]] = found[1]
    if HEADER not in sums:
        raise _damaged(path, f"it does not list {HEADER}")
    return sums


def check_names(artifact: Path, sums: Mapping[str, str]) -> None:
    """The folder holds the listed files and no others.

    Raises:
        ArtifactError: a file is missing or foreign; names it.
    """
    there = _list_files(artifact)
    missing = sorted(sums.keys() - set(there))
    if missing:
        raise ArtifactError("the file is missing.", where=str(artifact / missing[0]), todo="Copy the artifact again.")
    foreign = sorted(set(there) - sums.keys())
    if foreign:
        raise ArtifactError(
            "the file does not belong to the artifact.", where=str(artifact / foreign[0]), todo="Remove it."
        )


def check_artifact(artifact: Path, *, digests: Digests | None = None) -> None:
    """All files are there and byte for byte those that were saved, and there are no others.

    Raises:
        ArtifactError: names the first file that is missing, foreign or damaged.
    """
    sums, digests = read_sums(artifact), digests or Digests()
    check_names(artifact, sums)
    for name, sha256 in sums.items():
        digests.check(artifact / name, sha256)


def _hash(lines: str) -> str:
    return hashlib.sha256(lines.encode()).hexdigest()


def _list_files(artifact: Path) -> list[str]:
    """Paths of all files but the list itself, with forward slashes, sorted; a link counts as a file."""
    found = (path for path in artifact.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted(name for path in found if (name := path.relative_to(artifact).as_posix()) != SUMS)


def _explain_missing(artifact: Path) -> ArtifactError:
    if not artifact.exists():
        return ArtifactError("there is no artifact.", where=str(artifact), todo="Give the folder of a trained model.")
    if not artifact.is_dir():
        return ArtifactError(
            "an artifact is a folder, not a file.", where=str(artifact), todo="Give the folder of a trained model."
        )
    if (artifact / HEADER).exists():
        return ArtifactError(
            f"the artifact is half written: it has no {SUMS}.", where=str(artifact), todo="Copy or train it again."
        )
    return ArtifactError("the folder is no artifact.", where=str(artifact), todo="Give the folder of a trained model.")


def _damaged(path: Path, what: str) -> ArtifactError:
    return ArtifactError(f"the list of files is damaged: {what}.", where=str(path), todo="Copy the artifact again.")
