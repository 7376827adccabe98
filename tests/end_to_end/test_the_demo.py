"""`trivet demo` as a newcomer runs it, from training to the answers."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
import pytest

from trivet.settings import Settings

Trivet = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache in which the demo finds nothing of an earlier demo, but the exported graphs of this user."""
    folder, graphs = tmp_path_factory.mktemp("cache"), Settings().cache / "graphs"
    graphs.mkdir(parents=True, exist_ok=True)
    (folder / "graphs").symlink_to(graphs)
    return folder


@pytest.mark.slow
def test_it_prints_scores_answers_and_what_to_do_next(
    environment: Mapping[str, str], cache: Path, check_demo: Callable[[str], None]
) -> None:
    port = _free_port()
    program = "from trivet.cli.main import run; run()"
    command = [sys.executable, "-c", program, "demo", "--once", "--port", str(port)]
    surroundings = dict(environment) | {"TRIVET_CACHE": str(cache)}
    # Minutes on two idle cores; what it may take is measured by a benchmark, not here.
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=2400)
    assert done.returncode == 0, done.stderr[-3000:]
    check_demo(done.stdout)
    assert f"Open http://127.0.0.1:{port}/docs" in done.stdout
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{port}/livez")


def test_a_taken_port_is_told_before_anything_is_trained(trivet: Trivet, cache: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = trivet("demo", "--once", "--port", str(port), code=2, TRIVET_CACHE=str(cache))
    assert f"port {port} is taken" in done.stderr
    assert done.stdout == ""


def test_data_that_the_demo_does_not_have_are_told(trivet: Trivet) -> None:
    assert "samples or real" in trivet("demo", "--data", "mine", code=2).stderr


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
