"""Reads a stream of server-sent events as a browser would, for tests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class Frame:
    """What stood between two blank lines; `id` is None where the frame names none."""

    event: str = ""
    data: str = ""
    id: str | None = None
    comment: str = ""
    retry: str = ""

    def json(self) -> Any:
        """What the data say."""
        return json.loads(self.data)


@contextmanager
def listening_to(
    address: str,
    *,
    path: str = "/v1/stream",
    last_id: str | None = None,
    key: str = "",
    timeout_s: float = 20.0,
    **params: Any,
) -> Iterator[Iterator[Frame]]:
    """The frames of a stream as they come. Raises httpx.HTTPStatusError where it is refused."""
    headers = ({} if last_id is None else {"Last-Event-ID": last_id}) | ({"X-API-Key": key} if key else {})
    with httpx.stream("GET", f"{address}{path}", params=params, headers=headers, timeout=timeout_s) as answer:
        if answer.is_error:
            answer.read()
        answer.raise_for_status()
        yield read_frames(answer.iter_lines())


def read_frames(lines: Iterable[str]) -> Iterator[Frame]:
    """Frames of lines; one that the stream breaks off in the middle of does not count."""
    found: dict[str, str] = {}
    for line in lines:
        if not line:
            if found:
                yield Frame(**found)
            found = {}
            continue
        name, _, value = line.partition(":")
        name = name or "comment"
        value = value.removeprefix(" ")
        found[name] = f"{found[name]}\n{value}" if name == "data" and name in found else value
