"""`trivet suite support`: sections, gates, and what it refuses, as a user calls it."""

from __future__ import annotations

import json
import os

import pytest

SECTIONS = "in-scope,out-of-scope,calibration,selective,multi-turn,robustness,significance"
EVERY = {
    *SECTIONS.split(","), "several-intents", "growth", "tenants", "load", "replies",
}  # fmt: skip
BROKEN = """
[[gate]]
metric = "in-scope.accuracy"
least = 0.999

[[gate]]
metric = "in-scope.macro_f1"
least = 0.5
"""


def test_a_model_is_judged_by_its_sections_into_a_folder(trivet, support, tmp_path):
    out = tmp_path / "report"
    words = ("--quick", "--sections", SECTIONS, "--against", "support@live", "--out", str(out))
    told = trivet("suite", "support", *words).stdout
    assert "in-scope         Accuracy" in told
    report = json.loads((out / "report.json").read_text())
    assert [section["name"] for section in report["sections"]] == [
        "in-scope", "out-of-scope", "calibration", "selective", "multi-turn", "robustness", "significance",
    ]  # fmt: skip
    metrics = {section["name"]: section["metrics"] for section in report["sections"]}
    assert not any(section["skipped"] for section in report["sections"])
    assert metrics["in-scope"]["accuracy"]["value"] > 0.8
    assert metrics["in-scope"]["accuracy"]["low"] < metrics["in-scope"]["accuracy"]["value"]
    assert metrics["out-of-scope"]["auroc"]["value"] > 0.9
    assert metrics["calibration"]["ece"]["value"] < metrics["calibration"]["ece_before"]["value"]
    assert metrics["robustness"]["loss_casing"]["value"] == 0
    assert metrics["robustness"]["letters_answered"]["value"] == 0
    # Against itself: nothing is gained, nothing is lost.
    assert metrics["significance"]["gain"]["value"] == 0
    assert "<svg" in (out / "report.html").read_text()
    errors = [json.loads(line) for line in (out / "errors.jsonl").read_text().splitlines()]
    assert {"section", "text", "true", "answered"} <= set(errors[0])
    assert (out / "out-of-scope.kinds.csv").read_text().startswith("kind,messages,")


def test_what_only_a_server_shows_is_asked_of_one(trivet, support):
    told = json.loads(trivet("suite", "support", "--quick", "--sections", "several-intents,replies", "--json").stdout)
    several, replies = (section["metrics"] for section in told["sections"])
    assert several["micro_f1"]["value"] > several["micro_f1_one"]["value"]
    assert several["over_splitting"]["value"] < 0.2
    assert replies["open_variables"]["value"] == 0
    assert replies["refused"]["value"] > 0.7


def test_a_gate_that_is_not_kept_ends_with_1_and_says_why(trivet, support, tmp_path):
    gates = tmp_path / "gates.toml"
    gates.write_text(BROKEN)
    done = trivet("suite", "support", "--quick", "--sections", "in-scope", "--gates", str(gates), code=1)
    assert "1 of 2 kept" in done.stdout
    assert "failed: in-scope.accuracy" in done.stdout
    assert "below the least of 0.999" in done.stdout


def test_gates_that_were_written_are_kept_by_the_same_model(trivet, support, tmp_path):
    gates = tmp_path / "gates.toml"
    trivet("suite", "support", "--quick", "--sections", "calibration", "--write-gates", str(gates))
    again = ("--quick", "--sections", "calibration,significance", "--gates", str(gates), "--json")
    told = trivet("suite", "support", *again).stdout
    assert json.loads(told)["passed"] is True
    assert "it is the live model itself" in json.loads(told)["sections"][1]["skipped"]
    assert len(json.loads(told)["gates"]) >= 3


def test_what_cannot_be_judged_is_said_in_one_line(trivet, support, tmp_path):
    done = trivet("suite", "support", "--sections", "in-scope,vibes", code=2)
    assert "--sections: there is no section 'vibes'. There are in-scope, out-of-scope" in done.stderr
    (tmp_path / "mine.txt").write_text("")
    assert "other files (mine.txt)" in trivet("suite", "support", "--out", str(tmp_path), code=2).stderr
    assert "no service 'sales'" in trivet("suite", "sales", code=2).stderr


@pytest.mark.slow
def test_every_section_says_something_of_a_sample(trivet, support):
    words = ("--against", "support@live", "--quick", "--json")
    told = json.loads(trivet("suite", "support", *words, TRIVET_THREADS=os.environ.get("TRIVET_THREADS", "2")).stdout)
    assert {section["name"] for section in told["sections"]} == EVERY
    assert all(section["metrics"] and not section["skipped"] for section in told["sections"])
    tenants = next(section["metrics"] for section in told["sections"] if section["name"] == "tenants")
    assert tenants["leaks"]["value"] == 0
    assert tenants["own"]["value"] == 1
