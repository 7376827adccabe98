"""What an operating point promises, and of which model."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from trivet.answers.classification import ClassificationAnswer, ClassificationFacts, decide
from trivet.errors import InputError
from trivet.trust.risk import OperatingPoint, bound_risk
from trivet_support.points.measure import measure_precision, measure_threshold
from trivet_support.points.point import Declared, choose_point, hold, identify

OWN = OperatingPoint(risk=0.05, confidence=0.95, threshold=0.6, coverage=0.9, rows=1000, held=True)


class Model(SimpleNamespace):
    def read_beside(self, texts, *, top):
        return [
            ClassificationAnswer("card", float(text), (("card", float(text)),), 0.1, "answer", 3, truncated=False)
            for text in texts
        ]


def model(version=3, own=OWN):
    facts = ClassificationFacts(("card", "pin"), max_tokens=32, operating_point=own, novelty_threshold=0.5)
    header = SimpleNamespace(created=SimpleNamespace(isoformat=lambda: "2026"))
    artifact = SimpleNamespace(facts=facts, header=header, tokenizer=None, answering=SimpleNamespace(yardstick=None))
    return Model(name="support", version=version, artifact=artifact)


def rows(count=4000, *, seed=0):
    """Confidences that are right as often as they say."""
    random = np.random.default_rng(seed)
    levels = random.uniform(0.5, 1, size=count)
    right = random.uniform(size=count) < levels
    return [f"{level:.6f}" for level in levels], ["card" if one else "pin" for one in right]


def test_without_a_declaration_the_point_of_training_decides():
    point = choose_point("", {}, model())
    assert (point.name, point.threshold, point.precision, point.coverage) == ("default", 0.6, 0.95, 0.9)
    assert (point.measured_on, point.rows) == ("training", 1000)
    assert choose_point("", {}, model(own=None)) is None


def test_a_point_that_nobody_declared_is_pointed_at():
    with pytest.raises(InputError) as caught:
        choose_point("strict", {}, model())
    assert caught.value.where == "/operating_point"


def test_a_precision_without_rows_is_expected_and_not_promised():
    point = hold(Declared("strict", precision=0.98), model(), OWN)
    assert (point.threshold, point.precision, point.coverage, point.measured_on) == (0.98, None, None, "calibration")
    same = hold(Declared("same", precision=0.95), model(), OWN)
    assert (same.threshold, same.precision, same.measured_on) == (0.6, 0.95, "training")


def test_a_measured_precision_is_kept_on_other_rows():
    texts, labels = rows()
    measured = measure_precision(model(), texts, labels, precision=0.9, name="faq")
    levels, _ = rows(seed=1)
    # Each is right as often as it says, so their mean is the precision without the luck of a draw.
    given = [float(level) for level in levels if float(level) >= measured.threshold]
    assert np.mean(given) >= 0.9
    assert measured.coverage == pytest.approx(len(given) / len(levels), abs=0.05)
    point = hold(Declared("strict", precision=0.9, measured=measured), model(), OWN)
    assert (point.precision, point.measured_on, point.rows) == (0.9, "data_set", 4000)


def test_what_was_measured_of_one_version_promises_nothing_of_another():
    texts, labels = rows()
    declared = Declared(
        "strict", precision=0.9, measured=measure_precision(model(3), texts, labels, precision=0.9, name="faq")
    )
    point = hold(declared, model(4), OWN)
    assert (point.threshold, point.precision, point.measured_on) == (0.9, None, "calibration")
    assert identify(model(3)) != identify(model(4))
    grown = OperatingPoint(risk=0.05, confidence=0.95, threshold=0.6, coverage=0.0, rows=0, held=False)
    assert hold(declared, model(3), grown).measured_on == "calibration", "beside a tenant's examples it is another one"


def test_a_threshold_promises_what_the_rows_show_at_least():
    texts, labels = rows()
    measured = measure_threshold(model(), texts, labels, threshold=0.8)
    given = [label == "card" for text, label in zip(texts, labels, strict=True) if float(text) >= 0.8]
    assert measured.precision == pytest.approx(1 - bound_risk(given.count(False), len(given), confidence=0.95))
    assert measured.precision < np.mean(given)


def test_rows_that_do_not_show_a_precision_are_refused():
    with pytest.raises(InputError, match=r"do not show a precision of 0\.999") as caught:
        measure_precision(model(), *rows(200), precision=0.999, name="faq")
    assert caught.value.where == "/precision"
    with pytest.raises(InputError, match="too few"):
        measure_threshold(model(), *rows(10), threshold=0.5)


def test_the_point_decides_as_the_core_does():
    facts = model().artifact.facts
    strict = hold(Declared("strict", threshold=0.9), model(), OWN).decides_over(facts)
    assert decide(0.89, 0.1, strict) == "unsure"
    assert decide(0.9, 0.1, strict) == "answer"
    assert decide(0.99, 0.6, strict) == "out_of_scope"
    assert decide(0.7, 0.1, facts) == "answer"
