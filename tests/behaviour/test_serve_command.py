"""`trivet serve` and `trivet keys` as a user runs them: processes, signals, exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from trivet.registry.registry import Registry
from trivet.registry.verdict import Verdict

PROGRAM = [sys.executable, "-c", "from trivet.cli.main import run; run()"]


@pytest.fixture
def environment(tmp_path):
    return {name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")} | {
        "TRIVET_HOME": str(tmp_path / "home"),
        "TRIVET_CACHE": str(tmp_path / "cache"),
    }


@pytest.fixture
def run(environment):
    """A command that ends by itself."""

    def start(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*PROGRAM, *arguments], env=environment, capture_output=True, text=True, timeout=60)

    return start


@pytest.fixture
def server(environment):
    """A server process and its address."""

    @contextmanager
    def start(*arguments: str):
        command = [*PROGRAM, "serve", *arguments, "--port", "0"]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            line = process.stdout.readline()
            found = re.search(r"http://[^ ]+", line)
            assert found, f"{line}{process.stderr.read() if process.poll() is not None else ''}"
            yield process, found.group()
        finally:
            process.kill()
            process.communicate()

    return start


def test_it_says_where_it_listens_and_answers_there(server, artifacts):
    with server("support", "--insecure", "--model", f"support={artifacts['support']}") as (_, address):
        assert httpx.get(f"{address}/readyz").json()["status"] == "ready"
        answer = httpx.post(f"{address}/v1/parse", content='{"text": "where is my card arrive"}')
        assert answer.json()["intent"]["name"] == "card_arrival"


def test_a_log_that_nobody_reads_does_not_stop_the_answers(server, artifacts):
    with server("support", "--insecure", "--model", f"support={artifacts['support']}") as (process, address):
        client = httpx.Client(base_url=address, timeout=5)
        # Some 400 bytes a line: far more than a pipe holds, and nobody reads standard error here.
        assert {client.post("/v1/parse", json={"text": "my card"}).status_code for _ in range(400)} == {200}
        client.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_what_is_live_in_the_registry_is_served_and_the_others_are_left_out(run, server, artifacts, environment):
    registry = Registry(str(Path(environment["TRIVET_HOME"]) / "registry"), Path(environment["TRIVET_CACHE"]))
    done = run("serve", "--insecure", "--port", "0")
    assert (done.returncode, "trivet train" in done.stderr) == (2, True)
    for _ in range(2):
        version = registry.add(artifacts["support"], "support")
    registry.make_live("support", version, Verdict(passed_over="a test"))
    with server("--insecure") as (_, address):
        checks = httpx.get(f"{address}/readyz").json()["checks"]
        assert {name for name in checks if name.endswith(".model")} == {"support.model"}
        answer = httpx.post(f"{address}/v1/parse", json={"text": "my card arrive"}).json()
        assert (answer["model"], answer["version"]) == ("support", version)
        assert httpx.post(f"{address}/v1/analyze", json={"text": "profit"}).status_code == 404
    done = run("serve", "finance", "--insecure", "--port", "0")
    assert (done.returncode, "trivet train finance" in done.stderr) == (2, True)
    registry.add(artifacts["finance"], "finance")
    done = run("serve", "finance", "--insecure", "--port", "0")
    assert (done.returncode, "live" in done.stderr) == (2, True)


def test_on_sigterm_it_answers_what_is_in_flight_and_ends_well(server, artifacts):
    with server("support", "--insecure", "--model", f"support={artifacts['support']}") as (process, address):
        texts = [f"where is my card arrive {'now ' * (at % 20)}" for at in range(256)]
        codes: list[int] = []

        def ask() -> None:
            codes.append(httpx.post(f"{address}/v1/parse:batch", json={"texts": texts}, timeout=60).status_code)

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(0.15)
        process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join()
        assert codes == [200, 200, 200]
        assert process.wait(30) == 0
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{address}/livez")


def ends(ask) -> bool:
    """Whether a key opens nothing any more within two seconds."""
    last = time.monotonic() + 2
    while ask() != 401:
        if time.monotonic() > last:
            return False
        time.sleep(0.05)
    return True


def test_without_a_key_that_opens_it_a_server_does_not_start(run, artifacts):
    done = run("serve", "support", "--model", f"support={artifacts['support']}", "--port", "0")
    assert done.returncode == 2
    assert "trivet keys create" in done.stderr
    assert len([line for line in done.stderr.splitlines() if not line.startswith("{")]) == 1


def test_keys_are_made_listed_rotated_and_revoked(run, server, artifacts):
    made = json.loads(run("keys", "create", "--name", "me", "--scope", "read", "--json").stdout)
    with server("support", "--model", f"support={artifacts['support']}") as (_, address):

        def ask(key: str) -> int:
            return httpx.post(f"{address}/v1/parse", json={"text": "my card"}, headers={"X-API-Key": key}).status_code

        assert ask("wrong") == 401
        assert ask(made["key"]) == 200
        turned = json.loads(run("keys", "rotate", made["id"], "--json").stdout)
        assert ask(turned["key"]) == 200
        assert ends(lambda: ask(made["key"]))
        run("keys", "revoke", turned["id"])
        assert ends(lambda: ask(turned["key"]))
    listed = json.loads(run("keys", "list", "--json").stdout)
    assert [(key["id"], key["state"]) for key in listed] == [(made["id"], "revoked"), (turned["id"], "revoked")]
    assert all("key" not in key and "hash" not in key for key in listed)
    assert "revoked" in run("keys", "list").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("serve", "support", "--insecure", "--host", "0.0.0.0"), "127.0.0.1"),
        (("serve", "support", "--insecure", "--model", "support=/nowhere/at/all"), "/nowhere/at/all"),
        (("serve", "nothing", "--insecure"), "support"),
        (("serve", "support", "--insecure", "--model", "support"), "support@live"),
        (("serve", "--insecure", "--port", "99999"), "65535"),
        (("keys", "create", "--name", "a", "--scope", "everything"), "admin"),
        (("keys", "revoke", "x"), "trivet keys list"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_two(run, arguments, said):
    done = run(*arguments)
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert said in done.stderr
    assert done.stdout == ""


def test_a_damaged_artifact_is_one_line_and_exit_code_two(run, artifacts, tmp_path):
    import shutil

    broken = tmp_path / "broken"
    shutil.copytree(artifacts["support"], broken)
    facts = broken / "facts.json"
    facts.write_bytes(facts.read_bytes().replace(b"card_arrival", b"card_arrivaL"))
    done = run("serve", "support", "--insecure", "--model", f"support={broken}")
    assert done.returncode == 2
    assert "facts.json" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_serving_loads_neither_torch_nor_pandas_nor_scikit_learn(environment, artifacts):
    program = f"""
