"""`trivet bench` as a user calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from trivet.bench.record import record_path, write_record
from trivet.bench.summary import summarise
from trivet.bench.table import BEGIN, END

PROGRAM = "from trivet.cli.main import run; run()"


def bench(toy: Any, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    home = {"TRIVET_HOME": str(toy.root.parent / "home"), "TRIVET_CACHE": str(toy.root.parent / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "bench", *words, "--root", str(toy.root)],
        env=os.environ | home,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == code, done.stdout[-500:] + done.stderr[-2000:]
    return done


def record(toy: Any, *seeds: int) -> None:
    records = [toy.record(seed) for seed in seeds]
    write_record(record_path(toy.root, "toy"), summarise(toy.quality, records, toy.root))


def test_verify_agrees_and_exits_0(toy: Any) -> None:
    record(toy, 0, 1)
    rows = json.loads(bench(toy, "verify", "--json").stdout)
    assert [(row["id"], row["seed"], row["agrees"]) for row in rows] == [
        ("toy", 0, True),
        ("toy", 1, True),
        ("toy", "mean", True),
    ]


def test_verify_exits_1_where_a_value_was_tampered_with(toy: Any) -> None:
    record(toy, 0)
    path = record_path(toy.root, "toy", 0)
    path.write_text(path.read_text().replace('"value": 0.75', '"value": 0.95'))
    assert "False" in bench(toy, "verify", "toy", code=1).stdout


def test_verify_says_where_nothing_is_recorded(toy: Any) -> None:
    assert "Nothing is recorded yet" in bench(toy, "verify").stdout


def test_stale_lists_seed_and_reason_and_exits_1(toy: Any) -> None:
    record(toy, 0)
    rows = json.loads(bench(toy, "stale", "--json", code=1).stdout)
    assert {(row["id"], row["seed"], row["reason"]) for row in rows} == {
        # The toy's modules exist in no checkout.
        ("toy", 0, "imported modules have changed"),
        ("toy", 1, "not recorded"),
        ("toy-start", 0, "not recorded"),
    }


def test_marks_show_what_is_reached(toy: Any) -> None:
    record(toy, 0)
    first, second = json.loads(bench(toy, "marks", "--json").stdout)
    assert (first["value"], first["reached"], first["seeds"]) == (0.75, "floor", "1 of 2 seeds")
    assert (second["value"], second["reached"]) == (None, "not recorded")


def test_the_table_can_be_put_into_a_readme(toy: Any) -> None:
    record(toy, 0, 1)
    readme = toy.root / "README.md"
    readme.write_text(f"{BEGIN}\n{END}\n")
    bench(toy, "table", "--write", str(readme))
    results, _, peers = bench(toy, "table").stdout.rpartition("\n\n")
    assert readme.read_text() == f"{BEGIN}\n{results}\n{END}\n"
    assert peers.startswith("Nothing is recorded yet")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("run", "nonsense"), "no benchmark 'nonsense'. There are toy, toy-start."),
        (("verify", "nonsense"), "no benchmark 'nonsense'"),
        (("run", "toy", "--seed", "7"), "seed 7 was not fixed beforehand"),
        (("peer", "nonsense"), "no peer 'nonsense'"),
    ],
)
def test_an_unknown_name_is_one_line_and_exit_code_2(toy: Any, words: tuple[str, ...], told: str) -> None:
    done = bench(toy, *words, code=2)
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("verb", ["verify", "stale", "marks", "table"])
def test_a_damaged_record_is_one_line_and_exit_code_2(toy: Any, verb: str) -> None:
    record(toy, 0, 1)
    for seed in (None, 0):
        path = record_path(toy.root, "toy", seed)
        path.write_bytes(path.read_bytes()[:100])
    done = bench(toy, verb, code=2)
    assert done.stderr.count("\n") == 1
    assert str(toy.root / "records") in done.stderr


def test_a_folder_without_benchmarks_says_where_to_run(toy: Any) -> None:
    (toy.root / "toy.toml").unlink()
    done = bench(toy, "stale", code=2)
    assert "Run this in a checkout of Trivet, or give --root." in done.stderr


def test_a_peer_runs_from_the_command_line(toy: Any) -> None:
    folder = toy.root / "peers" / "same"
    folder.mkdir(parents=True)
    (folder / "run.py").write_text(
        "import json, sys\njob = json.load(open(sys.argv[1]))\n"
        "reply = {'predicted': [job['train_labels'][0]] * len(job['test_texts']), 'versions': {}}\n"
        "json.dump(reply | {'train_seconds': job['seed'], 'predict_seconds': 1}, open(sys.argv[2], 'w'))\n"
    )
    words = ("peer", "same", "--dataset", str(toy.data), "--python", sys.executable, "--seed", "3", "--json")
    row = json.loads(bench(toy, *words).stdout)
    assert (row["value"], row["train_seconds"]) == (0.5, 3)
    assert Path(toy.root / row["predictions"]).exists()
