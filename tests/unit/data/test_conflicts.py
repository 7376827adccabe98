"""The same text with two labels is told, and where most rows are like that nothing can be learnt."""

import pandas as pd
import pytest

from trivet.data.conflicts import check_conflicts, find_conflicts
from trivet.data.lint import lint_frame
from trivet.errors import DataError


def frame(*rows: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["text", "label"])


FEW = frame(("card lost", "card"), ("Card lost!", "money"), ("pay me", "money"), ("pay you", "money"), ("hi", "hello"))
MOST = frame(("card lost", "card"), ("card lost", "money"), ("pay me", "card"), ("pay me", "money"), ("hi", "hello"))


def test_the_rows_of_both_sides_are_counted_and_shown() -> None:
    found = check_conflicts(FEW, where="my.csv")
    assert (found.rows, found.total, found.is_majority) == (2, 5, False)
    assert found.line() == (
        "2 of 5 training rows have a text that also stands with another label: card lost (card, money)"
    )


def test_without_a_conflict_there_is_nothing_to_say() -> None:
    assert find_conflicts(FEW[2:]).line() == ""


def test_a_double_with_the_same_label_is_no_conflict() -> None:
    assert not find_conflicts(frame(("hi", "hello"), ("hi", "hello"))).rows


def test_rows_that_mostly_contradict_each_other_are_refused() -> None:
    with pytest.raises(DataError, match=r"my\.csv: 4 of 5 training rows.*Is --label the right column"):
        check_conflicts(MOST, where="my.csv")


def test_lint_says_the_same() -> None:
    severities = [next(one.severity for one in lint_frame(rows) if one.kind == "conflict") for rows in (FEW, MOST)]
    assert severities == ["warning", "error"]
