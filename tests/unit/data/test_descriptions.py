"""Files that say what labels mean."""

from pathlib import Path

import pytest

from trivet.data.descriptions import read_descriptions
from trivet.data.label_names import label_words
from trivet.errors import DataError

WORDS = {"lost_card": "The card is lost.", "sent": "Money was sent, perhaps twice."}
FILES = {
    "labels.toml": 'lost_card = "The card is lost."\nsent = "Money was sent, perhaps twice."\n',
    "labels.json": '{"lost_card": "The card is lost.", "sent": "Money was sent, perhaps twice."}',
    "labels.csv": 'label,description\nlost_card,The card is lost.\nsent,"Money was sent, perhaps twice."\n',
}


@pytest.mark.parametrize("name", FILES)
def test_toml_json_and_csv_say_the_same(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(FILES[name])
    assert read_descriptions(tmp_path / name, ("sent", "lost_card")) == WORDS


def test_more_labels_may_be_described_than_there_are_rows_of(tmp_path: Path) -> None:
    (tmp_path / "labels.toml").write_text(FILES["labels.toml"])
    assert list(read_descriptions(tmp_path / "labels.toml", ("sent",))) == ["lost_card", "sent"]


@pytest.mark.parametrize(
    ("name", "text", "labels", "told"),
    [
        ("a.toml", FILES["labels.toml"], ("sent", "lost_crad"), "'lost_crad' has no description. Is it .*'lost_card'"),
        ("a.toml", 'sent = " "', ("sent",), "'sent' has no description"),
        ("a.toml", "sent = ", ("sent",), "not valid"),
        ("a.json", "[1]", ("sent",), "not a table"),
        ("a.csv", "sent,one\nsent,two\n", ("sent",), "a.csv:2: label 'sent' stands twice"),
        ("a.csv", "sent,one,two\n", ("sent",), "a.csv:1: 3 columns"),
        ("a.txt", "sent", ("sent",), "do not come as .txt"),
    ],
)
def test_a_bad_file_is_told_with_its_place(
    tmp_path: Path, name: str, text: str, labels: tuple[str, ...], told: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=told):
        read_descriptions(tmp_path / name, labels)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.toml: cannot read"):
        read_descriptions(tmp_path / "gone.toml", ("sent",))


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("reverted_card_payment?", "reverted card payment"),
        ("Refund_not_showing_up", "refund not showing up"),
        ("cardArrival", "card arrival"),
        ("top-up failed", "top up failed"),
        ("404", "404"),
        ("???", "???"),
    ],
)
def test_a_name_is_read_as_words(label: str, words: str) -> None:
    assert label_words(label) == words
