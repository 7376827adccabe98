"""The report of a suite: what is written, and that it says what was left out."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import pytest

from trivet.errors import TrivetError
from trivet.evaluation.picture import draw
from trivet_service.suites.gates import GateOutcome
from trivet_service.suites.report import SuiteReport
from trivet_service.suites.section import Found, Metric, Outcome, Table
from trivet_service.suites.suite import Question, Subject, SuiteResult
from trivet_service.suites.write import write_suite


@pytest.fixture
def report() -> SuiteReport:
    found = Found(
        metrics=(Metric("accuracy", "Accuracy", 0.9, 0.88, 0.92, "share", "higher"),),
        tables=(
            Table("ways", "Ways", ("way", "accuracy"), (("<b>ours</b>", 0.9), ("none", None)), shares=("accuracy",)),
        ),
        plots=(draw("curve", "A curve", lambda axes: axes.plot([0, 1], [1, 0])),),
        errors=({"text": "card & pin", "true": "card"},),
    )
    outcomes = (
        Outcome("in-scope", "In scope", "Is it right?", found, seconds=0.5),
        Outcome("out-of-scope", "Out of scope", "Is it told?", skipped="no out-of-scope rows."),
    )
    subject = Subject("support@live", "a" * 64, "sample-bank", "b" * 64)
    gates = (
        GateOutcome("in-scope.accuracy", passed=False, detail="in-scope.accuracy 0.9000 is below the least of 0.95."),
    )
    return SuiteReport(SuiteResult("support", subject, Question("support@live"), outcomes), gates, "bank.toml")


def test_everything_is_written_once_and_the_page_needs_nothing_else(report, tmp_path):
    page = write_suite(report, tmp_path / "report")
    html = page.read_text()
    assert "<script" not in html
    assert "http" not in html.replace("http://www.w3.org", "")
    assert "&lt;b&gt;ours" in html
    assert "<svg" in html
    assert "90.0 %" in html
    values = json.loads((page.parent / "report.json").read_text())
    assert values["sections"][0]["metrics"]["accuracy"]["value"] == 0.9
    assert list(csv.reader((page.parent / "in-scope.ways.csv").open()))[1] == ["<b>ours</b>", "0.9"]
    assert (page.parent / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((page.parent / "errors.jsonl").read_text()) == {
        "section": "in-scope", "text": "card & pin", "true": "card",
    }  # fmt: skip


def test_what_was_skipped_and_what_failed_is_said_everywhere(report, tmp_path):
    html = write_suite(report, tmp_path / "report").read_text()
    assert "Not judged: no out-of-scope rows." in html
    assert "1 of 1 gates failed" in html
    lines = "\n".join(report.lines())
    assert "skipped: no out-of-scope rows." in lines
    assert "failed: in-scope.accuracy 0.9000 is below the least of 0.95." in lines
    assert not report.passed


def test_the_same_report_is_the_same_bytes(report, tmp_path):
    pages = [write_suite(report, tmp_path / name).read_bytes() for name in ("one", "two")]
    assert pages[0] == pages[1]


def test_a_folder_with_other_files_is_left_alone(report, tmp_path):
    (tmp_path / "thesis.docx").write_text("mine")
    with pytest.raises(TrivetError, match=r"other files \(thesis.docx\)"):
        write_suite(report, tmp_path)
    write_suite(report, tmp_path / "report")
    write_suite(report, tmp_path / "report")


def test_a_report_that_cannot_be_written_leaves_the_old_one(report, tmp_path):
    page = write_suite(report, tmp_path / "report")
    before = page.read_bytes()
    broken = Outcome("in-scope", "In scope", "", Found((Metric("accuracy", "Accuracy", float("nan")),)))
    with pytest.raises(ValueError, match="JSON compliant"):
        write_suite(replace(report, result=replace(report.result, outcomes=(broken,))), tmp_path / "report")
    assert page.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
