"""Whether one tenant ever sees or changes a byte of another, over every route that an app has.

Tenant A fills everything through every route, with a token of its own in every text. Then B asks every route: plainly,
with A's ids in the path, in the query and in every place of the body, with A's cursors, and under A's address. What B
gets holds nothing of A that B has not sent itself, and A finds everything as it was.
"""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import islice, product
from typing import Any

import httpx

from trivet_service.testing_routes import (
    Call,
    Operation,
    Seen,
    Tokens,
    leaf,
    leaves,
    read_operations,
    send,
    tokens_in,
    with_leaf,
)

# Values of one parameter, and combinations of several, that are tried.
_MOST = 4
# Keys of answers that hold what the server has made up for a tenant.
_MADE_UP = ("id", "key", "hash", "job", "request_id")
# What changes by itself.
_VOLATILE = frozenset({"latency_ms", "last_used_at", "request_id", "lease_until", "workers", "age_s", "seconds"})


class Isolation:
    """Fills a server as tenant A and looks at it as tenant B.

    `operator` may do everything under A's address; `other` has a key of B with every scope.
    """

    def __init__(self, operator: httpx.Client, other: httpx.Client, *, tenant: str) -> None:
        self._operator, self._other = operator, other
        self._prefix = f"/v1/t/{tenant}"
        self._tokens = Tokens()
        self._spec = operator.get("/openapi.json").text
        self.operations = read_operations(json.loads(self._spec))
        self._calls: dict[Operation, list[Call]] = defaultdict(list)
        self._refused: dict[Operation, Seen] = {}
        # What A was answered: by collection and key.
        self._known: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._made_up: set[str] = set()
        self._sent_by_b = ""
        self.seen_by_a: set[str] = set()

    def fill(self) -> None:
        """Do everything that A can do, but delete; twice, as some of it needs what comes later in the list."""
        for _ in range(2):
            for operation in self.operations:
                if operation.verb != "delete":
                    self._exercise(operation)

    def unexercised(self) -> dict[str, str]:
        """Operations that A could not bring to do anything, with the last answer."""
        for operation in self.operations:
            if operation.verb == "delete":
                self._exercise(operation)
        return {
            str(one): self._refused[one].text if one in self._refused else "nothing to ask with"
            for one in self.operations
            if not self._calls[one]
        }

    def probe(self) -> Iterator[str]:
        """Ask as B for whatever A has; what is wrong with an answer, a line each, as it is found."""
        before = self._look()
        calls = [*self._plain(), *self._with_ids()]
        # What B has sent may come back: it reads before it writes.
        for call in sorted(calls, key=lambda one: not one.operation.reads):
            yield from self._judge(call, send(self._other, call))
        for operation in self.operations:
            for path in islice(self._paths(operation), _MOST):
                media, body = operation.bodies[0] if operation.bodies else ("", None)
                call = Call(operation, path, body, media)
                answer = send(self._other, call, prefix=self._prefix)
                yield from self._judge(call, answer)
                if answer.status != 403:
                    yield f"{operation} under A's address: {answer.status}, not 403"
        after = self._look()
        for name, value in before.items():
            if after[name] != value:
                yield f"{name} of A is another after B: {value} -> {after[name]}"

    def _exercise(self, operation: Operation) -> None:
        for path in islice(self._paths(operation), _MOST):
            is_done = False
            for media, body in operation.bodies or (("", None),):
                call = Call(operation, path, body, media)
                is_done |= self._try(call) or any(self._try(one) for one in self._referring(call))
            if is_done and operation.verb != "get":
                return

    def _referring(self, call: Call) -> Iterator[Call]:
        """The call with something in its body that A knows by the name of its place, such as the id of an answer."""
        for place in leaves(call.body) if call.media == "application/json" else ():
            for value in self._named(place[-1] if place else ""):
                yield replace(call, body=with_leaf(call.body, place, value), marked=(place,))

    def _named(self, name: Any) -> list[str]:
        return [value for (_, known), values in self._known.items() if known == name for value in values][:_MOST]

    def _try(self, call: Call) -> bool:
        """Send a call with as many tokens as it takes: those that are pointed at, or stand in the way, are left out."""
        is_json = call.media == "application/json"
        places = [one for one in leaves(call.body) if one not in call.marked] if is_json else []
        kept: list[tuple[Any, ...]] = []
        marked = self._marked(call, places)
        answer = self._ask(marked)
        if not answer.is_good and places:
            for place in places:
                if self._ask(self._marked(call, [*kept, place])).is_good:
                    kept.append(place)
            marked = self._marked(call, kept)
            answer = self._ask(marked)
        elif not answer.is_good and call.media:
            marked = call
            answer = self._ask(call)
        if answer.is_good:
            self._calls[call.operation].append(marked)
        else:
            self._refused[call.operation] = answer
        return answer.is_good

    def _marked(self, call: Call, places: list[tuple[Any, ...]]) -> Call:
        body = call.body
        if call.media != "application/json":
            if isinstance(body, str):
                body = self._tokens.mark(body.rstrip("\n")) + "\n"
            return replace(call, body=body)
        for place in places:
            body = with_leaf(body, place, self._tokens.mark(leaf(body, place)))
        return replace(call, body=body, marked=(*call.marked, *places))

    def _ask(self, call: Call) -> Seen:
        answer = send(self._operator, call, prefix=self._prefix)
        if answer.is_good:
            self._learn(call, answer)
        return answer

    def _learn(self, call: Call, answer: Seen) -> None:
        self.seen_by_a |= tokens_in(answer.text)
        collection = call.operation.path.partition("/{")[0]
        if location := answer.headers.get("location"):
            self._note(collection, "location", location.rsplit("/", 1)[-1])
        for name, value in _strings(answer.json()):
            self._note(collection, name, value)
            if name in _MADE_UP and len(value) >= 8 and value not in self._spec and not tokens_in(value):
                self._made_up.add(value)

    def _note(self, collection: str, name: str, value: str) -> None:
        known = self._known[collection, name]
        if value not in known:
            known.append(value)

    def _paths(self, operation: Operation) -> Iterator[str]:
        choices = [list(islice(self._values(operation, name), _MOST)) for name in operation.names]
        for chosen in product(*choices):
            path = operation.path
            for name, value in zip(operation.names, chosen, strict=True):
                path = path.replace(f"{{{name}}}", value)
            yield path

    def _values(self, operation: Operation, name: str) -> Iterator[str]:
        """What A knows for a parameter of a path: of its collection, from examples, or made up to be put."""
        collection = operation.path.partition("/{")[0]
        for key in (name, "id", name.removesuffix("_id"), "name", "location"):
            yield from reversed(self._known[collection, key])
        yield from operation.examples.get(name, ())
        if operation.verb == "put":
            yield self._tokens.mark("made")

    def _plain(self) -> Iterator[Call]:
        """B's own requests: the examples as they stand."""
        for operation in self.operations:
            if not operation.names:
                for media, body in operation.bodies or (("", None),):
                    yield Call(operation, operation.path, body, media)

    def _with_ids(self) -> Iterator[Call]:
        """Requests with something of A's in one place each."""
        for operation in self.operations:
            for path in islice(self._paths(operation), _MOST) if operation.names else ():
                for media, body in operation.bodies or (("", None),):
                    yield Call(operation, path, body, media)
            for call in self._calls[operation]:
                plain = next((body for media, body in operation.bodies if media == call.media), None)
                for place in call.marked:
                    with suppress(KeyError, IndexError, TypeError):
                        yield replace(call, body=with_leaf(plain, place, leaf(call.body, place)))
                yield from self._queries(call)

    def _queries(self, call: Call) -> Iterator[Call]:
        if call.operation.verb != "get":
            return
        for query in call.operation.queries:
            for value in self._named(query):
                yield replace(call, query={query: value})
        if "cursor" in call.operation.queries:
            page = send(self._operator, replace(call, query={"limit": "1"}), prefix=self._prefix).json()
            if page and page.get("next_cursor"):
                yield replace(call, query={"cursor": page["next_cursor"]})

    def _judge(self, call: Call, answer: Seen) -> list[str]:
        text = f"{answer.text} {dict(answer.headers)} {_opened(answer)}"
        said = call.said + _decoded(call.query.get("cursor", ""))
        if answer.is_good and not call.operation.reads:
            self._sent_by_b += said
        own = said + self._sent_by_b
        leaks = sorted(one for one in tokens_in(text) | {one for one in self._made_up if one in text} if one not in own)
        found = [f"{call.operation} shows {', '.join(leaks)} of A: {call.said} -> {answer.text[:500]}"] if leaks else []
        if answer.status >= 500:
            found.append(f"{call.operation} fails: {call.said} -> {answer.status} {answer.text[:300]}")
        return found

    def _look(self) -> Mapping[str, str]:
        """Everything that A reads, without what changes by itself."""
        found = {}
        for operation in self.operations:
            if operation.verb == "get" and not operation.is_stream:
                for path in islice(self._paths(operation), _MOST):
                    answer = send(self._operator, Call(operation, path), prefix=self._prefix)
                    self.seen_by_a |= tokens_in(answer.text)
                    found[f"GET {path}"] = json.dumps(_settled(answer.json()), sort_keys=True)
        return found


def _strings(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and value:
        yield name, value
    items = (
        value.items() if isinstance(value, dict) else ((name, one) for one in value) if isinstance(value, list) else ()
    )
    for key, part in items:
        yield from _strings(part, key)


def _settled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _settled(part) for key, part in value.items() if key not in _VOLATILE}
    return [_settled(part) for part in value] if isinstance(value, list) else value


def _opened(answer: Seen) -> str:
    page = answer.json()
    return _decoded(page.get("next_cursor") or "") if isinstance(page, dict) else ""


def _decoded(cursor: str) -> str:
    with suppress(ValueError):
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode(errors="replace")
    return ""
