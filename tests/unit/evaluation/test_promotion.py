"""Promotion: only what passes its gates goes live, unless someone says why not."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trivet.artifact.card import Card, DataEntry, EncoderEntry
from trivet.artifact.documents import write_document
from trivet.artifact.sums import write_sums
from trivet.errors import ArtifactError, GateError, LicenceError
from trivet.evaluation.promotion import promote
from trivet.evaluation.report import Report
from trivet.evaluation.write import write_report
from trivet.recipe.gates import GatesRecipe
from trivet.registry.registry import Registry
from trivet.registry.verdict import Verdict

GATES = GatesRecipe(margin=0.02)


def card_of(version: int, *, restrictions: tuple[str, ...]) -> Card:
    return Card(
        name="support",
        trivet="0.1.0",
        created=datetime(2026, 11, version, tzinfo=UTC),
        data=DataEntry(
            name="toy", sha256={"train": "ab"}, rows=12, licence="CC BY-NC 4.0", commercial=not restrictions
        ),
        encoder=EncoderEntry(name="tiny", licence="Apache-2.0", commercial=True, sha256="cd"),
        licence_commercial=not restrictions,
        restrictions=restrictions,
    )


@pytest.fixture(name="registry")
def _registry(tmp_path: Path) -> Registry:
    """A registry with versions 1 to 4, the last for research only; promotion opens nothing but their cards."""
    registry = Registry(str(tmp_path / "registry"), tmp_path / "cache")
    for version in range(1, 5):
        artifact = tmp_path / f"artifact-{version}"
        artifact.mkdir()
        (artifact / "artifact.json").write_text('{"format": 2}', encoding="utf-8")
        write_document(card_of(version, restrictions=("toy: CC BY-NC 4.0",) * (version == 4)), artifact / "card.json")
        write_sums(artifact)
        assert registry.add(artifact, "support") == version
    return registry


@pytest.fixture(name="reports")
def _reports(judge: Callable[..., Report], tmp_path: Path) -> Path:
    """Version 1 is fair, 2 better, 3 chance, 4 as good as 2."""
    for version, skill in {1: 2.5, 2: 4.0, 3: 0.0, 4: 4.0}.items():
        write_report(judge(skill=skill), tmp_path / "reports" / "support" / str(version))
    return tmp_path / "reports"


def test_the_first_good_version_goes_live_and_a_better_one_takes_its_place(registry: Registry, reports: Path) -> None:
    first = promote(registry, "support", 1, GATES, reports=reports)
    second = promote(registry, "support", 2, GATES, reports=reports)
    assert registry.aliases("support") == {"live": 2, "candidate": 4}
    assert (first.previous, second.previous) == (0, 1)
    assert "version 2 is live instead of version 1" in second.lines()[0]
    assert second.to_json()["gates"]["passed"] is True


def test_chance_is_refused_and_the_live_version_stays(registry: Registry, reports: Path) -> None:
    promote(registry, "support", 1, GATES, reports=reports)
    with pytest.raises(GateError, match="does not beat the baseline 'majority'"):
        promote(registry, "support", 3, GATES, reports=reports)
    assert registry.aliases("support")["live"] == 1
    refusal = registry.log("support")[-1]
    assert (refusal["change"], refusal["version"], refusal["previous"]) == ("refused", 3, 1)
    assert next(gate["name"] for gate in refusal["gates"] if not gate["passed"]) == "baseline"


def test_a_worse_version_does_not_replace_the_live_one(registry: Registry, reports: Path) -> None:
    promote(registry, "support", 2, GATES, reports=reports)
    with pytest.raises(GateError, match="beyond the margin"):
        promote(registry, "support", 1, GATES, reports=reports)
    assert promote(registry, "support", 2, GATES, reports=reports).version == 2


def test_gates_are_passed_over_only_with_a_reason_that_is_kept(registry: Registry, reports: Path) -> None:
    with pytest.raises(GateError, match="needs a reason"):
        promote(registry, "support", 3, GATES, reports=reports, force=True, reason=" ")
    forced = promote(registry, "support", 3, GATES, reports=reports, force=True, reason="demo of a bad model")
    assert registry.aliases("support")["live"] == 3
    assert registry.log("support")[-1]["reason"] == "demo of a bad model"
    assert "passed over because: demo of a bad model" in forced.lines()[-1]


def test_a_version_without_a_report_cannot_go_live(registry: Registry, reports: Path) -> None:
    with pytest.raises(ArtifactError, match="no report"):
        promote(registry, "support", 9, GATES, reports=reports)


def test_a_live_version_without_a_report_blocks_until_it_is_judged(registry: Registry, reports: Path) -> None:
    registry.make_live("support", 1, Verdict(passed_over="the first one"))
    shutil.rmtree(reports / "support" / "1")
    with pytest.raises(GateError, match="Version 1, now live, cannot be compared"):
        promote(registry, "support", 2, GATES, reports=reports)


def test_what_is_for_research_only_needs_a_word_that_force_does_not_replace(registry: Registry, reports: Path) -> None:
    with pytest.raises(LicenceError, match="research only"):
        promote(registry, "support", 4, GATES, reports=reports, force=True, reason="a hurry")
    assert registry.log("support")[-1]["reason"] == "for research only, which nobody accepted"
    promotion = promote(registry, "support", 4, GATES, reports=reports, accepted="anna: a seminar")
    assert registry.aliases("support") == {"live": 4}
    assert registry.log("support")[-1]["accepted"] == "anna: a seminar"
    assert "accepted by anna: a seminar" in promotion.lines()[-1]


def test_a_word_that_nobody_needed_is_not_kept(registry: Registry, reports: Path) -> None:
    assert promote(registry, "support", 1, GATES, reports=reports, accepted="anna").accepted == ""
