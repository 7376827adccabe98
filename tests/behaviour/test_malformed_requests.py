"""Whatever is sent to whichever route, it is never an error of ours: the caller is told what is wrong with it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

# Bodies that no schema describes.
ODD_BODIES = st.one_of(
    st.binary(max_size=200),
    st.sampled_from(
        [
            b"",
            b"null",
            b"[" * 20_000,
            b'{"a":' * 20_000,
            b'{"text": "\\ud800"}',
            b'{"text": "a\\u0000b"}',
            b'{"text": 1e999, "top": NaN}',
            b'{"top": ' + b"9" * 5000 + b"}",
            b'{"text": "' + b"\xff" * 50 + b'"}',
            b'{"text": "a", "text": "b", "__proto__": {}}',
            b'\xef\xbb\xbf{"text": "a"}',
            '{"text": "a"}'.encode("utf-16"),
        ]
    ),
)
ODD_TYPES = st.sampled_from(
    ["application/json", "application/json; charset=utf-7", "text/csv", "multipart/form-data", "application/xml", "x"]
)

# What a generator knows nothing of is a text like any other.
schemathesis.serializer.alias("application/toml", "text/plain")


@dataclass
class Sender:
    """Sends requests, counts what they were answered, and keeps those that got an error of the server's own."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._session = requests.Session()

    def send(self, **request: Any) -> None:
        with self._session.request(**request, stream=True, timeout=30, allow_redirects=False) as answer:
            self.statuses[answer.status_code] += 1
            is_stream = answer.headers.get("content-type", "").startswith("text/event-stream")
            body = b"" if is_stream else answer.content
            if answer.status_code >= 500:
                asked = {name: str(value)[:300] for name, value in request.items() if value}
                self.faults.append(f"{answer.status_code} {body.decode(errors='replace')[:500]}\n  to {asked}")


def requests_of(operation: Any, address: str) -> Iterator[st.SearchStrategy[dict[str, Any]]]:
    """Requests that miss what an operation describes, that keep to it, and whose bodies are anything."""
    for mode in (GenerationMode.NEGATIVE, GenerationMode.POSITIVE):
        yield operation.as_strategy(generation_mode=mode).map(lambda case: case.as_transport_kwargs(base_url=address))
    odd = st.fixed_dictionaries({"data": ODD_BODIES, "headers": st.fixed_dictionaries({"Content-Type": ODD_TYPES})})
    path = operation.path.replace("{", "").replace("}", "")
    yield odd.map(lambda one: {"method": operation.method.upper(), "url": f"{address}{path}", **one})


@pytest.mark.parametrize("count", [150, pytest.param(1000, marks=pytest.mark.slow)])
def test_no_request_however_malformed_makes_an_error_of_ours(served, legs, tmp_path, database_url, count):
    words = [word for name, folder in legs.items() for word in ("--model", f"{name}={folder}")]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")} | {
        "TRIVET_HOME": str(tmp_path / "home"),
        "TRIVET_CACHE": str(tmp_path / "cache"),
        "TRIVET_DATABASE_URL": database_url,
    }
    with served(*legs, "--insecure", *words, environment=environment) as server:
        spec = schemathesis.openapi.from_url(f"{server.address}/openapi.json")
        operations = [found.ok() for found in spec.get_all_operations()]
        sender = Sender()
        each = max(1, count // (3 * len(operations)))
        for operation in operations:
            for asked in requests_of(operation, server.address):
                # Nothing to be missed where an operation takes nothing.
                with suppress(Unsatisfiable):
                    send_some(sender, asked, count=each)
        while (left := count - sender.statuses.total()) > 0:
            *_, odd = requests_of(operations[left % len(operations)], server.address)
            send_some(sender, odd, count=min(5, left))
        assert requests.get(f"{server.address}/readyz", timeout=30).status_code == 200
    assert sender.faults == []
    assert sum(sender.statuses[status] for status in (400, 404, 405, 413, 422)) > count / 2, sender.statuses
    assert sender.statuses[200] > 0, "what is well formed is answered"


def send_some(sender: Sender, asked: st.SearchStrategy[dict[str, Any]], *, count: int) -> None:
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(request=asked)
    def send(request: dict[str, Any]) -> None:
        sender.send(**request)

    send()
