"""Who accepts that a model is for research only is asked for, and kept."""

from datetime import UTC, datetime
from typing import Any

import pytest

from trivet.artifact.card import Card, describe_run
from trivet.artifact.licence import acceptance, check_licence
from trivet.data.dataset import Licence
from trivet.errors import LicenceError
from trivet.recipe import build_recipe


def card_of(source: Any, *, commercial: bool) -> Card:
    return describe_run(
        build_recipe({"name": "desk", "data": {"dataset": "toy"}}),
        source=source,
        licence=Licence("CC BY-NC 4.0", commercial=commercial),
        data_sha256={"train": "ab"},
        rows=12,
        seconds=1.0,
        created=datetime(2026, 11, 1, tzinfo=UTC),
        notes={},
    )


def test_what_is_free_needs_no_word(tiny: Any) -> None:
    check_licence(card_of(tiny.source, commercial=True), accepted="", where="desk/1")


@pytest.mark.parametrize("accepted", ["", "  "])
def test_what_is_for_research_only_needs_one(tiny: Any, accepted: str) -> None:
    with pytest.raises(LicenceError, match=r"desk/1: desk may be used for research only \(toy: CC BY-NC 4\.0\)"):
        check_licence(card_of(tiny.source, commercial=False), accepted=accepted, where="desk/1")
    check_licence(card_of(tiny.source, commercial=False), accepted="anna", where="desk/1")


def test_an_acceptance_has_a_name_and_the_reason() -> None:
    assert acceptance()
    assert acceptance(reason=" a seminar ") == f"{acceptance()}: a seminar"
