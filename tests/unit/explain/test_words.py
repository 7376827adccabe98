"""Words and their characters in any script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivet.explain.words import split_words


def words(text: str) -> list[str]:
    return [span.of(text) for span in split_words(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Where's my card?", ["Where's", "my", "card"]),
        ("paid £3.50 -- twice!", ["paid", "£", "3.50", "twice"]),
        ("up 5% (again)", ["up", "5", "again"]),
        ("e\u0301te\u0301 a\u0300 l'hôtel", ["e\u0301te\u0301", "a\u0300", "l'hôtel"]),
        ("मेरा कार्ड कहाँ है", ["मेरा", "कार्ड", "कहाँ", "है"]),
        ("أَيْنَ بطاقتي؟", ["أَيْنَ", "بطاقتي"]),
        ("카드를 잃어버렸어요", ["카드를", "잃어버렸어요"]),
        ("我的卡丢了", ["我", "的", "卡", "丢", "了"]),
        ("カードVISAを", ["カ", "ー", "ド", "VISA", "を"]),
        ("great 👍🏽 thanks 👩‍👧", ["great", "👍🏽", "thanks", "👩‍👧"]),
        ("end. Start", ["end", "Start"]),
        (" ... ?!", []),
        ("", []),
    ],
)
def test_words_are_runs_of_letters_with_their_marks(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(st.text(max_size=60))
def test_words_lie_in_order_inside_the_text_and_hold_all_its_letters(text: str) -> None:
    spans = split_words(text)
    ends = [0, *(span.end for span in spans)]
    assert all(before <= span.start < span.end <= len(text) for before, span in zip(ends, spans))
    covered = {at for span in spans for at in range(span.start, span.end)}
    assert all(at in covered for at, character in enumerate(text) if character.isalnum())
