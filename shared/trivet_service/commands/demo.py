"""`trivet demo`: trains the three legs, serves them on loopback, shows scores and a request for each."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from trivet.errors import TrivetError

demo = typer.Typer(add_completion=False)

SETS = {
    "samples": {"support": "sample-bank", "finance": "sample-finance", "recommend": "sample-recommend"},
    "real": {"support": "banking77", "finance": "phrasebank-50agree", "recommend": "movietweetings-100k"},
}


@dataclass(frozen=True)
class Shown:
    """A request that the demo makes and prints as a curl."""

    path: str
    body: dict[str, Any]


@demo.command()
def run(
    data: Annotated[
        str, typer.Option(help="samples, or real: public sets from TRIVET_DATA or their origins.")
    ] = "samples",
    port: Annotated[int, typer.Option(help="Port on loopback.")] = 8800,
    once: Annotated[bool, typer.Option("--once", help="Stop when everything was shown.")] = False,
) -> None:
    """Train the three legs, serve them on loopback, show scores and requests."""
    from trivet.settings import Settings

    if data not in SETS:
        raise TrivetError(f"there is no data {data!r}.", where="--data", todo=f"Use {' or '.join(SETS)}.")
    settings = Settings()
    home = settings.cache / "demo" / data
    shutil.rmtree(home, ignore_errors=True)
    settings = settings.model_copy(update={"home": home, "registry": ""})
    _check_port(port)
    say(f"Trivet trains on {'its synthetic samples' if data == 'samples' else 'public data'}, then serves on loopback.")
    for service, dataset in SETS[data].items():
        say(_train(service, dataset, settings))
    with _serve(port, settings, catalogue=SETS[data]["recommend"]) as base:
        for shown in _requests(data, base):
            _show(base, shown)
        say("Yours:  trivet train support my.csv && trivet serve support --insecure")
        say(f"Open {base}/docs")
        if not once:
            say("Ctrl-C stops it.")
            _wait()


def say(line: str) -> None:
    """A line of the demo on standard output, at once."""
    print(line, flush=True)


def _check_port(port: int) -> None:
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise TrivetError(
                f"port {port} is taken ({error.strerror}).",
                where="--port",
                todo="Stop what runs there, or give another --port.",
            ) from error


def _train(service: str, dataset: str, settings: Any) -> str:
    from trivet.cli.memory import spare_memory
    from trivet.cli.progress import ScreenProgress
    from trivet.cli.services import recipe_of
    from trivet.pipeline import train_and_register
    from trivet.recipe import read_recipe

    overrides: dict[str, Any] = {"data.dataset": dataset}
    if dataset == "movietweetings-100k":
        overrides |= {"data.core": 5}
    recipe = read_recipe(recipe_of(service, "default"), overrides=overrides)
    spare_memory()
    progress = ScreenProgress()
    try:
        # The public sets are asked for by name, and what is made of them is shown on loopback only.
        accepted = "trivet demo, for show on loopback"
        outcome = train_and_register(recipe, settings=settings, accepted=accepted, progress=progress)
    finally:
        progress.close()
    if outcome.refused:
        say(f"           not made live, so not served: {outcome.refused}")
    return outcome.headline()


@contextmanager
def _serve(port: int, settings: Any, *, catalogue: str) -> Iterator[str]:
    """A server process over the demo's registry; ends with the block."""
    import os

    import httpx

    base = f"http://127.0.0.1:{port}"
    environment = os.environ | {"TRIVET_HOME": str(settings.home), "TRIVET_REGISTRY": ""}
    program = "from trivet.cli.main import run; run()"
    command = [sys.executable, "-c", program, "serve", "--insecure", "--port", str(port), "--load", catalogue]
    log = settings.home / "serve.log"
    with log.open("w", encoding="utf-8") as out:
        server = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        _await_ready(httpx, server, base, log)
        yield base
    finally:
        server.terminate()
        server.wait(timeout=30)


def _await_ready(httpx: Any, server: subprocess.Popen[bytes], base: str, log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if server.poll() is not None:
            tail = log.read_text(encoding="utf-8").strip().splitlines()[-1:] or ["no output"]
            raise TrivetError(f"the server stopped: {tail[0]}", where=str(log), todo="Read that log.")
        try:
            if httpx.get(f"{base}/readyz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise TrivetError("the server was not ready within two minutes.", where=str(log), todo="Read that log.")


def _requests(data: str, base: str) -> list[Shown]:
    titles = {
        "samples": "Alder Robotics cuts its forecast after orders for warehouse arms fell short",
        "real": "Operating profit rose to EUR 13.1 mn from EUR 8.7 mn in the corresponding period in 2007",
    }
    return [
        Shown("/v1/parse", {"text": "card still not here"}),
        Shown("/v1/parse", {"text": "asdf"}),
        Shown("/v1/analyze", {"text": titles[data]}),
        Shown("/v1/recommendations", {"user": _some_user(data), "n": 3}),
    ]


def _some_user(data: str) -> str:
    return "u0311" if data == "samples" else "1"


def _show(base: str, shown: Shown) -> None:
    import httpx

    began = time.perf_counter()
    answer = httpx.post(f"{base}{shown.path}", json=shown.body, timeout=30)
    if answer.status_code == 404:
        say(f"$ curl {base}{shown.path}\n  -> not served: its model was not made live")
        return
    answer.raise_for_status()
    milliseconds = 1000 * (time.perf_counter() - began)
    body = json.dumps(shown.body, separators=(",", ":"))
    say(f"$ curl {base}{shown.path} -H 'content-type: application/json' -d '{body}'")
    say(f"  -> {_digest(shown.path, answer.json())}   ({milliseconds:.0f} ms)")


def _digest(path: str, answer: dict[str, Any]) -> str:
    kind: Literal["parse", "analyze", "recommendations"] = path.rsplit("/", 1)[1]  # type: ignore[assignment]
    match kind:
        case "parse":
            return _parsed(answer)
        case "analyze":
            return f"{answer['sentiment']} {answer['score']:+.2f}"
        case "recommendations":
            return "; ".join(f"{item['title'] or item['item']} ({item['reason']})" for item in answer["items"])


def _parsed(answer: dict[str, Any]) -> str:
    if answer["decision"] == "out_of_scope":
        return "out of scope, hand over"
    promise = answer["promise"]
    said = f"{answer['intent']['name']} {answer['intent']['confidence']:.2f}  {answer['decision'].replace('_', ' ')}"
    if promise and promise["held"]:
        said += f" (promise: at most {100 * promise['risk']:.0f} % wrong, coverage {100 * promise['coverage']:.0f} %)"
    return said


def _wait() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        say("")
