"""A registry, keys and stores of the test's own; exported graphs are shared, so that they are built once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

Trivet = Callable[..., subprocess.CompletedProcess[str]]
PROGRAM = "from trivet.cli.main import run; run()"


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`TRIVET_HOME` of all end-to-end tests."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def environment(home: Path) -> Mapping[str, str]:
    """The surroundings of a user: their own home, two threads unless told otherwise, no hub."""
    return os.environ | {
        "TRIVET_HOME": str(home),
        "TRIVET_REGISTRY": "",
        "TRIVET_THREADS": os.environ.get("TRIVET_THREADS", "2"),
        "TRIVET_OFFLINE": "1",
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "2"),
    }


@pytest.fixture(scope="session")
def trivet(environment: Mapping[str, str]) -> Trivet:
    """The command line as a user calls it, in a process of its own."""

    def call(*words: str, code: int = 0, stdin: str | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *words],
            env=dict(environment) | more,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
        return done

    return call


@pytest.fixture(scope="session")
def support(trivet: Trivet) -> dict[str, Any]:
    """A support model of the bank's desk, trained, judged, registered and live."""
    return json.loads(trivet("train", "support", "--json").stdout)
