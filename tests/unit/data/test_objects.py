"""JSON documents that hold all their rows."""

from __future__ import annotations

import json

import pytest

from trivet.data.formats.objects import join_rows, read_fiqa, read_json_list
from trivet.errors import DataError


def test_a_list_of_objects_is_a_table() -> None:
    raw = read_json_list(json.dumps([{"text": "a", "intents": ["x"]}, {"text": "b"}, 3]).encode(), file="f.json")
    assert raw.columns == {"text": ["a", "b"], "intents": [["x"], None]}
    assert list(raw.lines) == [1, 2]
    assert [(fault.line, fault.reason) for fault in raw.faults] == [(3, "row 3 is no object")]


@pytest.mark.parametrize("content", [b"{", b"{}", b"[]", b"3"])
def test_what_is_no_list_is_refused(content: bytes) -> None:
    with pytest.raises(DataError, match=r"f\.json"):
        read_json_list(content, file="f.json")


def test_fiqa_has_a_row_a_target_and_the_sentence_is_their_group() -> None:
    info = [{"target": "Tesco", "sentiment_score": "0.5"}, {"target": "Asda", "sentiment_score": "-0.5"}]
    raw = read_fiqa(json.dumps({"7": {"sentence": "Tesco beats Asda", "info": info}}).encode(), file="x/headline.json")
    assert raw.columns["aimed"] == ["Tesco: Tesco beats Asda", "Asda: Tesco beats Asda"]
    assert raw.columns["score"] == ["0.5", "-0.5"]
    assert raw.columns["sentence_id"] == ["headline 7"] * 2
    assert raw.columns["source"] == ["headline"] * 2


def test_a_sentence_of_fiqa_without_its_parts_is_a_fault() -> None:
    raw = read_fiqa(json.dumps({"7": {"sentence": "Tesco beats Asda"}}).encode(), file="post.json")
    assert "sentence '7' has no 'info'" in raw.faults[0].reason


def test_the_rows_of_several_files_follow_each_other() -> None:
    one = read_json_list(b'[{"text": "a"}]', file="a.json")
    other = read_json_list(b'[{"text": "b", "kind": "x"}]', file="b.json")
    joined = join_rows([one, other])
    assert joined.columns == {"text": ["a", "b"], "kind": [None, "x"]}
    with pytest.raises(DataError, match=r"c\.json:2"):
        join_rows([one, read_json_list(b'[{"text": "b"}, 3]', file="c.json")])
