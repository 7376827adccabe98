"""What the server sends goes to public addresses and to those that were allowed, in bounded time and size."""

from __future__ import annotations

import gzip
import socket
import ssl
import subprocess
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivet_service.destinations import (
    Destinations,
    RefusedAddressError,
    UnknownHostError,
    is_public,
    read_destinations,
)
from trivet_service.outgoing import AnswerTooLargeError, open_client
from trivet_service.settings import SettingsError

REFUSED = [
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1",
    "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1", "2002:7f00:1::1", "2002:a00:1::1", "2001:0:4136:e378:8000:63bf:80ff:fffe",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8", "2002:808:808::1"]


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_is_not_of_the_internet_is_not_public(address):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address):
    assert is_public(ip_address(address))


@given(st.ip_addresses(v=4))
def test_an_address_inside_another_counts_as_itself(address):
    number = int(address)
    for outer in (f"::ffff:{address}", f"64:ff9b::{address}", f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1"):
        assert is_public(ip_address(outer)) == is_public(address)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "LOCALHOST.", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "[::1]",
     "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "169.254.169.254", "１２７.0.0.1"],
)  # fmt: skip
def test_a_host_of_this_machine_is_refused_however_it_is_written(host):
    with (
        open_client(Destinations()) as client,
        pytest.raises((RefusedAddressError, UnknownHostError, httpx.InvalidURL)),
    ):
        client.get(f"http://{host}:9/")


def test_what_is_allowed_is_read_from_hosts_and_networks():
    allowed = read_destinations(" hooks.Example.org, 10.1.0.0/16,127.0.0.2, ::1 , bücher.example")
    assert allowed.hosts == {"hooks.example.org", "xn--bcher-kva.example"}
    assert [str(one) for one in allowed.networks] == ["10.1.0.0/16", "127.0.0.2/32", "::1/128"]
    assert read_destinations("") == Destinations()


@pytest.mark.parametrize("wrong", ["http://a.example", "10.0.0.0/99", "a b", "*"])
def test_an_entry_that_is_neither_is_named(wrong):
    with pytest.raises(SettingsError, match="neither a host nor a network"):
        read_destinations(f"a.example,{wrong}")


class Answers(BaseHTTPRequestHandler):
    """Answers by path, and keeps what was asked."""

    def do_GET(self) -> None:
        self.server.heard.append((self.path, dict(self.headers)))
        match self.path.partition("/to/"):
            case (_, "/to/", target):
                self.send_response(302)
                self.send_header("Location", target)
                self.end_headers()
            case ("/large", _, _):
                self._answer(b"x" * 3000)
            case ("/packed", _, _):
                self._answer(gzip.compress(b"x" * 500_000), ("Content-Encoding", "gzip"))
            case ("/slow-body", _, _):
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self._drip(b"x" * 1000)
            case ("/slow-head", _, _):
                self._drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000)
            case _:
                self._answer(b"here")

    def do_POST(self) -> None:
        self.do_GET()

    def _answer(self, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(200)
        for name, value in (("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _drip(self, content: bytes) -> None:
        for at in range(len(content)):
            try:
                self.wfile.write(content[at : at + 1])
                self.wfile.flush()
            except OSError:
                return
            time.sleep(0.05)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def listening(address: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None):
    server = ThreadingHTTPServer((address, port), Answers)
    server.daemon_threads = True
    server.heard = []
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def server():
    with listening() as one:
        yield one


@pytest.fixture
def address(server):
    return f"http://127.0.0.1:{server.server_port}"


LOOPBACK = read_destinations("127.0.0.1")


def test_an_allowed_address_is_reached_and_told_apart_from_the_others(server, address):
    with open_client(LOOPBACK) as client:
        assert client.get(f"{address}/a?b=c").text == "here"
        assert client.post(f"{address}/hook", content=b"x").status_code == 200
        with pytest.raises(RefusedAddressError, match="TRIVET_OUTGOING_ALLOW"):
            client.get(f"http://127.0.0.3:{server.server_port}/")
    assert [path for path, _ in server.heard] == ["/a?b=c", "/hook"]
    assert server.heard[0][1]["Host"] == f"127.0.0.1:{server.server_port}"


def test_a_redirect_is_checked_like_any_request(server, address):
    with open_client(LOOPBACK) as client:
        assert client.get(f"{address}/to/{address}/a").status_code == 302
    with open_client(LOOPBACK, follow_redirects=True) as client:
        assert client.get(f"{address}/to/{address}/a").text == "here"
        for target in (f"http://127.0.0.2:{server.server_port}/", "http://[::1]/", "http://169.254.169.254/latest"):
            with pytest.raises(RefusedAddressError):
                client.get(f"{address}/to/{target}")
        with pytest.raises(httpx.UnsupportedProtocol):
            client.get(f"{address}/to/file:///etc/passwd")


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(server, monkeypatch):
    # The owner of a name answers every look-up with another address.
    answers = iter(["127.0.0.2", "127.0.0.1", "127.0.0.1"])
    ask = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *rest, **more: ask(next(answers) if host == "rebinds.example" else host, *rest, **more),
    )
    with listening("127.0.0.2", server.server_port) as checked, open_client(read_destinations("127.0.0.2")) as client:
        url = f"http://rebinds.example:{server.server_port}/"
        assert client.get(url).text == "here"
        assert checked.heard[0][1]["Host"] == f"rebinds.example:{server.server_port}"
        # The next request looks up again, and does not take what the first one left open.
        with pytest.raises(RefusedAddressError):
            client.get(url)
    assert server.heard == []


def test_a_host_is_refused_where_any_of_its_addresses_is(monkeypatch):
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 80)) for one in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(RefusedAddressError):
        Destinations().addresses("two.example", 80)
    assert read_destinations("two.example").addresses("two.example", 80) == ["93.184.216.34", "10.0.0.1"]


