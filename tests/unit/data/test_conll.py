from pathlib import Path

import pytest

from trivet.data.formats.conll import read_conll, read_intents
from trivet.data.sources import open_dataset
from trivet.errors import DataError
from trivet.recipe.data import DataRecipe
from trivet.settings import Settings

SENTENCES = """# id = 1
# text-en = show all reminders
# text = 显示所有的提醒
# intent = reminder/show
1\t显示\treminder/show\tO
2\t# text = a token\treminder/show\tO

# text: rain today?
# intent: weather/find
1\train\tweather/find\tO
"""


def test_a_sentence_is_read_from_its_comments() -> None:
    raw = read_conll(SENTENCES.encode(), file="zh.conll")
    assert list(raw.columns["text"]) == ["显示所有的提醒", "rain today?"]
    assert list(raw.columns["label"]) == ["reminder/show", "weather/find"]
    assert list(raw.lines) == [1, 8]
    assert raw.faults == ()


def test_a_sentence_without_its_intent_is_named_by_line() -> None:
    raw = read_conll(b"# text = a\n# intent = b\n\n\n# text = c\n1\tc\n", file="x.conll")
    assert [(fault.line, fault.reason) for fault in raw.faults] == [
        (5, "a sentence lacks its comment of text or intent")
    ]
    assert list(raw.columns["text"]) == ["a"]


def test_a_file_without_sentences_has_no_rows() -> None:
    assert list(read_conll(b"\n\n", file="x.conll").columns["text"]) == []


def test_the_intent_stands_after_the_tags_of_its_line() -> None:
    raw = read_intents(b"play it\nrain\n", b"O B-song\tPlayMusic\nO\n", file="text", tags_file="label")
    assert list(raw.columns["label"]) == ["PlayMusic", "O"]
    assert [fault.line for fault in raw.faults] == [2]


def test_files_of_different_length_are_refused() -> None:
    with pytest.raises(DataError, match="has 1 lines"):
        read_intents(b"a\n", b"O\tx\nO\ty\n", file="text", tags_file="label")


@pytest.mark.real_data
def test_sets_of_one_task_in_several_languages_share_their_labels(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", cache=tmp_path / "cache")

    def labels(name: str, table: str) -> set[str]:
        return set(open_dataset(DataRecipe(dataset=name), settings).frame(table)["label"])

    assert labels("arbanking77", "test") == labels("banking77", "test")
    assert labels("xsid-zh", "test") == labels("xsid-en", "test") < labels("xsid-en", "train")
    assert labels("tfns-sentiment", "test") == labels("phrasebank-50agree", "test")
