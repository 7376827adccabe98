"""The streams of a process: who has one open, and how many."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import partial

from fastapi import Request
from prometheus_client import CollectorRegistry, Counter, Gauge

from trivet_service.access import presented_key
from trivet_service.callers import Caller
from trivet_service.doorkeeper import Doorkeeper
from trivet_service.drain import Drain
from trivet_service.exchange import exchange_of
from trivet_service.logs import Logger
from trivet_service.problems import ProblemError
from trivet_service.proxy import client_host
from trivet_service.settings import ServiceSettings
from trivet_service.storage.database import Database
from trivet_service.storage.errors import StoreUnavailableError
from trivet_service.streams.feed import Feed
from trivet_service.streams.follower import Also, Follower
from trivet_service.streams.stream import Pace, Stream
from trivet_service.waking import in_this_loop

# Seconds after which somebody who was refused may find a seat.
_RETRY_S = 5


class Streams:
    """Opens streams over a database, a bounded number of them, and ends all at once when the server stops."""

    def __init__(
        self,
        settings: ServiceSettings,
        database: Database,
        *,
        doorkeeper: Doorkeeper,
        drain: Drain,
        log: Logger,
        registry: CollectorRegistry,
        also: Sequence[Also] = (),
    ) -> None:
        lag = Gauge("trivet_outbox_lag_seconds", "Age of the oldest event that nobody can get yet.", registry=registry)
        self.follower = Follower(
            database,
            poll_s=settings.stream_poll_s,
            keep_days=settings.stream_days,
            log=log,
            also=also,
            show_lag=lag.set,
        )
        self._settings = settings
        self._database = database
        self._doorkeeper = doorkeeper
        self._drain = drain
        self._open: dict[Stream, str] = {}
        self._ended = Counter("trivet_streams_ended", "Streams that ended, by why.", ("why",), registry=registry)
        count = Gauge("trivet_streams_open", "Streams that readers have open.", registry=registry)
        count.set_function(lambda: len(self._open))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve streams while the block runs; the database is open for longer."""

        def end_all() -> None:
            for stream in tuple(self._open):
                stream.end("drain")

        self._drain.listen(in_this_loop(end_all))
        async with self.follower.running():
            yield

    def answer(self, request: Request, caller: Caller, feed: Feed) -> Stream:
        """A stream of what the caller may read as the answer to a request.

        Sending it raises ProblemError with 429 where too many are open, 503 where the server stops.
        """
        return Stream(
            feed,
            pace=Pace(self._settings.stream_heartbeat_s, self._settings.stream_stall_s),
            seat=partial(self._seat, request=request, who=caller.key_id or client_host(request.scope)),
            may_stay=partial(self._may_stay, presented_key(request.headers), caller),
        )

    @contextmanager
    def _seat(self, stream: Stream, *, request: Request, who: str) -> Iterator[None]:
        most, most_of_key = self._settings.max_streams, self._settings.max_streams_of_key
        if self._drain.has_begun:
            raise ProblemError(503, "the server stops.", headers={"Retry-After": "1"})
        if len(self._open) >= most:
            raise _too_many(f"{most} streams are open.")
        if sum(one == who for one in self._open.values()) >= most_of_key:
            raise _too_many(f"this key has {most_of_key} streams open.")
        self._open[stream] = who
        try:
            yield
        finally:
            del self._open[stream]
            self._ended.labels(stream.ended_by).inc()
            exchange_of(request.scope).note(ended=stream.ended_by)

    async def _may_stay(self, presented: str, caller: Caller) -> bool:
        """Whether the key still opens what it opened."""
        try:
            now = await self._doorkeeper.identify(presented)
        except StoreUnavailableError:
            # Then there is nothing to read either.
            return True
        return now is not None and (now.tenant == caller.tenant or now.is_operator) and _reads(now)


def _reads(caller: Caller) -> bool:
    return "read" in caller.scopes or "admin" in caller.scopes


def _too_many(detail: str) -> ProblemError:
    return ProblemError(429, detail, code="too_many_streams", headers={"Retry-After": str(_RETRY_S)})
