"""The walk of `docs/operating.md`, run as it stands: tenant, key, data, training by a worker, promotion, roll back."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "operating.md"
SAMPLES = Path(__file__).resolve().parents[2] / "datasets" / "samples" / "support-bank"


@pytest.fixture
def desk(tmp_path):
    """The folder that the operator stands in, with the tenant's examples."""
    head, *rows = (SAMPLES / "train.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "desk.csv").write_text("\n".join([head, *rows[::2]]) + "\n", encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Where exported graphs lie, so that the second walk need not make them again."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def surroundings(desk, cache, database_url):
    """The programs that the walk calls, a free port, and the database unless it is the one that nobody names."""
    programs = desk / "bin"
    programs.mkdir()
    trivet = programs / "trivet"
    trivet.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from trivet.cli.main import run; run()" "$@"\n')
    trivet.chmod(0o755)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")}
    own = {"PATH": f"{programs}:{os.environ['PATH']}", "TRIVET_PORT": str(port), "TRIVET_THREADS": "1"}
    named = {} if database_url.startswith("sqlite") else {"TRIVET_DATABASE_URL": database_url}
    return inherited | own | named | {"TRIVET_CACHE": str(cache), "TRIVET_OFFLINE": "1"}


# Three trainings take their time: on SQLite, where its steps have tests of their own, the walk is gone in full runs.
@pytest.mark.system("curl")
@pytest.mark.parametrize("database_url", [pytest.param("sqlite", marks=pytest.mark.slow), "postgresql"], indirect=True)
def test_the_walk_goes_as_the_guide_says(desk, surroundings):
    [script] = re.findall(r"^```shell\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    process = subprocess.Popen(
        [shutil.which("bash") or "bash", "-euo", "pipefail", "-c", script],
        cwd=desk,
        env=surroundings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        said, complained = process.communicate(timeout=600)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    logs = "\n".join(path.read_text()[-2000:] for path in (desk / "serve.log", desk / "worker.log") if path.exists())
    assert process.returncode == 0, f"{said}\n{complained}\n{logs}"
    answers = re.findall(r"\}(support--acme|support|succeeded|1|2)$", said, flags=re.MULTILINE)
    assert answers == ["support", "succeeded", "support--acme", "2", "1"], said
    assert "model.rolled_back" in said
    assert "rows of" in said.splitlines()[-1]
    assert "succeeded" in (desk / "events.txt").read_text()
