"""Ours against another library, by toy programs that the tests write."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from trivet.backbone.tiny import write_tiny_encoder
from trivet.bench.peer import OURS, Peer
from trivet.bench.versus import Contest, run_contest

PROGRAM = """
import json, sys
job = json.load(open(sys.argv[1]))
right = ["card", "card", "money", "money"]
predicted = right[:{right}] + ["card"] * (4 - {right})
reply = {{"predicted": predicted, "train_seconds": {seconds}, "predict_seconds": {seconds}, "versions": {{}}}}
reply |= {{"train_cpu_seconds": {cpu}, "predict_cpu_seconds": {cpu}}}
json.dump(reply | {{"peak_mb": {memory}}}, open(sys.argv[2], "w"))
"""


def write_program(root: Path, name: str, *, right: int, seconds: float, memory: int, cpu: float = 0.0) -> None:
    folder = root / "peers" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.py").write_text(PROGRAM.format(right=right, seconds=seconds, memory=memory, cpu=cpu))


@pytest.fixture
def other(toy: Any, tmp_path: Path) -> Peer:
    encoder = write_tiny_encoder(tmp_path / "encoder", ["card"], seed=0)
    write_program(toy.root, OURS, right=4, seconds=0.5, memory=100)
    write_program(toy.root, "words", right=3, seconds=2.0, memory=250)
    return Peer("words", encoder=str(encoder.path), python=Path(sys.executable))


def run(other: Peer, toy: Any, said: list[str], **knobs: Any) -> Contest:
    (contest,) = run_contest(other, [str(toy.data)], toy.bench, say=said.append, **knobs)
    return contest


def test_both_learn_the_same_and_the_last_line_says_by_how_much_ours_is_better(toy: Any, other: Peer) -> None:
    contest = run(other, toy, [])
    ours, theirs, gain = contest.rows()
    assert (ours["who"], theirs["who"]) == (OURS, "words")
    assert (ours["accuracy"], theirs["peak_mb"]) == (1.0, 250)
    assert [gain[name] for name in ("accuracy", "train_s", "texts_per_s", "peak_mb")] == [
        "+25.0",
        "4.0x",
        "4.0x",
        "2.5x",
    ]
    assert contest.is_won


def test_what_is_recorded_is_not_run_again_until_its_program_or_our_code_changes(toy: Any, other: Peer) -> None:
    run(other, toy, [])
    said: list[str] = []
    run(other, toy, said)
    assert [line.endswith("stands") for line in said] == [True, True]
    said.clear()
    (contest,) = run_contest(other, [str(toy.data)], toy.with_code(road=b"a = 2"), say=said.append)
    assert [line.endswith("stands") for line in said] == [True, False]
    write_program(toy.root, "words", right=4, seconds=0.1, memory=50)
    said.clear()
    (contest,) = run_contest(other, [str(toy.data)], toy.with_code(road=b"a = 2"), say=said.append)
    assert [line.endswith("stands") for line in said] == [False, True]
    assert not contest.is_won


def test_again_runs_both(toy: Any, other: Peer) -> None:
    run(other, toy, [])
    said: list[str] = []
    run(other, toy, said, again=True)
    assert not [line for line in said if line.endswith("stands")]


def test_where_both_tell_cpu_seconds_those_decide_and_not_the_clock(toy: Any, other: Peer) -> None:
    write_program(toy.root, OURS, right=4, seconds=9.0, memory=100, cpu=0.5)
    write_program(toy.root, "words", right=3, seconds=2.0, memory=250, cpu=1.5)
    contest = run(other, toy, [])
    ours, _, gain = contest.rows()
    assert (ours["train_s"], ours["train_cpu_s"], ours["texts_per_cpu_s"]) == (9.0, 0.5, 8.0)
    assert (gain["train_s"], gain["train_cpu_s"], gain["texts_per_cpu_s"]) == ("", "3.0x", "3.0x")
    assert contest.is_won
    write_program(toy.root, OURS, right=4, seconds=0.1, memory=100, cpu=1.6)
    assert not run(other, toy, [], again=True).is_won
