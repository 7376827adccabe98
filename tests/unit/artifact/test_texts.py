import pytest

from trivet.artifact.texts import check_texts
from trivet.errors import InputError


def test_good_texts_come_back_as_they_are() -> None:
    assert check_texts(["a", " b "]) == ["a", " b "]
    assert check_texts(("ä", "卡")) == ["ä", "卡"]


@pytest.mark.parametrize("texts", ["one text", b"bytes", 3, None, {"text": "x"}])
def test_something_else_than_a_list_is_refused(texts: object) -> None:
    with pytest.raises(InputError, match=r"^/texts: a list of texts is wanted"):
        check_texts(texts, pointer="/texts")  # type: ignore[arg-type]


@pytest.mark.parametrize(("text", "kind"), [(None, "nothing"), (3, "int"), (b"x", "bytes"), (["x"], "list")])
def test_something_else_than_a_text_is_pointed_at(text: object, kind: str) -> None:
    with pytest.raises(InputError, match=f"^/1: a text is wanted, not {kind}"):
        check_texts(["good", text])


def test_a_lone_surrogate_is_pointed_at() -> None:
    with pytest.raises(InputError, match=r"^/0: the text is not valid Unicode \(character 3\)"):
        check_texts(["bad\ud800"])