import json, sys, urllib.request
from trivet_service.app import create_app
from trivet_service.context import open_context
from trivet_service.models import Models
from trivet_service.service import find_service
from trivet_service.settings import ServiceSettings
from trivet_service.testing import running
settings = ServiceSettings()
models = Models(settings, {{"support": {str(artifacts["support"])!r}, "finance": {str(artifacts["finance"])!r}}})
app = create_app([find_service("support"), find_service("finance")], open_context(settings, models, keys=False))
with running(app) as base:
    for path in ("parse", "analyze"):
        request = urllib.request.Request(f"{{base}}/v1/{{path}}", data=b'{{"text": "my card arrive"}}')
        request.add_header("Content-Type", "application/json")
        assert urllib.request.urlopen(request).status == 200
print(json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    heavy = {
        "torch",
        "transformers",
        "pandas",
        "sklearn",
        "scipy",
        "nncf",
        "onnx",
        "onnxruntime",
        "faiss",
        "matplotlib",
    }
    assert set(json.loads(done.stdout)) & heavy == set()


def test_help_imports_neither_framework_nor_engine(environment):
    program = "import sys, trivet_service.commands.serve, trivet_service.commands.keys; print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60)
    assert not {"fastapi", "numpy", "openvino", "uvicorn"} & set(re.findall(r"'(\w+)'", done.stdout))
