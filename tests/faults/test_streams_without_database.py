"""A database that is gone and back: streams stay open and go on, deliveries are made afterwards."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from trivet_service import outbox
from trivet_service.storage.database import Database
from trivet_service.storage.kit import kit_domain
from trivet_service.testing_postgres import running_postgres
from trivet_service.testing_streams import listening_to


@pytest.fixture
def receiver():
    """The address of a server that takes everything, and the bodies that it got."""
    got: list[bytes] = []

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", got
    server.shutdown()
    server.server_close()


def put(url: str, mark: str) -> None:
    database = Database(url)
    database.open([kit_domain()])
    database.of("default").write(lambda rows: outbox.put(rows, "notes", "note.made", {"mark": mark}))
    database.close()


def test_streams_and_webhooks_go_on_when_the_database_is_back(served, legs, tmp_path, receiver):
    address, got = receiver
    with (
        tempfile.TemporaryDirectory(prefix="pg-") as folder,
        running_postgres(Path(folder) / "data") as postgres,
        postgres.database() as url,
    ):
        own = {
            "TRIVET_HOME": str(tmp_path / "home"),
            "TRIVET_CACHE": str(tmp_path / "cache"),
            "TRIVET_DATABASE_URL": url,
            "TRIVET_OUTGOING_ALLOW": "127.0.0.1",
            "TRIVET_STREAM_POLL_S": "0.1",
            "TRIVET_STREAM_HEARTBEAT_S": "0.3",
        }
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")} | own
        words = ("finance", "--insecure", "--model", f"finance={legs['finance']}")
        with served(*words, environment=environment) as server, listening_to(server.address) as frames:
            next(frames)
            httpx.post(f"{server.address}/v1/webhooks", json={"url": address}).raise_for_status()
            put(url, "before")
            assert next(frame for frame in frames if frame.event).json()["data"]["mark"] == "before"
            postgres.stop()
            beats = [next(frame for frame in frames if frame.comment == "heartbeat") for _ in range(3)]
            assert len(beats) == 3, "it stays open"
            postgres.start()
            put(url, "after")
            assert next(frame for frame in frames if frame.event).json()["data"]["mark"] == "after"
            end = time.monotonic() + 30
            while not any(b"after" in body for body in got) and time.monotonic() < end:
                time.sleep(0.05)
            # What could not be written down as delivered may have come twice.
            assert {mark for mark in (b"before", b"after") for body in got if mark in body} == {b"before", b"after"}
