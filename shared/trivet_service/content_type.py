"""How a body is to be read, by its Content-Type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from starlette.datastructures import Headers

from trivet_service.problems import Flaw, ProblemError

Format = TypeVar("Format", bound=str)


def format_of(headers: Headers, formats: Mapping[str, Format]) -> Format:
    """What of `formats` the Content-Type names.

    Raises:
        ProblemError: 422 `unknown_format`: it names none of them.
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in formats:
        detail = f"the Content-Type {kind!r} is no format that is read: send one of {', '.join(formats)}."
        raise ProblemError(422, detail, code="unknown_format", errors=[Flaw(pointer="", detail=detail)])
    return formats[kind]