def test_a_look_up_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(2) or [])
    began = time.monotonic()
    with pytest.raises(UnknownHostError):
        Destinations().addresses("slow.example", 80, seconds=0.1)
    assert time.monotonic() - began < 1


def test_the_next_address_is_tried_where_the_first_takes_no_connection(server, monkeypatch):
    two = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, server.server_port)) for one in ("127.0.0.9", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: two)
    with open_client(read_destinations("two.example")) as client:
        assert client.get(f"http://two.example:{server.server_port}/").text == "here"


@pytest.mark.parametrize("path", ["/slow-head", "/slow-body"])
def test_the_time_is_up_however_steadily_bytes_drip(address, path):
    began = time.monotonic()
    with open_client(LOOPBACK, seconds=0.4) as client, pytest.raises(httpx.ReadTimeout):
        client.get(f"{address}{path}")
    assert time.monotonic() - began < 1.5


def test_an_answer_over_the_limit_is_not_read_to_its_end(address):
    with open_client(LOOPBACK, max_bytes=2000) as client, pytest.raises(AnswerTooLargeError, match="2000"):
        client.get(f"{address}/large")


def test_a_packed_answer_is_not_unpacked(server, address):
    with open_client(LOOPBACK, max_bytes=2000) as client:
        answer = client.get(f"{address}/packed")
    assert gzip.decompress(answer.content) == b"x" * 500_000
    assert server.heard[0][1]["Accept-Encoding"] == "identity"


def test_proxies_of_the_environment_are_passed_over(server, address, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with open_client(LOOPBACK) as client:
        assert client.get(address).text == "here"


def test_a_connection_that_nobody_takes_is_an_error_of_httpx():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with open_client(LOOPBACK) as client, pytest.raises(httpx.ConnectError):
            client.get(f"http://127.0.0.1:{taken.getsockname()[1]}/")


@pytest.mark.system("openssl")
def test_tls_is_spoken_with_the_name_and_not_with_the_address(tmp_path, monkeypatch):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=hooks.example"]
    command += ["-addext", "subjectAltName=DNS:hooks.example", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    named: list[str] = []
    tls.sni_callback = lambda _, name, __: named.append(name)
    ask = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: ask("127.0.0.1", *rest, **more))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with listening(tls=tls) as server, open_client(LOOPBACK) as client:
        assert client.get(f"https://hooks.example:{server.server_port}/").text == "here"
        with pytest.raises(httpx.ConnectError, match="certificate"):
            client.get(f"https://other.example:{server.server_port}/")
    assert named == ["hooks.example", "other.example"]
