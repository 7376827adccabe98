"""The vector index finds what brute force finds, whatever was added and removed before."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trivet.runtime.vector_index import VectorIndex


def unit_vectors(count: int, *, dim: int = 16, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def clustered_vectors(count: int, *, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    vectors = unit_vectors(40)[rng.integers(0, 40, count)] + rng.normal(scale=0.15, size=(count, 16))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def names(count: int) -> list[str]:
    return [f"item-{row}" for row in range(count)]


def test_it_finds_the_exact_neighbours_in_order():
    vectors = unit_vectors(300)
    index = VectorIndex(16)
    index.add(names(300), vectors)
    query = unit_vectors(1, seed=1)
    expected = [f"item-{row}" for row in np.argsort(-(query @ vectors.T)[0])[:10]]
    found = index.search(query, 10)[0]
    assert [name for name, _ in found] == expected
    assert found[0][1] == pytest.approx(float((query @ vectors.T).max()), abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["add", "remove", "rebuild"]), st.lists(st.integers(0, 30), max_size=8)), max_size=12
    ),
    seed=st.integers(0, 1000),
)
def test_after_any_changes_it_answers_as_brute_force_over_what_is_left(steps, seed):
    rng = np.random.default_rng(seed)
    index, truth = VectorIndex(8), {}
    for verb, rows in steps:
        ids = [f"i{row}" for row in rows]
        if verb == "add":
            vectors = rng.normal(size=(len(ids), 8)).astype(np.float32)
            index.add(ids, vectors)
            truth.update(zip(ids, vectors))
        elif verb == "remove":
            assert index.remove(ids) == len(set(ids) & set(truth))
            truth = {name: vector for name, vector in truth.items() if name not in ids}
        else:
            index.rebuild()
    assert len(index) == len(truth)
    assert sorted(index.ids()) == sorted(truth)
    query = rng.normal(size=(1, 8)).astype(np.float32)
    expected = sorted(((float(vector @ query[0]), name) for name, vector in truth.items()), reverse=True)[:5]
    found = index.search(query, 5)[0]
    assert [name for name, _ in found] == [name for _, name in expected]
    assert [score for _, score in found] == pytest.approx([score for score, _ in expected], abs=1e-5)


def test_an_id_that_is_added_again_gets_the_new_vector():
    index = VectorIndex(2)
    index.add(["a", "b"], np.asarray([[1, 0], [0, 1]], dtype=np.float32))
    index.rebuild()
    index.add(["a"], np.asarray([[0, -1]], dtype=np.float32))
    assert len(index) == 2
    assert index.search(np.asarray([[0, -1]], dtype=np.float32), 1)[0] == [("a", 1.0)]


def test_excluded_ids_never_appear_and_fewer_are_returned_where_fewer_are_left():
    index = VectorIndex(16)
    index.add(names(20), unit_vectors(20))
    index.rebuild()
    index.add(["late"], unit_vectors(1, seed=5))
    found = index.search(unit_vectors(1, seed=1), 50, excluded={"item-3", "late", "unknown"})[0]
    assert len(found) == 19
    assert not {name for name, _ in found} & {"item-3", "late"}


@pytest.mark.parametrize("exact_below", [10, 10_000])
def test_only_allowed_ids_appear_and_all_of_them_do(exact_below):
    index = VectorIndex(16, exact_below=exact_below)
    index.add(names(2000), clustered_vectors(2000))
    index.add(["late"], unit_vectors(1, seed=5))
    allowed = {"item-1", "item-1999", "late", "unknown"}
    found = index.search(unit_vectors(1, seed=1), 10, allowed=allowed)[0]
    assert {name for name, _ in found} == {"item-1", "item-1999", "late"}


def test_allowed_and_excluded_go_together():
    index = VectorIndex(16)
    index.add(names(5), unit_vectors(5))
    assert index.search(unit_vectors(1), 5, allowed=["item-0", "item-1"], excluded=["item-0"])[0][0][0] == "item-1"


def test_an_empty_index_and_an_empty_choice_find_nothing():
    index = VectorIndex(16)
    assert index.search(unit_vectors(2), 3) == [[], []]
    index.add(names(3), unit_vectors(3))
    assert index.search(unit_vectors(1), 3, allowed=[])[0] == []
    assert index.remove(names(3)) == 3
    assert index.search(unit_vectors(1), 3)[0] == []


def test_a_vector_is_read_back_and_an_unknown_id_is_named():
    index = VectorIndex(16)
    vectors = unit_vectors(4)
    index.add(names(4), vectors)
    index.rebuild()
    index.add(["late"], unit_vectors(1, seed=9))
    np.testing.assert_array_equal(index.vectors(["late", "item-2"])[1], vectors[2])
    with pytest.raises(KeyError, match="nothing"):
        index.vectors(["nothing"])


def test_above_the_limit_the_lists_keep_their_recall_after_churn():
    count, rng = 3000, np.random.default_rng(3)
    vectors = clustered_vectors(count)
    index = VectorIndex(16, exact_below=1000)
    index.add(names(count), vectors)
    assert index.kind == "ivf"
    gone = rng.choice(count, size=400, replace=False)
    index.remove([f"item-{row}" for row in gone])
    index.add([f"new-{row}" for row in range(400)], clustered_vectors(400, seed=7))
    left = index.ids()
    matrix = index.vectors(left)
    queries = clustered_vectors(100, seed=8)
    truth = np.argsort(-(queries @ matrix.T), axis=1)[:, :10]
    found = index.search(queries, 10)
    hits = sum(len({left[at] for at in truth[row]} & {name for name, _ in found[row]}) for row in range(100))
    assert hits >= 0.98 * 1000
    assert not {f"item-{row}" for row in gone} & {name for neighbours in found for name, _ in neighbours}


def test_searches_in_other_threads_go_on_while_the_index_is_rebuilt():
    index = VectorIndex(16, exact_below=500)
    index.add(names(1000), clustered_vectors(1000))
    broken: list[object] = []
    done = threading.Event()

    def search() -> None:
        query = unit_vectors(1, seed=2)
        while not done.is_set():
            found = index.search(query, 5)[0]
            if len(found) != 5 or len({name for name, _ in found}) != 5:
                broken.append(found)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for round_number in range(15):
        index.add([f"extra-{round_number}-{row}" for row in range(20)], unit_vectors(20, seed=round_number))
        index.remove([f"item-{round_number}"])
        index.rebuild()
    done.set()
    for thread in threads:
        thread.join()
    assert not broken
    assert len(index) == 1000 + 15 * 20 - 15
