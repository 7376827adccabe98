"""Where a version comes from, parent by parent, as far as the registry knows it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from trivet.artifact.card import Card, Parent
from trivet.artifact.descent import describe_parent, find_start, identify
from trivet.artifact.save import save_artifact
from trivet.errors import RegistryError
from trivet.registry.lineage import trace_lineage
from trivet.registry.registry import Registry


@pytest.fixture(name="registry")
def _registry(tmp_path: Path) -> Registry:
    return Registry(str(tmp_path / "registry"), tmp_path / "cache")


def with_parent(card: Card, parent: Parent) -> Card:
    values = {"parent": parent.identity, "parent_reference": parent.reference, "descent": parent.descent}
    return card.model_copy(update={**values, "restrictions": parent.restrictions})


@pytest.fixture(name="family")
def _family(tiny_parts: Any, tiny: Any, registry: Registry, tmp_path: Path) -> list[Path]:
    """Three generations of one name: the second starts from the first's weights, the third replaces the second."""
    folders = [save_artifact(tiny_parts, tmp_path / "first", golden_texts=tiny.texts)]
    registry.add(folders[0], "desk")
    for number, descent in ((2, "warm start"), (3, "successor")):
        parent = describe_parent(folders[-1], descent, reference=f"desk/{number - 1}")  # type: ignore[arg-type]
        parts = replace(tiny_parts, card=with_parent(tiny_parts.card, parent))
        folders.append(save_artifact(parts, tmp_path / str(number), golden_texts=tiny.texts))
        registry.add(folders[-1], "desk")
    return folders


def test_the_chain_leads_to_the_first(registry: Registry, family: list[Path]) -> None:
    chain = trace_lineage(registry, "desk/3")
    assert [link.reference for link in chain] == ["desk/3", "desk/2", "desk/1"]
    assert [link.descent for link in chain] == ["", "successor", "warm start"]
    assert [link.identity for link in chain] == [identify(folder) for folder in reversed(family)]
    assert "toy" in chain[0].line()
    assert chain[-1].to_json()["card"]["parent"] == ""


def test_a_parent_that_is_gone_ends_the_chain_with_its_name(
    registry: Registry, family: list[Path], tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "registry" / "desk" / "2")
    chain = trace_lineage(registry, "desk/3")
    assert [link.reference for link in chain] == ["desk/3", ""]
    assert chain[-1].identity == identify(family[1])
    assert "not in this registry" in chain[-1].line()
    assert chain[-1].to_json()["card"] is None


def test_a_parent_with_a_damaged_card_ends_the_chain(registry: Registry, family: list[Path], tmp_path: Path) -> None:
    (tmp_path / "registry" / "desk" / "2" / "card.json").write_text("{nonsense")
    chain = trace_lineage(registry, "desk/3")
    assert [(link.reference, link.card is None) for link in chain] == [("desk/3", False), ("desk/2", True)]


def test_a_parent_under_another_name_is_found_by_its_content(
    registry: Registry, family: list[Path], tmp_path: Path
) -> None:
    registry.add(family[1], "shop")
    shutil.rmtree(tmp_path / "registry" / "desk" / "2")
    assert [link.reference for link in trace_lineage(registry, "desk/3")] == ["desk/3", "shop/1", "desk/1"]


def test_a_version_that_is_not_there_has_no_lineage(registry: Registry, family: list[Path]) -> None:
    with pytest.raises(RegistryError, match="no version 9"):
        trace_lineage(registry, "desk/9")


def test_weights_inside_an_artifact_lead_to_it(family: list[Path], tmp_path: Path) -> None:
    start = find_start(family[0] / "weights")
    assert start is not None
    assert (start.identity, start.descent) == (identify(family[0]), "warm start")
    assert find_start(tmp_path) is None
