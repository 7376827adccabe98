"""`trivet data`, as a reader types it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from trivet.cli.data import app
from trivet.errors import DataError


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TRIVET_DATA", raising=False)
    monkeypatch.setenv("TRIVET_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TRIVET_OFFLINE", "1")


def call(*arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(app, list(arguments))
    if isinstance(result.exception, DataError):
        raise result.exception
    assert result.exit_code == status, result.output
    return result.stdout


def call_json(*arguments: str, status: int = 0) -> Any:
    return json.loads(call(*arguments, "--json", status=status))


def test_list_names_every_set_with_its_licence_and_whether_it_is_here() -> None:
    rows = {row["name"]: row for row in call_json("list")}
    assert rows["sample-bank"]["here"] == "package"
    assert rows["banking77"]["here"] == ""
    assert rows["banking77"]["commercial"] is True
    assert rows["phrasebank-50agree"]["use"] == "research"
    assert "movietweetings-100k" in call("list")


def test_show_prints_licence_origin_and_traps() -> None:
    out = call("show", "phrasebank-50agree")
    assert "CC-BY-NC-SA-3.0, research only" in out
    assert "at 0812b5e791e1" in out
    assert "eats the character before the @" in out
    assert "not here yet" in out
    assert call_json("show", "sample-bank")["places"]["train.csv"].endswith("support-bank/train.csv")


def test_fetch_says_where_every_file_is() -> None:
    rows = call_json("fetch", "sample-bank", "sample-finance")
    assert {row["from"] for row in rows} == {"package"}
    with pytest.raises(DataError, match="TRIVET_OFFLINE forbids"):
        call("fetch", "banking77")


def test_lint_of_a_named_set_prints_counts_and_overlap() -> None:
    facts = call_json("lint", "sample-bank")
    assert facts["rows"]["train"] > 500
    assert facts["overlap"].startswith("0 of ")
    assert facts["findings"] == []


def test_lint_of_a_path_takes_columns_by_flag_and_fails_on_errors(tmp_path: Path) -> None:
    path, test = tmp_path / "mine.csv", tmp_path / "test.csv"
    path.write_text("said,outcome\n" + "".join(f"row {at},a\n" for at in range(6)))
    test.write_text("said,outcome\nrow 1,a\nnew,b\n")
    facts = call_json("lint", str(path), "--text", "said", "--label", "outcome")
    assert facts["labels"] == 1
    flags = ("--text", "said", "--label", "outcome", "--test", str(test))
    out = call("lint", str(path), *flags, status=1)
    assert "1 of 2 test texts are in train" in out
    assert "error     only in test, 1 rows" in out


def test_lint_of_interactions_checks_events_against_the_catalogue(tmp_path: Path) -> None:
    events, items = tmp_path / "log.csv", tmp_path / "goods.csv"
    events.write_text("user,item,time\nu,i1,1\nu,i2,2\n")
    items.write_text("item,title\ni1,Mug\n")
    facts = call_json("lint", str(events), "--items", str(items), status=1)
    assert [finding["kind"] for finding in facts["findings"]] == ["unknown item"]


def test_an_unknown_set_is_an_error_of_the_reader() -> None:
    for verb in ("show", "fetch", "lint"):
        with pytest.raises(DataError, match="there is no data set 'bankng77'"):
            call(verb, "bankng77")
