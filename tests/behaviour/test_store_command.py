"""`trivet store`: from SQLite to PostgreSQL and back, as an operator does it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import httpx
import pytest

PROGRAM = [sys.executable, "-c", "from trivet.cli.main import run; run()"]


@pytest.fixture
def surroundings(tmp_path):
    own = {"TRIVET_HOME": str(tmp_path / "home"), "TRIVET_CACHE": str(tmp_path / "cache")}
    return {name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")} | own


@pytest.fixture
def trivet(surroundings):
    def call(*words: str, code: int = 0, **more: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*PROGRAM, *words], env=surroundings | more, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == code, done.stderr
        return done

    return call


def test_a_shop_moves_from_sqlite_to_postgresql_and_back(served, legs, trivet, surroundings, postgres, tmp_path):
    words = ("recommend", "--insecure", "--model", f"recommend={legs['recommend']}")
    with served(*words, environment=surroundings) as server, httpx.Client(base_url=server.address) as client:
        items = [{"item": name, "text": name} for name in ("card", "money", "transfer", "thanks")]
        client.post("/v1/items", json={"items": items}).raise_for_status()
        client.post("/v1/events", json={"id": "e1", "user": "u", "item": "card"}).raise_for_status()
        before = client.post("/v1/recommendations", json={"user": "u"}).json()["items"]
        trivet("store", "backup", str(tmp_path / "one.backup"))
    with postgres.database() as url:
        moved = surroundings | {"TRIVET_DATABASE_URL": url}
        trivet("store", "restore", str(tmp_path / "one.backup"), TRIVET_DATABASE_URL=url)
        status = json.loads(trivet("store", "status", "--json", TRIVET_DATABASE_URL=url).stdout)
        assert all(domain["revision"] == domain["newest"] for domain in status["domains"])
        with served(*words, environment=moved) as server, httpx.Client(base_url=server.address) as client:
            assert client.post("/v1/recommendations", json={"user": "u"}).json()["items"] == before
            again = client.post("/v1/events", json={"id": "e1", "user": "u", "item": "card"}).json()
            assert (again["accepted"], again["duplicates"]) == (0, 1)
            new = client.post("/v1/events", json={"id": "e2", "user": "u", "item": "money"}).json()
            assert new["accepted"] == 1
        trivet("store", "backup", str(tmp_path / "two.backup"), TRIVET_DATABASE_URL=url)
    back = {"TRIVET_DATABASE_URL": f"sqlite:///{tmp_path / 'back.db'}"}
    manifest = json.loads(trivet("store", "restore", str(tmp_path / "two.backup"), "--json", **back).stdout)
    assert manifest["tables"]["recommend_events"]["rows"] == 2


def test_what_is_wrong_with_a_restore_is_one_line(trivet, tmp_path):
    (tmp_path / "notes.txt").write_text("no backup")
    done = trivet("store", "restore", str(tmp_path / "notes.txt"), code=2)
    assert "notes.txt" in done.stderr
    assert "Traceback" not in done.stderr
    done = trivet("store", "status", code=2, TRIVET_DATABASE_URL="mysql://me:secret@host/db")
    assert "mysql is not supported" in done.stderr
    assert "secret" not in done.stderr
