"""Messages cut into clauses, and the places of these."""

from __future__ import annotations

import pytest

from trivet_support.clauses import MOST, cut_clauses


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("my card is lost and also I forgot my pin", ["my card is lost", "I forgot my pin"]),
        ("My card is lost. Where is my transfer?", ["My card is lost", "Where is my transfer"]),
        ("block my card; send a new one", ["block my card", "send a new one"]),
        ("我的卡丢了，另外我想改密码", ["我的卡丢了", "我想改密码"]),
        ("卡丢了怎么办？还有密码忘了。", ["卡丢了怎么办", "密码忘了"]),
    ],
)
def test_clauses_stand_where_they_are_said_to(text, clauses):
    found = cut_clauses(text)
    assert [one.text for one in found] == clauses
    assert all(text[one.start : one.end] == one.text for one in found)


@pytest.mark.parametrize("text", ["my card is lost", "Hi. My card is lost", "I paid 3.50 e.g. today", "!!! ...", ""])
def test_a_message_of_one_clause_is_none_to_cut(text):
    assert cut_clauses(text) == ()


def test_of_a_long_message_the_first_clauses_are_read():
    assert len(cut_clauses("my card is lost. " * 1000)) == MOST
