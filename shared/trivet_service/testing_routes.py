"""Every operation of an app as its OpenAPI file describes it, with requests made of its own examples."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

VERBS = ("put", "post", "patch", "get", "delete")
_TOKEN = re.compile(r"zq\d{4}x")
# Streams do not end by themselves.
_STREAM_S = 0.4


@dataclass(frozen=True, eq=False)
class Operation:
    """A verb on a path; `bodies` are (media type, example), `names` the parameters of the path."""

    verb: str
    path: str
    scope: str
    bodies: tuple[tuple[str, Any], ...]
    names: tuple[str, ...]
    queries: tuple[str, ...]
    examples: Mapping[str, Sequence[str]]
    is_stream: bool

    def __str__(self) -> str:
        return f"{self.verb.upper()} {self.path}"

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.verb == "get" or self.scope == "read"


@dataclass(frozen=True)
class Call:
    """One request of an operation: its path filled in, its body; `marked` are the places of the body with a token."""

    operation: Operation
    path: str
    body: Any = None
    media: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    marked: tuple[tuple[Any, ...], ...] = ()

    @property
    def said(self) -> str:
        """Everything that it sends."""
        return f"{self.path} {json.dumps(self.body)} {json.dumps(dict(self.query))}"


@dataclass(frozen=True)
class Seen:
    """What came back."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def is_good(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body, None where it is no JSON."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None


class Tokens:
    """Strings that stand nowhere else: one for each value of an example, so that what refers to it still does."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._by_value: dict[str, str] = {}

    def mark(self, value: str) -> str:
        """The value with its token."""
        if value not in self._by_value:
            self._by_value[value] = f"zq{next(self._numbers):04}x"
        return f"{value}-{self._by_value[value]}"


def tokens_in(text: str) -> set[str]:
    """The tokens of a text."""
    return set(_TOKEN.findall(text))


def read_operations(spec: Mapping[str, Any]) -> list[Operation]:
    """Every operation under /v1: those first that make something, whose paths have no parameters."""
    found = []
    for path, verbs in spec["paths"].items():
        for verb, entry in verbs.items():
            if path.startswith("/v1/") and verb in VERBS:
                found.append(_read(verb, path, entry))
    return sorted(found, key=lambda one: (VERBS.index(one.verb), len(one.names), one.path))


def send(client: httpx.Client, call: Call, *, prefix: str = "/v1") -> Seen:
    """Send a call, under the prefix of a tenant if one is named."""
    url = prefix + call.path.removeprefix("/v1")
    kwargs: dict[str, Any] = {"params": dict(call.query)} if call.query else {}
    if call.media == "application/json":
        kwargs["json"] = call.body
    elif call.media:
        kwargs |= {"content": str(call.body).encode(), "headers": {"Content-Type": call.media}}
    if call.operation.is_stream:
        return _listen(client, url, kwargs)
    answer = client.request(call.operation.verb, url, **kwargs)
    return Seen(answer.status_code, answer.text, answer.headers)


def leaves(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all strings of a JSON value."""
    if isinstance(value, str):
        yield place
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in items:
        yield from leaves(part, (*place, name))


def with_leaf(value: Any, place: Sequence[Any], new: str) -> Any:
    """The JSON value with another string at a place."""
    if not place:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = with_leaf(value[place[0]], place[1:], new)
    return copy


def leaf(value: Any, place: Sequence[Any]) -> str:
    """The string at a place."""
    for name in place:
        value = value[name]
    return str(value)


def _read(verb: str, path: str, entry: Mapping[str, Any]) -> Operation:
    bodies: list[tuple[str, Any]] = []
    for media, content in entry.get("requestBody", {}).get("content", {}).items():
        bodies += [(media, one["value"]) for one in content.get("examples", {}).values()]
        if "example" in content:
            bodies.append((media, content["example"]))
    parameters = entry.get("parameters", ())
    scopes = [scope for way in entry.get("security", ()) for scopes in way.values() for scope in scopes]
    answers = [media for code, one in entry["responses"].items() if code[0] == "2" for media in one.get("content", ())]
    examples = {}
    for one in parameters:
        given = [one["example"]] if "example" in one else []
        examples[one["name"]] = [str(value) for value in (*given, *one["schema"].get("examples", ()))]
    return Operation(
        verb=verb,
        path=path,
        scope=scopes[0] if scopes else "",
        bodies=tuple(bodies),
        names=tuple(re.findall(r"\{([^}]*)\}", path)),
        queries=tuple(one["name"] for one in parameters if one["in"] == "query"),
        examples=examples,
        is_stream="text/event-stream" in answers,
    )


def _listen(client: httpx.Client, url: str, kwargs: Mapping[str, Any]) -> Seen:
    parts: list[bytes] = []
    timeout = httpx.Timeout(30, read=_STREAM_S)
    with client.stream("GET", url, timeout=timeout, **kwargs) as answer, suppress(httpx.ReadTimeout):
        for part in answer.iter_raw():
            parts.append(part)
    return Seen(answer.status_code, b"".join(parts).decode(errors="replace"), answer.headers)
