"""Behind a reverse proxy, under a prefix, whether the proxy cuts the prefix off or not."""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

PREFIX = "/trivet"


@contextmanager
def proxy(target: str, *, cuts: bool, client: str = "127.0.0.7"):
    """A small reverse proxy in front of a server: what lies under the prefix goes there, as from another address.

    One of this machine: a server without keys answers nobody else.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            path = self.path.removeprefix(PREFIX) if cuts else self.path
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            names = ("x-api-key", "content-type", "host")
            headers = {name: self.headers[name] for name in names if name in self.headers}
            headers |= {"X-Forwarded-For": client, "X-Forwarded-Proto": "https"}
            answer = httpx.request(self.command, target + path, content=body, headers=headers)
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name not in ("connection", "transfer-encoding", "content-length", "date", "server"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = forward  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{server.server_port}", timeout=30) as through:
            yield through
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(params=[True, False], ids=["cuts the prefix off", "leaves the prefix on"])
def cuts(request):
    return request.param


def test_every_path_answers_under_the_prefix_and_problems_name_it(serve, cuts):
    server = serve("support", root_path=PREFIX)
    with proxy(str(server.base_url), cuts=cuts) as through:
        assert through.post(f"{PREFIX}/v1/parse", json={"text": "my card arrive"}).status_code == 200
        assert through.get(f"{PREFIX}/readyz").json()["status"] == "ready"
        problem = through.post(f"{PREFIX}/v1/parse", json={}).json()
        assert (problem["code"], problem["instance"]) == ("invalid", f"{PREFIX}/v1/parse")
        nearly = through.post(f"{PREFIX}/v1/parse/", json={"text": "my card"})
        assert (nearly.status_code, nearly.headers.get("location")) == (404, None)


def test_the_page_and_the_openapi_file_lead_back_through_the_proxy(serve, cuts):
    server = serve("support", root_path=PREFIX)
    with proxy(str(server.base_url), cuts=cuts) as through:
        assert through.get(f"{PREFIX}/openapi.json").json()["servers"] == [{"url": PREFIX}]
        page = through.get(f"{PREFIX}/docs").text
        assert re.findall(r'(?:href=|fetch\()"(/[^"]*)"', page) == [], "an address from the root would miss the prefix"


def test_a_prefix_is_no_way_around_the_key(serve, cuts, keys):
    _, key = keys.create(name="me", tenant="a", scopes=["read"])
    server = serve("support", keys=True, root_path=PREFIX)
    with proxy(str(server.base_url), cuts=cuts) as through:
        paths = ("/v1/parse", f"{PREFIX}/v1/parse", f"{PREFIX}{PREFIX}/v1/parse", f"{PREFIX}//v1/parse", "//v1/parse")
        for path in paths:
            assert through.post(path, json={"text": "my card"}).status_code in (401, 404), path
        answer = through.post(f"{PREFIX}/v1/parse", json={"text": "my card"}, headers={"X-API-Key": key})
        assert answer.status_code == 200


def test_a_trusted_proxy_tells_who_calls_and_another_does_not(serve):
    server = serve("support", rate="2/hour")
    asked = json.dumps({"text": "my card"})
    for client in ("127.0.0.7", "127.0.0.8"):
        with proxy(str(server.base_url), cuts=True, client=client) as through:
            codes = [through.post("/v1/parse", content=asked).status_code for _ in range(3)]
            assert codes == [200, 200, 429], client
    server = serve("support", rate="2/hour", forwarded_allow_ips="192.0.2.1")
    found = []
    for client in ("127.0.0.7", "127.0.0.8"):
        with proxy(str(server.base_url), cuts=True, client=client) as through:
            found += [through.post("/v1/parse", content=asked).status_code for _ in range(2)]
    assert found == [200, 200, 429, 429], "whoever is not trusted calls as himself"
