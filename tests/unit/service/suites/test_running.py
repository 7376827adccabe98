"""Sections are the modules of a package, asked in their order; one that fails takes none of the others along."""

from __future__ import annotations

import sys
from contextlib import contextmanager

import pytest

from trivet.errors import TrivetError
from trivet_service.suites.report import SuiteReport
from trivet_service.suites.suite import Opened, Question, Subject, Suite, run_suite

SECTION = """
from trivet.errors import TrivetError
from trivet_service.suites.section import Found, Metric, NothingToJudgeError, Section


def measure(judged):
    {body}


section = Section({order}, "{name}", "{name}", "", measure)
"""
BODIES = {
    "second": 'return Found((Metric("size", "Size", float(judged), better="higher"),))',
    "first": 'raise NothingToJudgeError("there are no rows.")',
    "third": 'raise TrivetError("the server did not start.", where="port 8800")',
}


class Stages:
    def __init__(self):
        self.names = []

    def stage(self, name):
        self.names.append(name)


@pytest.fixture
def suite(tmp_path, monkeypatch):
    folder = tmp_path / "sections_of_a_test"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    for order, name in enumerate(("first", "second", "third"), start=1):
        (folder / f"{name}.py").write_text(SECTION.format(body=BODIES[name], order=order, name=name))
    monkeypatch.syspath_prepend(tmp_path)
    closed = []

    @contextmanager
    def open_model(question):
        yield Opened(Subject(question.reference, "i", "rows", "s"), 7)
        closed.append(question.reference)

    yield Suite("toy", folder.name, tmp_path / "gates", open_model)
    assert set(closed) <= {"model"}
    for name in [one for one in sys.modules if one.startswith(folder.name)]:
        del sys.modules[name]


def test_sections_are_asked_in_their_order_and_say_what_became_of_them(suite):
    stages = Stages()
    result = run_suite(suite, Question("model"), names=[], progress=stages)
    assert stages.names == ["opening", "first", "second", "third"]
    first, second, third = result.outcomes
    assert (first.skipped, first.is_failed) == ("there are no rows.", False)
    assert second.found.metrics[0].value == 7
    assert (third.skipped, third.is_failed) == ("it could not be measured: port 8800: the server did not start.", True)


def test_a_section_that_failed_fails_the_whole_and_one_without_rows_does_not(suite):
    def judge(*names):
        return SuiteReport(run_suite(suite, Question("model"), names=names, progress=Stages()))

    assert judge("first", "second").passed
    failed = judge("second", "third")
    assert not failed.passed
    assert "failed: it could not be measured" in "\n".join(failed.lines())


def test_a_section_that_there_is_not_is_told_before_anything_is_opened(suite):
    stages = Stages()
    with pytest.raises(TrivetError, match=r"no section 'fourth'\. There are first, second, third"):
        run_suite(suite, Question("model"), names=["fourth"], progress=stages)
    assert stages.names == []
