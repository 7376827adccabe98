"""A service and workers as an operator runs them: processes over one home and one database of each kind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from trivet_service.testing_streams import listening_to

PROGRAM = [sys.executable, "-c", "from trivet.cli.main import run; run()"]
SECONDS = 120


@dataclass
class Yard:
    """Starts workers and waits for jobs; what still runs at the end is killed."""

    client: httpx.Client
    environment: dict[str, str]
    home: Path
    processes: list[subprocess.Popen] = field(default_factory=list)

    def worker(self, *words: str) -> subprocess.Popen:
        with (self.home.parent / f"worker-{len(self.processes)}.log").open("w") as log:
            process = subprocess.Popen(
                [*PROGRAM, "worker", "--poll", "0.1", *words], env=self.environment, stdout=log, stderr=log
            )
        self.processes.append(process)
        return process

    def put(self, name: str, content: str, **query: str) -> httpx.Response:
        headers = {"Content-Type": "text/csv"}
        return self.client.put(f"/v1/datasets/{name}", content=content.encode(), params=query, headers=headers)

    def ask(self, **body) -> dict:
        answer = self.client.post("/v1/jobs", json=body)
        assert answer.status_code == 202, answer.text
        assert answer.headers["location"] == answer.json()["url"]
        return answer.json()

    def see(self, job: dict) -> dict:
        return self.client.get(job["url"]).json()

    def wait(self, job: dict, until=lambda job: job["status"] in ("succeeded", "failed", "cancelled")) -> dict:
        end = time.monotonic() + SECONDS
        while not until(seen := self.see(job)):
            assert time.monotonic() < end, f"{seen}\n{self.logs()}"
            assert seen["status"] in ("queued", "running"), f"{seen}\n{self.logs()}"
            time.sleep(0.1)
        return seen

    def lines(self, job: dict) -> list[str]:
        return [line["line"] for line in self.client.get(job["log_url"], params={"limit": 500}).json()["items"]]

    def events(self, job: dict, last: str = "") -> Iterator[tuple[str, str, dict]]:
        """Id, event and data of a stream until it closes."""
        address = str(self.client.base_url).rstrip("/")
        with listening_to(address, path=job["events_url"], last_id=last or None, timeout_s=SECONDS) as frames:
            for frame in frames:
                if frame.event:
                    yield frame.id or "", frame.event, frame.json()

    def logs(self) -> str:
        return "\n".join(path.read_text()[-3000:] for path in sorted(self.home.parent.glob("worker-*.log")))

    def versions(self, name: str) -> list[str]:
        folder = self.home / "registry" / name
        return sorted(path.name for path in folder.iterdir() if path.name.isdecimal()) if folder.is_dir() else []


def child_of(process: subprocess.Popen) -> int:
    """The process that does a worker's job."""
    end = time.monotonic() + 30
    while True:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        if children:
            return int(children[0])
        assert time.monotonic() < end, "the worker started no process"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def await_end(pid: int, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while is_alive(pid):
        assert time.monotonic() < end, f"process {pid} goes on"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def rows() -> str:
    """A CSV of three intents in words that the tiny encoder knows."""
    topics = {"card_arrival": "card arrive", "lost_pin": "pin forgot", "transfer": "money transfer"}
    openings = ("where is my", "the", "my", "a new", "please my", "help with", "about my", "problem with")
    endings = ("", " late", " please", " now", " today", " again")
    lines = [
        f"{opening} {topic}{ending},{label}"
        for label, topic in topics.items()
        for opening in openings
        for ending in endings
    ]
    return "\n".join(["text,label", *lines, ""])


def surroundings_of(folder: Path, database_url: str, encoder) -> dict[str, str]:
    """The environment of processes over one home; `tiny` is an encoder there."""
    models = folder / "models"
    models.mkdir()
    (models / "tiny").symlink_to(encoder.source.path)
    return {name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")} | {
        "TRIVET_HOME": str(folder / "home"),
        "TRIVET_CACHE": str(folder / "cache"),
        "TRIVET_DATABASE_URL": database_url,
        "TRIVET_MODELS": str(models),
        "TRIVET_JOB_LEASE_S": "2",
        "TRIVET_THREADS": "1",
    }


@pytest.fixture
def surroundings_in(encoder):
    """The environment over a folder and a database."""
    return lambda folder, database_url: surroundings_of(folder, database_url, encoder)


@pytest.fixture
def surroundings(tmp_path, database_url, surroundings_in) -> dict[str, str]:
    return surroundings_in(tmp_path, database_url)


@pytest.fixture
def start(served, surroundings, artifacts):
    """A server with a base model, and the yard before it."""

    @contextmanager
    def run(*words: str, service: str = "support", model: str = "", **environment: str):
        own = surroundings | environment
        model = f"{service}={model or artifacts[service]}"
        with (
            served(service, "--model", model, *(words or ("--insecure",)), environment=own) as server,
            httpx.Client(base_url=server.address, timeout=60) as client,
        ):
            yield server, Yard(client, own, Path(own["TRIVET_HOME"]))

    return run


@pytest.fixture
def yard(start):
    with start() as (_, made):
        yield made
        for process in made.processes:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def lasting(served, artifacts, encoder, tmp_path_factory, postgres):
    """A server of each kind of database for tests that leave it as it was."""
    with ExitStack() as stack:
        made: dict[str, tuple[httpx.Client, dict[str, str]]] = {}

        def find(kind: str) -> tuple[httpx.Client, dict[str, str]]:
            if kind not in made:
                folder = tmp_path_factory.mktemp(kind)
                url = f"sqlite:///{folder}/store.db" if kind == "sqlite" else stack.enter_context(postgres.database())
                environment = surroundings_of(folder, url, encoder)
                words = ("support", "--insecure", "--model", f"support={artifacts['support']}")
                server = stack.enter_context(served(*words, environment=environment))
                client = stack.enter_context(httpx.Client(base_url=server.address, timeout=60))
                client.put("/v1/datasets/faq", content="text,label\na,b\nc,d\n", headers={"Content-Type": "text/csv"})
                made[kind] = (client, environment)
            return made[kind]

        yield find


@pytest.fixture(params=["sqlite", "postgresql"])
def lasting_server(request, lasting):
    return lasting(request.param)


@pytest.fixture
def asking(lasting_server) -> httpx.Client:
    """A client of a server that no worker works for."""
    return lasting_server[0]
