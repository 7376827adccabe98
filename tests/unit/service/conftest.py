"""A small domain of its own, whose routes do what the kit has to cope with."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from trivet.errors import DataError, InputError, LicenceError, OverloadError, RegistryError
from trivet_service.access import Reader, Writer
from trivet_service.app import create_app
from trivet_service.context import open_context
from trivet_service.limits import Text, check_batch
from trivet_service.models import Models
from trivet_service.service import Service
from trivet_service.settings import ServiceSettings
from trivet_service.testing import KeyRing, running


class Note(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Text
    count: int = 1


class Notes(BaseModel):
    notes: list[Note]


MISTAKES = {
    "overload": OverloadError("too much to do.", retry_after=1.2),
    "input": InputError("that cannot be.", where="/text"),
    "licence": LicenceError("research only."),
    "registry": RegistryError("no such model.", where="/home/secret"),
    "data": DataError("a bad row.", todo="Mend it."),
}


def note_routes(context):
    router = APIRouter()
    cancelled, counted = [], []

    @router.post("/v1/notes")
    async def take(request: Request, caller: Reader, note: Note) -> dict[str, object]:
        return {"text": note.text, "tenant": caller.tenant}

    @router.post("/v1/notes:batch")
    async def take_many(caller: Reader, notes: Notes) -> dict[str, int]:
        check_batch(len(notes.notes), limit=context.settings.max_batch, pointer="/notes")
        return {"count": len(notes.notes)}

    @router.post("/v1/writes")
    async def write(caller: Writer) -> dict[str, str]:
        return {"tenant": caller.tenant}

    @router.post("/v1/counts", status_code=201)
    async def count(caller: Writer, note: Note, response: Response) -> dict[str, int]:
        if note.text == "fail":
            raise ZeroDivisionError
        if note.text == "slow":
            await asyncio.sleep(2.0)
        counted.append(note.text)
        response.headers["Location"] = f"/v1/counts/{len(counted)}"
        return {"count": len(counted)}

    @router.get("/v1/counts")
    async def read_count(caller: Reader) -> dict[str, int]:
        return {"count": len(counted)}

    @router.get("/v1/mistakes/{kind}")
    async def fail(request: Request, kind: str, caller: Reader) -> None:
        if kind == "ours":
            raise ZeroDivisionError(request.headers["x-words"])
        raise MISTAKES[kind]

    @router.get("/v1/slow")
    def slow(caller: Reader) -> dict[str, bool]:
        time.sleep(0.5)
        return {"done": True}

    @router.get("/v1/waiting")
    async def wait(caller: Reader) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append("waiting")
            raise

    @router.get("/v1/cancelled")
    async def count_cancelled(caller: Reader) -> dict[str, int]:
        return {"count": len(cancelled)}

    @router.get("/v1/stream")
    async def stream(caller: Reader) -> StreamingResponse:
        async def events():
            for at in range(3):
                yield f"data: {at}\n\n"
                await asyncio.sleep(0.1)

        return StreamingResponse(events(), media_type="text/event-stream")

    return [router]


@pytest.fixture(scope="session")
def notes_service():
    return Service(name="notes", title="Notes", recipes=Path("recipes"), dataset="none", routes=note_routes)


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.delenv("TRIVET_REGISTRY", raising=False)
    return ServiceSettings(home=tmp_path / "home", cache=tmp_path / "cache", max_body_bytes=10_000, max_batch=4)


@pytest.fixture
def make_context(settings, log_lines):
    def make(*, keys=False, **changes):
        changed = settings.model_copy(update=changes)
        return open_context(changed, Models(changed, {}), keys=keys)

    return make


@pytest.fixture
def keys(settings):
    """Keys in the database of the servers; one that asks for keys starts only where there is one."""
    return KeyRing(settings.store_url)


@pytest.fixture
def serve(make_context, notes_service):
    """Start servers over the notes; each stops when the test ends."""
    with ExitStack() as stack:

        def start(*, keys=False, **changes) -> httpx.Client:
            context = make_context(keys=keys, **changes)
            base = stack.enter_context(running(create_app([notes_service], context)))
            client = stack.enter_context(httpx.Client(base_url=base, timeout=10))
            client.context = context
            return client

        yield start


@pytest.fixture
def client(serve):
    return serve()


@pytest.fixture
def log_lines(tmp_path, monkeypatch):
    """The JSON lines that were logged; a line is written after its answer, so this waits for `wait_for` of them.

    They go to a file of the test's own: `capfd` loses what is written while it reads.
    """
    path = tmp_path / "standard-error"

    def read(wait_for: int = 0) -> list[dict]:
        end = time.monotonic() + 5
        while True:
            whole = path.read_text(encoding="utf-8").split("\n")[:-1]
            lines = [json.loads(line) for line in whole if line.startswith("{")]
            if len(lines) >= wait_for or time.monotonic() > end:
                return lines
            time.sleep(0.01)

    with path.open("wb") as file:
        monkeypatch.setattr("trivet_service.logs._STANDARD_ERROR", file.fileno())
        yield read


@pytest.fixture
def in_thread():
    """Run something beside the test; joined when it ends."""
    threads: list[threading.Thread] = []

    def start(target) -> threading.Thread:
        thread = threading.Thread(target=target)
        threads.append(thread)
        thread.start()
        return thread

    yield start
    for thread in threads:
        thread.join()
