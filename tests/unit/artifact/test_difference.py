"""Two artifacts are compared part by part: what is the same to the bit, what is close, what is another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trivet.artifact.difference import Part, compare_artifacts
from trivet.artifact.save import save_artifact


@pytest.fixture(name="compare")
def _compare(tiny_artifact: Path, tiny: Any, tmp_path: Path) -> Any:
    """Compares the tiny artifact with one of other parts; gives the parts of the comparison by name."""

    def compare(parts: Any, *, tolerance: float = 0.02) -> dict[str, Part]:
        other = save_artifact(parts, tmp_path / "other", golden_texts=tiny.texts)
        return {part.name: part for part in compare_artifacts(tiny_artifact, other, tolerance=tolerance)}

    return compare


def test_the_same_parts_are_the_same_to_the_bit(compare: Any, tiny_parts: Any) -> None:
    found = compare(tiny_parts)
    assert {"rows", "graph", "facts", "heads.safetensors", "weights/model.safetensors", "answers int8"} <= found.keys()
    assert all(part.same and part.close for part in found.values())


def test_a_tensor_that_is_a_little_off_is_named_with_its_distance(compare: Any, tiny_parts: Any) -> None:
    weights = tiny_parts.head.weights.copy()
    weights[0, 0] += np.float32(1e-6)
    found = compare(replace(tiny_parts, head=replace(tiny_parts.head, weights=weights)))
    assert not found["heads.safetensors"].same
    assert "1 of " in found["heads.safetensors"].about
    assert "head.weights by " in found["heads.safetensors"].about
    assert found["answers int8"].close


def test_another_head_gives_other_answers(compare: Any, tiny_parts: Any) -> None:
    found = compare(replace(tiny_parts, head=replace(tiny_parts.head, weights=-tiny_parts.head.weights)))
    assert not found["answers int8"].close
    assert "labels differ" in found["answers int8"].about


def test_facts_that_differ_are_shown_with_both_values(compare: Any, tiny_parts: Any) -> None:
    found = compare(replace(tiny_parts, facts=replace(tiny_parts.facts, temperature=0.3)))
    assert found["facts"].about == "temperature 0.3, then 0.2"
    assert found["facts"].close
