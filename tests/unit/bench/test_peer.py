"""Peers: programs of their own that are handed rows and give back labels; here toys that the tests write."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from trivet.backbone.tiny import write_tiny_encoder
from trivet.bench.definition import read_benchmarks
from trivet.bench.peer import OURS, Peer, list_peers, peer_path, run_peer
from trivet.bench.peer_record import verify_peers
from trivet.bench.record import read_json, write_predictions
from trivet.bench.stale import find_stale
from trivet.errors import TrivetError

# Answers the label whose training texts share most words with the question.
WORDS = """
import json, os, sys
job = json.load(open(sys.argv[1]))
assert "trivet" not in sys.modules and "PYTHONPATH" not in os.environ
assert os.path.isdir(job["encoder"]) and os.environ["OMP_NUM_THREADS"] == str(job["threads"])
rows = [(set(text.split()), label) for text, label in zip(job["train_texts"], job["train_labels"])]
answers = [max(rows, key=lambda row: len(row[0] & set(text.split())))[1] for text in job["test_texts"]]
reply = {"predicted": answers, "train_seconds": 0.5, "predict_seconds": 0.25, "versions": {"python": "3"}}
json.dump(reply, open(sys.argv[2], "w"))
"""


def write_peer(root: Path, program: str, *, requirements: str | None = None) -> None:
    folder = root / "peers" / "words"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.py").write_text(program)
    if requirements is not None:
        (folder / "requirements.txt").write_text(requirements)


@pytest.fixture
def peer(toy: Any, tmp_path: Path) -> Peer:
    encoder = write_tiny_encoder(tmp_path / "encoder", ["card"], seed=0)
    write_peer(toy.root, WORDS)
    return Peer("words", str(toy.data), str(encoder.path), python=Path(sys.executable))


def run(peer: Peer, toy: Any) -> Any:
    return run_peer(peer, toy.bench, say=lambda _: None)


def test_a_peer_is_recorded_with_score_interval_seconds_and_versions(toy: Any, peer: Peer) -> None:
    record = run(peer, toy)
    assert record.value == 1.0
    assert (record.train_rows, record.train_seconds, record.texts_per_second) == (4, 0.5, 16.0)
    assert record.versions == {"python": "3"}
    assert record.threads == 1
    assert read_json(toy.root / record.predictions)["truth"] == [0, 0, 1, 1]
    assert peer_path(toy.root, peer) == toy.root / "records" / "peers" / "words-data.json"


def test_a_peer_that_was_stopped_says_by_what_and_how_far_it_came(toy: Any, peer: Peer) -> None:
    write_peer(
        toy.root, WORDS.replace('"versions"', '"stopped": "memory", "steps": 3, "steps_planned": 90, "versions"')
    )
    record = run(peer, toy)
    assert (record.stopped, record.steps, record.steps_planned, record.value) == ("memory", 3, 90, 1.0)


def test_a_peer_sees_no_label_of_a_test_row(toy: Any, peer: Peer) -> None:
    (toy.data / "test.csv").write_text("text,label\nwhere is it,money\nlost,card\n")
    write_peer(toy.root, WORDS.replace("rows = [", 'assert "test_labels" not in job\nrows = ['))
    assert run(peer, toy).value == 0.5


def test_peers_are_verified_and_tampering_is_noticed(toy: Any, peer: Peer) -> None:
    record = run(peer, toy)
    (one,) = verify_peers(toy.root)
    assert (one.id, one.agrees) == ("peers/words-data", True)
    kept = read_json(toy.root / record.predictions)
    write_predictions(toy.root / record.predictions, {**kept, "predicted": [1, 1, 1, 1]})
    assert not verify_peers(toy.root)[0].agrees


def test_a_peers_record_is_none_of_ours(toy: Any, peer: Peer) -> None:
    before = find_stale([toy.quality], toy.bench, say=lambda _: None)
    run(peer, toy)
    assert list(read_benchmarks(toy.root)) == ["toy", "toy-start"]
    assert find_stale([toy.quality], toy.bench, say=lambda _: None) == before


def test_another_seed_has_a_record_of_its_own(toy: Any, peer: Peer) -> None:
    assert peer_path(toy.root, Peer("words", "banking77")).name == "words-banking77.json"
    assert peer_path(toy.root, Peer("words", "banking77", seed=3)).name == "words-banking77-seed-3.json"


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("import sys; print('starting'); sys.exit('no memory left')", "ended with 1: no memory left"),
        ("pass", "cannot read it"),
        ("import sys; open(sys.argv[2], 'w').write('{')", "not JSON"),
        ("import sys; open(sys.argv[2], 'w').write('{}')", "predicted: Field required"),
        (WORDS.replace('"versions"', '"stopped": "bored", "versions"'), "stopped: Input should be"),
        (WORDS.replace('"predicted": answers', '"predicted": answers[1:]'), "answered 3 of 4 texts"),
        (WORDS.replace('"predicted": answers', '"predicted": ["x"] * 4'), "answered 'x', which is no label"),
    ],
)
def test_a_peer_that_fails_is_told_in_one_line_and_leaves_no_record(
    toy: Any, peer: Peer, program: str, told: str
) -> None:
    write_peer(toy.root, program)
    with pytest.raises(TrivetError, match=told) as caught:
        run(peer, toy)
    assert "\n" not in caught.value.line()
    assert not (toy.root / "records" / "peers").exists()


def test_an_unknown_peer_is_told_with_those_there_are(toy: Any, peer: Peer) -> None:
    assert list_peers(toy.root) == ("words",)
    with pytest.raises(TrivetError, match=r"no peer 'sbert'.*There are words"):
        run(Peer("sbert"), toy)


def test_an_interpreter_that_is_not_there_is_told(toy: Any, peer: Peer) -> None:
    with pytest.raises(TrivetError, match="cannot run it"):
        run(Peer("words", peer.dataset, peer.encoder, python=Path("/nowhere/python")), toy)


def test_an_environment_is_made_once_and_anew_when_its_list_changes(toy: Any, peer: Peer) -> None:
    alone = Peer("words", peer.dataset, peer.encoder)
    write_peer(toy.root, WORDS, requirements="")
    run(alone, toy)
    made = toy.root / "work" / "peers" / "words" / "environment"
    (made / "kept").touch()
    run(alone, toy)
    assert (made / "kept").exists()
    write_peer(toy.root, WORDS, requirements="\n")
    run(alone, toy)
    assert not (made / "kept").exists()


def test_offline_nothing_is_installed(toy: Any, peer: Peer) -> None:
    write_peer(toy.root, WORDS, requirements="nonsense==1\n")
    with pytest.raises(TrivetError, match="--python PATH"):
        run(Peer("words", peer.dataset, peer.encoder), toy)
    assert not (toy.root / "work").exists()


def test_the_peers_of_this_checkout_name_their_versions_and_import_nothing_of_ours() -> None:
    root = Path(__file__).parents[3] / "benchmarks"
    others = set(list_peers(root)) - {OURS}
    assert others == {"sentence-transformers", "setfit", "setfit-defaults"}
    for name in others:
        folder = root / "peers" / name
        lines = (folder / "requirements.txt").read_text().split()
        assert lines
        assert all("==" in line for line in lines)
        assert "import trivet" not in (folder / "run.py").read_text()
        assert "from trivet" not in (folder / "run.py").read_text()
        assert os.access(folder / "run.py", os.R_OK)
