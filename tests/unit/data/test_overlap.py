"""How much of a test was already seen."""

import pytest

from trivet.data.overlap import Overlap, measure_overlap, normalise


def test_exact_and_normalised_overlap_are_counted_by_test_row() -> None:
    train = ["Card lost!", "top-up failed", "where is it"]
    test = ["Card lost!", "card LOST", "topup  failed", "something new", "card lost?"]
    overlap = measure_overlap(train, test)
    assert overlap == Overlap(exact=1, normalised=4, tests=5)
    assert overlap.line() == "1 of 5 test texts are in train, 4 when normalised"


@pytest.mark.parametrize(
    ("one", "other"), [("Straße", "STRASSE"), ("what's up", "whats up?"), ("a  b", "a b"), ("a_b", "a b")]
)
def test_case_punctuation_and_blanks_do_not_count(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(("one", "other"), [("card", "cards"), (":)", ":("), ("10", "100"), ("卡", "钱")])
def test_letters_and_digits_count_and_a_text_without_any_stays(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


def test_no_test_rows_overlap_with_nothing() -> None:
    assert measure_overlap(["a"], []) == Overlap(0, 0, 0)
