import pandas as pd
import pytest

from trivet.data.sequences import cut_sequences, last_sequences, write_history
from trivet.errors import DataError


def events(*both: tuple[str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(both, columns=["user", "item"], dtype="str")
    frame["time"] = pd.to_datetime(range(len(both)), unit="D", utc=True)
    return frame


def test_a_history_is_a_text_with_the_latest_item_first() -> None:
    assert write_history(["old", "new"]) == "new\nold"


def test_every_step_of_a_long_history_stands_in_one_row() -> None:
    frame = cut_sequences(events(*(("u", name) for name in "abcdefg")), length=3)
    assert frame["history"].tolist() == ["g\nf\ne", "e\nd\nc", "c\nb\na"]
    steps = [(one, other) for text in frame["history"] for one, other in zip(text.split(), text.split()[1:])]
    assert sorted(steps) == [(b, a) for a, b in zip("abcdef", "bcdefg")]


def test_a_user_of_one_event_has_no_step_to_learn_from() -> None:
    frame = cut_sequences(events(("u", "a"), ("v", "a"), ("v", "b")), length=8)
    assert frame["user"].tolist() == ["v"]
    with pytest.raises(DataError, match="no user touched two items"):
        cut_sequences(events(("u", "a"), ("v", "a")), length=8)


def test_the_last_sequences_keep_the_latest_items() -> None:
    frame = last_sequences(events(*(("u", name) for name in "abcd"), ("v", "a")), length=3)
    assert frame["history"].tolist() == ["d\nc\nb"]


def test_a_line_break_in_a_name_is_refused_as_it_would_be_two_items() -> None:
    with pytest.raises(DataError, match="holds a line break"):
        cut_sequences(events(("u", "a\nb"), ("u", "c")), length=8)
