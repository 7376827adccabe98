"""Reads and writes the JSON documents of an artifact."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from trivet.errors import ArtifactError

Document = TypeVar("Document", bound=BaseModel)


def read_json(path: Path) -> Any:
    """The plain values of a JSON file.

    Raises:
        ArtifactError: it is missing or not JSON.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _unreadable(error, str(path)) from error
    return parse_json(content, where=str(path))


def parse_json(content: bytes, *, where: str) -> Any:
    """The plain values of a JSON document.

    Raises:
        ArtifactError: it is not JSON.
    """
    try:
        return json.loads(content)
    except ValueError as error:
        raise _unreadable(error, where) from error


def read_document(path: Path, kind: type[Document]) -> Document:
    """A JSON file as what it should be.

    Raises:
        ArtifactError: it is missing, not JSON, or lacks a value, has one too many or of another type.
    """
    return check_document(read_json(path), kind, where=str(path))


def check_document(values: Any, kind: type[Document], *, where: str) -> Document:
    """Plain values as what they should be.

    Raises:
        ArtifactError: they lack a value, or have one too many or of another type.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ArtifactError(
            f"{place or 'it'} is not as expected ({first['msg']}).",
            where=where,
            todo="Use the version of Trivet that wrote it, or train again.",
        ) from error


def write_json(values: Any, path: Path) -> None:
    """Plain values as indented JSON with sorted keys."""
    path.write_text(json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def write_document(document: BaseModel, path: Path) -> None:
    """A document as indented JSON, all defaults written out."""
    write_json(document.model_dump(mode="json"), path)


def _unreadable(error: Exception, where: str) -> ArtifactError:
    return ArtifactError(f"cannot read it ({error}).", where=where, todo="Copy the artifact again.")
