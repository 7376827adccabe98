"""Many tenants in one process: a model on a graph of its own, and how long answers take among many."""

from __future__ import annotations

import pytest

from trivet.artifact.artifact import Artifact
from trivet.runtime.graphs import GraphPool
from trivet_support.crowd.copies import copy_with_graph
from trivet_support.crowd.visits import BLOCK, ratio, ratio_interval
from trivet_support.measures.tenants import recompute


def test_a_copy_stands_on_another_graph_and_answers_alike(tiny_artifact, tiny, tmp_path):
    pool = GraphPool()
    first = Artifact.load(tiny_artifact, pool=pool)
    copies = [Artifact.load(copy_with_graph(tiny_artifact, tmp_path / name, called=name), pool=pool) for name in "ab"]
    assert len({one.graph.hash for one in (first, *copies)}) == len(pool) == 3
    answers = [[answer.ranking for answer in one.classify(tiny.texts)] for one in (first, *copies)]
    assert answers[0] == answers[1] == answers[2]
    for one in (first, *copies):
        one.close()


def test_twice_as_long_among_many_is_a_ratio_of_two():
    alone, among = [1.0, 3.0] * BLOCK, [2.0, 6.0] * BLOCK
    assert ratio(alone, among, 0.5) == pytest.approx(2.0)
    low, high = ratio_interval(alone, among, 0.5, seed=0)
    assert low <= 2.0 <= high
    assert recompute({"figure": "p95", "alone": alone, "among": among}) == pytest.approx(2.0)


def test_memory_is_the_median_of_the_processes_and_another_figure_is_none():
    assert recompute({"figure": "memory", "runs": [3.0, 1.0, 2.0]}) == 2.0
    with pytest.raises(ValueError, match="'weight' is no figure"):
        recompute({"figure": "weight"})
