"""Runs an app until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING

from trivet.errors import TrivetError
from trivet_service.models import Models
from trivet_service.service import Service
from trivet_service.settings import ServiceSettings

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

    from trivet_service.context import Context


# Seconds that a connection without a request stays open when the server stops: a request may be on its way.
_LINGER_S = 1.0


class AddressError(TrivetError):
    """An address that cannot be listened on."""


def run_services(
    services: Sequence[Service], references: Mapping[str, str], settings: ServiceSettings, *, keys: bool
) -> None:
    """Serve until SIGTERM or SIGINT; what is in flight is answered first. Without `keys` everybody may enter.

    Raises:
        TrivetError: the address is taken, or a model cannot be loaded.
    """
    started = time.perf_counter()
    # What a start makes stays: looking for garbage among it takes a sixth of the start and finds none.
    gc.disable()
    listener = open_listener(settings.host, settings.port)
    loading = _Loading(Models(settings, references))
    # The web framework is imported while the engine compiles.
    from trivet_service.app import create_app
    from trivet_service.context import open_context
    from trivet_service.log_privacy import hear_libraries

    context = open_context(settings, loading.models, keys=keys)
    hear_libraries(context.log)
    app = create_app(services, context)
    loading.wait()
    # uvicorn raises the signal again after it has drained; by then there is nothing left to stop.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)

    def announce() -> None:
        # Both together: all that is there is old from now on, without being looked at.
        gc.freeze()
        gc.unfreeze()
        gc.enable()
        _announce(context, listener, seconds=time.perf_counter() - started)

    run_server(make_server(app, drain_s=settings.drain_s, announce=announce), listener)
    context.lines.close()
    for trouble in context.troubles:
        raise trouble


def make_server(app: FastAPI, *, drain_s: int, announce: Callable[[], None] = lambda: None) -> uvicorn.Server:
    """A server that calls `announce` once it listens, and gives requests in flight `drain_s` seconds when it stops.

    It stops in steps: `/readyz` fails and answers close their connections; after `drain_notice_s` it listens no more;
    a connection without a request is closed a moment later, as one may be on its way; the rest is waited for.
    """
    import uvicorn

    from trivet_service.connections import connections

    context: Context = app.state.context
    settings = context.settings

    class Draining(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                announce()

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            context.drain.begin()
            super().handle_exit(sig, frame)

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            context.drain.begin()
            await self._wait(settings.drain_notice_s)
            for listening in self.servers:
                listening.close()
            await self._wait(_LINGER_S, until=lambda: not self.server_state.connections)
            await super().shutdown(sockets)

        async def _wait(self, seconds: float, *, until: Callable[[], bool] = lambda: False) -> None:
            end = time.monotonic() + seconds
            while not self.force_exit and not until() and time.monotonic() < end:
                await asyncio.sleep(0.01)

    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=connections(head_s=settings.receive_s),
        forwarded_allow_ips=settings.forwarded_allow_ips,
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=drain_s,
    )
    return Draining(config)


def run_server(server: uvicorn.Server, listener: socket.socket) -> None:
    """Run until it is told to stop; an app that could not start has told why in its `troubles`."""
    with suppress(SystemExit):
        server.run(sockets=[listener])


def open_listener(host: str, port: int) -> socket.socket:
    """A bound socket; connections are accepted once the server runs.

    Raises:
        AddressError: another process has the port, or the host is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise AddressError(
            f"cannot listen there ({error.strerror}).", where=f"{host}:{port}", todo="Give another --port or --host."
        ) from error
    return listener


class _Loading:
    """Models that a thread loads while the main thread imports the web framework."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._load, name="loading")
        self._thread.start()

    def wait(self) -> None:
        """Return when they are loaded, or raise what went wrong."""
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _load(self) -> None:
        try:
            self.models.load()
        except Exception as error:
            self._error = error


def _announce(context: Context, listener: socket.socket, *, seconds: float) -> None:
    host, port = listener.getsockname()[:2]
    models = {model.service: f"{model.name}/{model.version}" for model in context.models}
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    context.log.info("serving", address=address, models=models, seconds=round(seconds, 2))
    print(f"{', '.join(models)} on {address} (docs: {address}/docs). Ctrl-C stops it.", flush=True)
