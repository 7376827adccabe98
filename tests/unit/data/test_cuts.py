"""Cuts are disjoint, cover everything, depend on the seed alone, and keep their promises."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trivet.data.cuts import Cut, cut_grouped, cut_last_out, cut_shuffled, cut_stratified, cut_time, sort_interactions
from trivet.errors import DataError

shares = st.floats(0.05, 0.5)
seeds = st.integers(0, 50)


def texts(labels: Any, **more: Any) -> pd.DataFrame:
    return pd.DataFrame({"text": [f"row {at}" for at in range(len(labels))], "label": list(labels), **more})


def events(rows: list[tuple[str, str, int]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["user", "item", "time"])
    return frame.assign(time=pd.to_datetime(frame["time"], unit="s", utc=True))


def assert_apart(frame: pd.DataFrame, cut: Cut) -> None:
    kept, held = list(cut.kept["text"]), list(cut.held["text"])
    assert set(kept).isdisjoint(held)
    assert sorted(kept + held) == sorted(frame["text"])
    order = {text: at for at, text in enumerate(frame["text"])}
    assert kept == sorted(kept, key=order.__getitem__)
    assert held == sorted(held, key=order.__getitem__)
    assert list(cut.held.index) == list(range(len(held)))


@given(st.lists(st.sampled_from("abcde"), min_size=1, max_size=80), shares, seeds)
@settings(max_examples=80, deadline=None)
def test_a_stratified_cut_has_every_label_of_two_rows_in_both_parts(labels: list[str], share: float, seed: int) -> None:
    frame = texts(labels)
    cut = cut_stratified(frame, share=share, seed=seed)
    assert_apart(frame, cut)
    counts = frame["label"].value_counts()
    assert set(cut.held["label"]) == set(counts.index[counts >= 2])
    assert set(cut.kept["label"]) == set(counts.index)
    assert cut.held.equals(cut_stratified(frame, share=share, seed=seed).held)


def test_a_stratified_cut_holds_the_share_and_the_proportions() -> None:
    frame = texts("a" * 500 + "b" * 300 + "c" * 200)
    held = cut_stratified(frame, share=0.1, seed=1).held
    assert held["label"].value_counts().to_dict() == {"a": 50, "b": 30, "c": 20}
    assert not held.equals(cut_stratified(frame, share=0.1, seed=2).held)


@given(st.lists(st.sampled_from(["g1", "g2", "g3", "g4"]), min_size=2, max_size=60), shares, seeds)
@settings(max_examples=60, deadline=None)
def test_a_grouped_cut_never_splits_a_group(groups: list[str], share: float, seed: int) -> None:
    frame = texts("a" * len(groups), group=groups)
    if len(set(groups)) == 1:
        with pytest.raises(DataError, match="one group"):
            cut_grouped(frame, share=share, seed=seed)
        return
    cut = cut_grouped(frame, share=share, seed=seed)
    assert_apart(frame, cut)
    assert set(cut.kept["group"]).isdisjoint(cut.held["group"])
    assert len(cut.held) > 0
    assert len(cut.kept) > 0


def test_a_grouped_cut_comes_near_the_share() -> None:
    groups = [f"g{at % 40}" for at in range(400)]
    held = cut_grouped(texts("a" * 400, group=groups), share=0.2, seed=3).held
    assert len(held) == 80


@given(st.lists(st.integers(0, 9), min_size=2, max_size=60), shares)
@settings(max_examples=60, deadline=None)
def test_a_time_cut_holds_the_latest_and_splits_no_moment(times: list[int], share: float) -> None:
    frame = texts("a" * len(times), time=pd.to_datetime(times, unit="s", utc=True))
    if len(set(times)) == 1:
        with pytest.raises(DataError, match="one moment"):
            cut_time(frame, share=share)
        return
    cut = cut_time(frame, share=share)
    assert_apart(frame, cut)
    assert cut.kept["time"].max() < cut.held["time"].min()


def test_a_row_without_a_group_is_refused() -> None:
    with pytest.raises(DataError, match="1 rows have no group, the first of them 'row 1'"):
        cut_grouped(texts("abc", group=["g", " ", "h"]), share=0.2, seed=0)


def test_a_cut_by_a_column_that_is_missing_names_its_flag() -> None:
    with pytest.raises(DataError, match="--group"):
        cut_grouped(texts("ab"), share=0.2, seed=0)
    with pytest.raises(DataError, match="--time"):
        cut_time(texts("ab"), share=0.2)


def test_the_last_of_a_user_is_held_out_and_a_lone_event_is_kept() -> None:
    frame = events([("u1", "9", 5), ("u1", "10", 5), ("u2", "3", 9), ("u1", "1", 4), ("u3", "7", 1), ("u3", "7", 2)])
    cut = cut_last_out(frame)
    assert cut.held[["user", "item"]].to_numpy().tolist() == [["u1", "10"], ["u3", "7"]]
    assert len(cut.kept) == 4
    assert "u2" in set(cut.kept["user"])


def test_ties_go_by_item_as_a_number_where_all_are_numbers_and_as_text_else() -> None:
    tied = [("u", "9", 5), ("u", "10", 5)]
    assert list(cut_last_out(events(tied)).held["item"]) == ["10"]
    assert list(cut_last_out(events([*tied, ("u", "x", 1)])).held["item"]) == ["9"]


@given(st.lists(st.tuples(st.sampled_from("uvw"), st.integers(0, 12).map(str), st.integers(0, 3)), max_size=40))
@settings(max_examples=60, deadline=None)
def test_leaving_the_last_out_does_not_depend_on_the_order_of_the_file(rows: list[tuple[str, str, int]]) -> None:
    rows = list(dict.fromkeys(rows))
    one, other = cut_last_out(events(rows)).held, cut_last_out(events(rows[::-1])).held
    assert sorted(one.astype(str).to_numpy().tolist()) == sorted(other.astype(str).to_numpy().tolist())


def test_histories_are_sorted_by_user_time_and_item() -> None:
    ordered = sort_interactions(events([("b", "2", 1), ("a", "10", 1), ("a", "9", 1), ("a", "1", 0)]))
    assert ordered[["user", "item"]].to_numpy().tolist() == [["a", "1"], ["a", "9"], ["a", "10"], ["b", "2"]]


@pytest.mark.parametrize(("rows", "share", "seed"), [(4846, 0.2, 0), (2264, 0.2, 0), (101, 0.1, 7), (10, 0.25, 42)])
def test_a_shuffled_cut_is_scikit_learn_s(rows: int, share: float, seed: int) -> None:
    model_selection = pytest.importorskip("sklearn.model_selection")
    frame = texts("a" * rows)
    rest, test = model_selection.train_test_split(frame, test_size=share, random_state=seed)
    rest, validation = model_selection.train_test_split(rest, test_size=0.1, random_state=seed)
    outer = cut_shuffled(frame, share=share, seed=seed)
    inner = cut_shuffled(outer.kept, share=0.1, seed=seed)
    assert list(outer.held["text"]) == list(test["text"])
    assert list(inner.held["text"]) == list(validation["text"])
    assert list(inner.kept["text"]) == list(rest["text"])


def test_cuts_of_the_same_rows_with_numpy_labels_agree() -> None:
    frame = texts(np.array(["a", "b"] * 10))
    assert cut_stratified(frame, share=0.2, seed=0).held.equals(
        cut_stratified(texts("ab" * 10), share=0.2, seed=0).held
    )
