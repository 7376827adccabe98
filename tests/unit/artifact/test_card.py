from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from trivet.artifact.card import Card, Int8Entry, Parent, ScoreEntry, describe_run, describe_versions
from trivet.data.dataset import Licence
from trivet.recipe import build_recipe


def describe(source: Any, *, commercial: bool, parent: Parent | None = None) -> Card:
    return describe_run(
        build_recipe({"name": "desk", "data": {"dataset": "toy"}}),
        source=source,
        licence=Licence("CC-BY-NC-4.0", commercial=commercial),
        data_sha256={"train": "ab"},
        rows=12,
        seconds=1.23456,
        created=datetime(2026, 11, 1, tzinfo=UTC),
        notes={"penalty": 30.0},
        int8=Int8Entry(rows=100, loss_points=0.1, agreement=0.99, batch_flips=0),
        parent=parent,
    )


def test_a_card_says_where_a_model_comes_from(tiny: Any) -> None:
    card = describe(tiny.source, commercial=True)
    assert (card.data.name, card.data.rows, card.data.licence) == ("toy", 12, "CC-BY-NC-4.0")
    assert (card.encoder.name, card.encoder.sha256) == ("tiny", tiny.source.sha256)
    assert card.seconds == 1.235
    assert "cores" in card.machine


def test_a_model_is_for_commerce_only_where_data_and_encoder_are(tiny: Any) -> None:
    assert describe(tiny.source, commercial=True).licence_commercial
    assert not describe(tiny.source, commercial=False).licence_commercial


def test_a_card_names_each_source_that_is_for_research_only(tiny: Any) -> None:
    assert describe(tiny.source, commercial=True).restrictions == ()
    assert describe(tiny.source, commercial=False).restrictions == ("toy: CC-BY-NC-4.0",)
    encoder = replace(tiny.source, licence="CC-BY-NC-SA-3.0", commercial=False)
    assert describe(encoder, commercial=False).restrictions == ("toy: CC-BY-NC-4.0", "tiny: CC-BY-NC-SA-3.0")


def test_a_licence_travels_with_weights_and_not_with_a_name(tiny: Any) -> None:
    barred = ("elsewhere: CC BY-NC 4.0",)
    warm = Parent(identity="ab", reference="desk/1", descent="warm start", restrictions=barred)
    card = describe(tiny.source, commercial=True, parent=warm)
    assert (card.licence_commercial, card.restrictions) == (False, barred)
    assert (card.parent, card.parent_reference, card.descent) == ("ab", "desk/1", "warm start")
    successor = warm.model_copy(update={"descent": "successor"})
    assert describe(tiny.source, commercial=True, parent=successor).licence_commercial


def test_a_card_names_the_commit_of_the_code(tiny: Any) -> None:
    commit = describe(tiny.source, commercial=True).commit
    assert commit == "" or len(commit.removesuffix("+")) == 12


def test_a_card_comes_back_from_json(tiny: Any) -> None:
    scores = {"accuracy": ScoreEntry(value=0.9, low=0.8, high=0.95)}
    card = describe(tiny.source, commercial=True).model_copy(update={"scores": scores})
    assert Card.model_validate_json(card.model_dump_json()) == card


def test_versions_name_what_is_installed() -> None:
    found = describe_versions()
    assert {"python", "numpy", "tokenizers", "openvino"} <= found.keys()
