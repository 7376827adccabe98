"""The k-core, against cores worked out by hand."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trivet.data.core_filter import filter_core
from trivet.errors import DataError


def events(*pairs: str) -> pd.DataFrame:
    return pd.DataFrame([tuple(pair) for pair in pairs], columns=["user", "item"])


def test_dropping_an_item_drops_the_user_it_leaves_below_the_bar() -> None:
    # c has two events, but one is with z, which nobody else touched; without it c falls, and y stays above the bar.
    core = filter_core(events("ax", "ay", "bx", "by", "cy", "cz"), least=2)
    assert core.to_numpy().tolist() == [["a", "x"], ["a", "y"], ["b", "x"], ["b", "y"]]


def test_nothing_left_is_said_so() -> None:
    with pytest.raises(DataError, match="Lower the bar"):
        filter_core(events("ax", "by"), least=2)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("wxyz")), min_size=1, max_size=60))
@settings(max_examples=60, deadline=None)
def test_everyone_left_has_enough_and_filtering_again_changes_nothing(pairs: list[tuple[str, str]]) -> None:
    frame = pd.DataFrame(pairs, columns=["user", "item"])
    try:
        core = filter_core(frame, least=3)
    except DataError:
        return
    assert core["user"].value_counts().min() >= 3
    assert core["item"].value_counts().min() >= 3
    assert filter_core(core, least=3).equals(core)
    kept = core.apply(tuple, axis=1).value_counts()
    assert (kept == frame.apply(tuple, axis=1).value_counts()[kept.index]).all(), "a pair is kept or dropped as a whole"
