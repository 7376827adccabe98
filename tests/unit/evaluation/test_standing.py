"""How a version stands is told whole, also where nobody judged it or its card is damaged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from trivet.artifact.save import save_artifact
from trivet.errors import GateError
from trivet.evaluation.promotion import promote
from trivet.evaluation.report import Report
from trivet.evaluation.standing import describe_version, list_versions
from trivet.evaluation.write import write_report
from trivet.recipe.gates import GatesRecipe
from trivet.registry.registry import Registry


@pytest.fixture(name="registry")
def _registry(tiny_artifact: Path, tiny_parts: Any, tiny: Any, tmp_path: Path) -> Registry:
    """Version 1 is free, version 2 for research only."""
    registry = Registry(str(tmp_path / "registry"), tmp_path / "cache")
    registry.add(tiny_artifact, "desk")
    card = tiny_parts.card.model_copy(update={"licence_commercial": False, "restrictions": ("toy: CC BY-NC 4.0",)})
    registry.add(save_artifact(replace(tiny_parts, card=card), tmp_path / "two", golden_texts=tiny.texts), "desk")
    return registry


def test_a_version_that_nobody_judged_says_so(registry: Registry, tmp_path: Path) -> None:
    standing = describe_version(registry, "desk/2", reports=tmp_path / "reports")
    told = "\n".join(standing.lines())
    assert "aliases    candidate" in told
    assert "licence    RESEARCH ONLY; toy: CC BY-NC 4.0" in told
    assert "not judged yet" in told
    assert "gates      never asked" in told
    assert standing.to_json()["licence"] == {"commercial": False, "restrictions": ["toy: CC BY-NC 4.0"]}


def test_scores_have_intervals_and_gates_their_outcomes(
    registry: Registry, judge: Callable[..., Report], tmp_path: Path
) -> None:
    reports = tmp_path / "reports"
    for version, skill in ((1, 3.0), (2, 0.0)):
        write_report(judge(skill=skill), reports / "desk" / str(version))
    promote(registry, "desk", 1, GatesRecipe(), reports=reports)
    with pytest.raises(GateError):
        promote(registry, "desk", 2, GatesRecipe(), reports=reports)
    live, refused = (describe_version(registry, f"desk/{version}", reports=reports) for version in (1, 2))
    score = live.report.main_score  # type: ignore[union-attr]
    assert f"scores     accuracy {score.value:.4f} [{score.low:.4f}, {score.high:.4f}]" in live.lines()
    assert any("went live, passed its gates" in line for line in live.lines())
    assert any("FAILED: accuracy" in line for line in refused.lines())
    assert live.to_json()["scores"]["accuracy"]["low"] == score.low
    row = list_versions(registry, reports=reports)[0]
    assert (row["aliases"], row["use"]) == ("candidate=2, live=1", "any, research")
    assert f"1: accuracy {score.value:.3f} [{score.low:.3f}-{score.high:.3f}]" in row["scores"]


def test_a_damaged_card_does_not_hide_the_others(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "registry" / "desk" / "2" / "card.json").unlink()
    assert list_versions(registry, reports=tmp_path / "reports")[0]["use"] == "unknown"
