"""The page at /docs in a real browser: it draws every operation, sends one, and asks nobody but the server."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import time
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.sync.client import connect

pytestmark = pytest.mark.system("chromium")

SEND_PARSE = """new Promise((resolve) => {
  const box = [...document.querySelectorAll("details")].find((one) => one.textContent.includes(PATH));
  box.open = true;
  box.querySelector("button").click();
  const output = box.querySelector("pre");
  const wait = () => output.textContent.length > 1 ? resolve(output.textContent) : setTimeout(wait, 20);
  wait();
})"""


class Tab:
    """A page of a browser, driven over the DevTools protocol; `asked` are the addresses that it requested."""

    def __init__(self, socket):
        self.asked, self.trouble = [], []
        self._socket = socket
        self._numbers = itertools.count(1)
        for domain in ("Network", "Page", "Runtime"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            told = json.loads(self._socket.recv(timeout=30))
            if told.get("method") == "Network.requestWillBeSent":
                self.asked.append(told["params"]["request"]["url"])
            if told.get("method") == "Runtime.exceptionThrown":
                self.trouble.append(told["params"]["exceptionDetails"])
            if told.get("id") == number:
                assert "error" not in told, told
                return told["result"]

    def evaluate(self, program):
        return self.call("Runtime.evaluate", expression=program, awaitPromise=True, returnByValue=True)["result"].get(
            "value"
        )

    def wait(self, program):
        end = time.monotonic() + 30
        while not (value := self.evaluate(program)):
            assert time.monotonic() < end, f"never true: {program}"
            time.sleep(0.05)
        return value


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Opens tabs of a headless browser."""
    folder = tmp_path_factory.mktemp("browser")
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    process = subprocess.Popen(
        ["chromium", *flags, *quiet, "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + 60
        while not (port := folder / "DevToolsActivePort").exists():
            assert process.poll() is None, "chromium did not start"
            assert time.monotonic() < end, "chromium takes too long"
            time.sleep(0.05)
        address = f"http://127.0.0.1:{port.read_text().split()[0]}"
        sockets = []

        def open_tab():
            target = httpx.put(f"{address}/json/new?about:blank", timeout=30).json()
            sockets.append(connect(target["webSocketDebuggerUrl"], max_size=None))
            return Tab(sockets[-1])

        yield open_tab
        for socket in sockets:
            socket.close()
    finally:
        process.terminate()
        process.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize(
    ("name", "path", "said"),
    [
        ("support", "/v1/parse", '"intent"'),
        ("finance", "/v1/analyze", '"sentiment"'),
        ("recommend", "/v1/items", "200"),
    ],
)
def test_the_page_draws_every_operation_and_asks_only_its_server(serve, browser, name, path, said):
    client = serve(name)
    spec = client.get("/openapi.json").json()
    tab = browser()
    tab.call("Page.navigate", url=f"{client.base_url}/docs")
    tab.wait("document.querySelectorAll('details').length")
    drawn = tab.evaluate("[...document.querySelectorAll('summary code')].map((one) => one.textContent)")
    assert set(drawn) == set(spec["paths"])
    assert tab.evaluate("document.title").startswith(spec["info"]["title"])
    output = tab.evaluate(SEND_PARSE.replace("PATH", json.dumps(path)))
    assert output.startswith("20"), output
    assert said in output
    hosts = {urlsplit(address).netloc for address in tab.asked}
    assert hosts == {client.base_url.netloc.decode()}
    assert tab.trouble == []
