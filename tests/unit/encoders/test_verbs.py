"""`trivet models`, as a reader types it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trivet.cli.models import app
from trivet.errors import EncoderError


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TRIVET_MODELS", raising=False)
    monkeypatch.setenv("TRIVET_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TRIVET_OFFLINE", "1")


def test_list_says_what_is_here(
    tmp_path: Path, write_encoder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_encoder(tmp_path / "models" / "mine")
    monkeypatch.setenv("TRIVET_MODELS", str(tmp_path / "models"))
    rows = {row["name"]: row for row in json.loads(CliRunner().invoke(app, ["list", "--json"]).stdout)}
    assert rows["mine"]["here"] == "mirror"
    assert rows["multilingual-e5-small"]["here"] == ""
    assert "minilm-l6" in CliRunner().invoke(app, ["list"]).stdout


def test_fetch_describes_the_encoder(tmp_path: Path, write_encoder: Callable[..., Path]) -> None:
    folder = write_encoder(tmp_path / "toy")
    out = CliRunner().invoke(app, ["fetch", str(folder)]).stdout
    assert "2 layers, width 8" in out
    assert "mit, commercial use allowed" in out
    facts = json.loads(CliRunner().invoke(app, ["fetch", str(folder), "--json"]).stdout)
    assert (facts["dim"], len(facts["sha256"])) == (8, 64)


def test_an_encoder_that_is_nowhere_is_an_error_of_the_reader() -> None:
    result = CliRunner().invoke(app, ["fetch", "multilingual-e5-small"])
    assert isinstance(result.exception, EncoderError)
