"""Every card says what a reader must know, and a wrong one is refused."""

from pathlib import Path
from typing import Any

import pytest

from trivet.data.cards import DataCard, cards_folder, list_cards, read_card
from trivet.errors import DataError

NAMES = {
    *("banking77", "clinc150", "hwu64", "tfns", "phrasebank-50agree", "phrasebank-allagree"),
    *(f"{name}-{shots}shot" for name in ("banking77", "clinc150", "hwu64") for shots in (5, 10)),
    *("movietweetings-100k", "ml-latest-small"),
    *(f"sample-{name}" for name in ("bank", "shop", "insurer", "clinic", "finance", "recommend")),
}


def test_the_sets_of_the_project_all_have_a_card() -> None:
    assert {card.name for card in list_cards()} >= NAMES


@pytest.mark.parametrize("card", list_cards(), ids=lambda card: card.name)
def test_a_card_tells_origin_licence_citation_and_hashes(card: DataCard) -> None:
    assert card.title
    assert card.citation
    assert card.licence.name
    assert card.traps
    if card.package:
        assert (cards_folder() / card.package).is_dir()
        return
    assert len(card.commit) == 40
    assert card.commit in card.origin
    assert card.origin.startswith("https://raw.githubusercontent.com/")
    assert all(file.sha256 and file.size for file in card.files.values())
    assert all(table.rows for table in card.tables.values())


def test_research_only_sets_are_marked() -> None:
    research = {card.name for card in list_cards() if not card.licence.commercial}
    assert research == {"fiqa", "phrasebank-50agree", "phrasebank-allagree", "ml-latest-small"}


def test_an_unknown_name_is_answered_with_the_closest() -> None:
    with pytest.raises(DataError, match=r"there is no data set 'bankng77'\. Did you mean 'banking77'"):
        read_card("bankng77")
    with pytest.raises(DataError, match="trivet data list"):
        read_card("../../etc/passwd")


def card_text(**changes: str) -> str:
    lines = {
        "name": '"toy"',
        "title": '"a toy"',
        "mirror": '"support/toy"',
        "origin": '"http://localhost"',
        "citation": '"nobody"',
        "licence": '{ name = "CC0", commercial = true }',
        "files": f'{{ "train.csv" = {{ sha256 = "{"0" * 64}" }} }}',
        "tables": '{ train = { file = "train.csv" } }',
        **changes,
    }
    return "\n".join(f"{key} = {value}" for key, value in lines.items())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"colour": '"red"'}, "colour: Extra inputs are not permitted"),
        ({"files": '{ "train.csv" = {} }'}, "have neither a sha256 nor a manifest of members"),
        ({"files": '{ "train.csv" = { sha256 = "abc" } }'}, "sha256"),
        ({"origin": '""'}, "needs an origin, or mirror_only"),
        ({"mirror": '""'}, "needs a folder of the mirror"),
        ({"tables": '{ train = { file = "other.csv" } }'}, "which `files` lacks"),
        ({"tables": '{ train = { file = "train.csv", part = "train" } }'}, "the card has no `cut`"),
        ({"name": '"other"'}, "the card is named 'other'"),
        ({"title": "not toml"}, "not valid TOML"),
    ],
)
def test_a_wrong_card_is_refused_with_its_file(changes: dict[str, Any], reason: str, tmp_path: Path) -> None:
    (tmp_path / "toy.toml").write_text(card_text(**changes))
    with pytest.raises(DataError) as caught:
        read_card("toy", folder=tmp_path)
    assert reason in caught.value.what
    assert caught.value.where.endswith("toy.toml")


def test_a_right_card_is_read(tmp_path: Path) -> None:
    (tmp_path / "toy.toml").write_text(card_text())
    card = read_card("toy", folder=tmp_path)
    assert card.address("train.csv") == "http://localhost/train.csv"
    assert card.terms().commercial
