"""Versions from candidate to live, where they come from, and whether they come out again: by the command line alone."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from trivet.artifact.sums import write_sums

Trivet = Callable[..., subprocess.CompletedProcess[str]]
SAMPLES = Path(__file__).resolve().parents[2] / "datasets" / "samples"


@pytest.fixture(scope="module", name="desk")
def _desk(trivet: Trivet) -> list[dict[str, Any]]:
    """Two versions of one name: the first live, the second a candidate trained to replace it."""
    words = ("train", "support", "sample-clinic", "--name", "desk", "--json")
    first = json.loads(trivet(*words).stdout)
    second = json.loads(trivet(*words, "--set", "method.expansion=2000", "--no-promote").stdout)
    return [first, second]


def test_what_is_registered_is_a_candidate_and_goes_live_through_its_gates(
    desk: list[dict[str, Any]], trivet: Trivet
) -> None:
    assert (desk[0]["aliases"], desk[1]["aliases"]) == (["live"], ["candidate"])
    row = next(row for row in json.loads(trivet("registry", "list", "--json").stdout) if row["name"] == "desk")
    assert row["aliases"] == "candidate=2, live=1"
    assert re.search(r"1: accuracy 0\.\d+ \[0\.\d+-0\.\d+\]", row["scores"])
    trivet("registry", "shadow", "desk/2", "--reason", "a week beside it")
    shown = json.loads(trivet("registry", "show", "desk/2", "--json").stdout)
    assert shown["aliases"] == ["candidate", "shadow"]
    assert shown["parent"]["reference"] == "desk/1"
    assert shown["decision"] is None
    trivet("registry", "promote", "desk/2")
    shown = trivet("registry", "show", "desk@live").stdout
    assert re.search(r"scores +accuracy 0\.\d{4} \[0\.\d{4}, 0\.\d{4}\]", shown)
    assert "passed: accuracy" in shown
    assert "aliases    live\n" in shown
    assert json.loads(trivet("registry", "rollback", "desk", "--reason", "complaints", "--json").stdout)["live"] == 1
    log = json.loads(trivet("registry", "log", "desk", "--json").stdout)
    assert [(row["change"], row["alias"], row["version"]) for row in log] == [
        ("added", "candidate", 1),
        ("set", "live", 1),
        ("added", "candidate", 2),
        ("set", "shadow", 2),
        ("set", "live", 2),
        ("rolled back", "live", 1),
    ]


def test_force_without_a_reason_is_refused(desk: list[dict[str, Any]], trivet: Trivet) -> None:
    assert "needs a reason" in trivet("registry", "promote", "desk/2", "--force", code=2).stderr


def test_a_version_that_is_not_there_is_named(desk: list[dict[str, Any]], trivet: Trivet) -> None:
    for verb in ("show", "lineage", "promote", "shadow", "upgrade"):
        assert "desk has no version 9" in trivet("registry", verb, "desk/9", code=2).stderr


def test_the_lineage_leads_from_the_second_to_the_first(desk: list[dict[str, Any]], trivet: Trivet) -> None:
    chain = json.loads(trivet("registry", "lineage", "desk/2", "--json").stdout)
    assert [link["reference"] for link in chain] == ["desk/2", "desk/1"]
    assert chain[1]["descent"] == "successor"
    assert chain[1]["card"]["data"]["sha256"].keys() == {"train"}
    assert "sample-clinic" in trivet("registry", "lineage", "desk/2").stdout


def test_a_head_is_reproduced_to_the_bit(desk: list[dict[str, Any]], trivet: Trivet) -> None:
    result = json.loads(trivet("reproduce", "desk/1", "--json").stdout)
    assert (result["reproduced"], result["exact"], result["is_exact_wanted"]) == (True, True, True)
    assert {"rows", "graph", "heads.safetensors", "facts", "answers int8"} <= {part["name"] for part in result["parts"]}


def test_a_model_that_its_recipe_does_not_make_is_not_reproduced(
    desk: list[dict[str, Any]], trivet: Trivet, tmp_path: Path
) -> None:
    forged = Path(shutil.copytree(desk[1]["path"], tmp_path / "forged"))
    for name in ("recipe.json", "SHA256SUMS"):
        (forged / name).unlink()
    shutil.copyfile(Path(desk[0]["path"]) / "recipe.json", forged / "recipe.json")
    write_sums(forged)
    done = trivet("reproduce", str(forged), code=1)
    assert "NOT reproduced: wanted the same bits" in done.stdout
    assert re.search(r"close +heads\.safetensors +other tensors: head\.", done.stdout)


def test_weights_under_foreign_golden_answers_are_refused(
    desk: list[dict[str, Any]], trivet: Trivet, tmp_path: Path
) -> None:
    forged = Path(shutil.copytree(desk[0]["path"], tmp_path / "forged"))
    tensors = load_file(forged / "heads.safetensors")
    tensors["head.weights"] = np.ascontiguousarray(tensors["head.weights"][:, ::-1])
    (forged / "heads.safetensors").unlink()
    save_file(tensors, forged / "heads.safetensors")
    (forged / "SHA256SUMS").unlink()
    write_sums(forged)
    assert "does not answer as when it was saved" in trivet("reproduce", str(forged), code=2).stderr


def test_data_that_has_changed_or_is_gone_is_told_by_its_hash(trivet: Trivet, tmp_path: Path) -> None:
    mine = tmp_path / "mine.csv"
    shutil.copy(SAMPLES / "support-clinic" / "train.csv", mine)
    trivet("train", "support", str(mine), "--out", str(tmp_path / "model"), "--no-evaluate")
    with mine.open("a", encoding="utf-8") as file:
        file.write(mine.read_text(encoding="utf-8").splitlines()[-1] + "\n")
    done = trivet("reproduce", str(tmp_path / "model"), code=2)
    assert re.search(r"the table 'train' is not what support learnt from \(sha256 \w{12}, then \w{12}\)", done.stderr)
    mine.unlink()
    done = trivet("reproduce", str(tmp_path / "model"), code=2)
    assert "cannot be opened: no data at" in done.stderr
    assert "Put it back where it was" in done.stderr


@pytest.mark.real_data
def test_research_data_trains_and_goes_live_with_a_persons_word_only(trivet: Trivet, tmp_path: Path) -> None:
    # What is asked here is whether it may go live and comes out again, not how good it is.
    small = ("data.shots=8", "training.epochs=1", "task.max_tokens=32", "export.precision=fp32")
    knobs = [word for knob in small for word in ("--set", knob)]
    result = json.loads(trivet("train", "finance", "phrasebank-allagree", "--name", "press", *knobs, "--json").stdout)
    assert result["aliases"] == ["candidate"]
    assert "research only" in result["refused"]
    assert "--accept-licence" in result["refused"]
    assert any("for research only" in line for line in result["remarks"])
    shown = trivet("registry", "show", "press/1").stdout
    assert re.search(r"licence +RESEARCH ONLY; phrasebank-allagree: ", shown)
    assert "refused, for research only" in shown
    assert "--accept-licence" in trivet("registry", "promote", "press/1", code=2).stderr
    assert "--accept-licence" in trivet("export", "press/1", str(tmp_path / "served"), code=2).stderr
    assert not (tmp_path / "served").exists()
    trivet("registry", "promote", "press/1", "--accept-licence", "--reason", "a seminar")
    assert json.loads(trivet("registry", "log", "press", "--json").stdout)[-1]["accepted"].endswith(": a seminar")
    trivet("export", "press", str(tmp_path / "served"), "--accept-licence")
    assert json.loads(trivet("reproduce", "press/1", "--json").stdout)["exact"]
