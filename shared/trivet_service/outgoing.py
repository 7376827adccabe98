"""Requests that the server sends: only to addresses that are fit, within a time and a size."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx

from trivet.errors import TrivetError
from trivet_service.destinations import Destinations

_PIECE = 65_536


class AnswerTooLargeError(TrivetError):
    """An answer that holds more than was asked for."""


def open_client(
    destinations: Destinations, *, seconds: float = 10.0, max_bytes: int = 1_048_576, follow_redirects: bool = False
) -> httpx.Client:
    """A client whose every request, redirects included, is looked up, checked and connected to what was checked.

    `seconds` is the time from the look-up to the last byte of the answer, whatever the other side does; bodies come as
    they were sent, never unpacked. Proxies of the environment are passed over: they would look up for themselves.

    Its requests raise RefusedAddressError, UnknownHostError and AnswerTooLargeError besides what httpx raises.
    """
    return httpx.Client(
        transport=GuardedTransport(destinations, seconds=seconds, max_bytes=max_bytes),
        timeout=httpx.Timeout(seconds),
        follow_redirects=follow_redirects,
        max_redirects=5,
        trust_env=False,
        headers={"Accept-Encoding": "identity", "User-Agent": "trivet"},
    )


class GuardedTransport(httpx.BaseTransport):
    """A connection a request, to an address that was checked: nobody can answer the next look-up with another one.

    The host keeps its name in TLS and in the header Host.
    """

    def __init__(self, destinations: Destinations, *, seconds: float, max_bytes: int) -> None:
        self._destinations = destinations
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._tls = httpx.create_ssl_context()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer; its body has not been read yet."""
        backend = _Backend(self._destinations, ends=time.monotonic() + self._seconds)
        pool = httpcore.ConnectionPool(ssl_context=self._tls, network_backend=backend, max_keepalive_connections=0)
        address = httpcore.URL(
            scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path
        )
        sent = httpcore.Request(
            request.method, address, headers=request.headers.raw, content=request.stream, extensions=request.extensions
        )
        try:
            with _errors_of_httpx(request):
                answer = pool.handle_request(sent)
        except BaseException:
            pool.close()
            raise
        # Left in place, it would have the client unpack a body of any size.
        headers = [(name, value) for name, value in answer.headers if name.lower() != b"content-encoding"]
        return httpx.Response(
            answer.status, headers=headers, stream=_Body(answer, pool, request, max_bytes=self._max_bytes)
        )


class _Body(httpx.SyncByteStream):
    def __init__(
        self, answer: httpcore.Response, pool: httpcore.ConnectionPool, request: httpx.Request, *, max_bytes: int
    ) -> None:
        self._answer = answer
        self._pool = pool
        self._request = request
        self._max_bytes = max_bytes

    def __iter__(self) -> Iterator[bytes]:
        seen = 0
        with _errors_of_httpx(self._request):
            for part in self._answer.iter_stream():
                seen += len(part)
                if seen > self._max_bytes:
                    host = self._request.url.host
                    raise AnswerTooLargeError(f"the answer is larger than {self._max_bytes} bytes.", where=host)
                yield part

    def close(self) -> None:
        self._answer.close()
        self._pool.close()


class _Backend(httpcore.NetworkBackend):
    """Connects to the first checked address that takes the connection, until a moment of the monotonic clock."""

    def __init__(self, destinations: Destinations, *, ends: float) -> None:
        self._destinations = destinations
        self._ends = ends
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._destinations.addresses(host, port, seconds=_left(self._ends, httpcore.ConnectTimeout))
        trouble: Exception = httpcore.ConnectError("no address")
        for address in addresses:
            try:
                left = _left(self._ends, httpcore.ConnectTimeout)
                return _Stream(
                    self._network.connect_tcp(address, port, left, local_address, socket_options), self._ends
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                trouble = error
        raise trouble

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        raise httpcore.ConnectError("no sockets of this machine")


class _Stream(httpcore.NetworkStream):
    """A stream that waits no longer than until a moment of the monotonic clock, however slowly bytes come."""

    def __init__(self, stream: httpcore.NetworkStream, ends: float) -> None:
        self._stream = stream
        self._ends = ends

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._ends, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            self._stream.write(buffer[start : start + _PIECE], _left(self._ends, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(self._ends, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._ends)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(ends: float, error: type[Exception]) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise error("the time is over")
    return left


@contextmanager
def _errors_of_httpx(request: httpx.Request) -> Iterator[None]:
    """Turn errors of httpcore into those of the same name that the users of a client expect."""
    try:
        yield
    except (
        httpcore.TimeoutException,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.UnsupportedProtocol,
    ) as e:
        kind: type[httpx.TransportError] = getattr(httpx, type(e).__name__, httpx.TransportError)
        raise kind(str(e), request=request) from e
