"""A PostgreSQL that may be stopped, and the environment of a process over it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from trivet_service.testing_postgres import TEST_URL, running_postgres


@pytest.fixture
def server():
    """A PostgreSQL that may be stopped."""
    if os.environ.get(TEST_URL):
        pytest.skip("the server that a URL names is not ours to stop")
    with tempfile.TemporaryDirectory(prefix="pg-") as folder, running_postgres(Path(folder) / "data") as started:
        yield started


@pytest.fixture
def environment(server, tmp_path):
    """The environment of processes over an empty database of that server."""
    with server.database() as url:
        yield {name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")} | {
            "TRIVET_HOME": str(tmp_path / "home"),
            "TRIVET_CACHE": str(tmp_path / "cache"),
            "TRIVET_DATABASE_URL": url,
        }
