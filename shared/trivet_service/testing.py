"""Runs an app on a free loopback port for as long as a test needs it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from trivet_service.server import make_server, open_listener, run_server


@contextmanager
def running(app: FastAPI, *, start_s: float = 30.0) -> Iterator[str]:
    """The address of a real server over the app; it has drained when the block ends.

    Raises:
        Exception: what kept the app from starting.
    """
    listener = open_listener("127.0.0.1", 0)
    server = make_server(app, drain_s=10)
    thread = threading.Thread(target=run_server, args=(server, listener), name="server")
    thread.start()
    try:
        end = time.monotonic() + start_s
        while not server.started:
            for trouble in app.state.context.troubles:
                raise trouble
            assert thread.is_alive(), "the app ended before it started"
            assert time.monotonic() < end, "the app took too long to start"
            time.sleep(0.005)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
        app.state.context.lines.close()
