"""How what the turns before are worth is counted."""

from __future__ import annotations

import numpy as np
import pytest

from trivet.artifact.artifact import Artifact
from trivet_support.dialogues.example import Example
from trivet_support.history import Reads
from trivet_support.measures.context import _exchange, _judge, _resample, hash_data, recompute
from trivet_support.turn import Said

RIGHT, WRONG = [1, 1, 1], [0, 1, 1]


def test_the_figure_is_points_of_accuracy_gained():
    kept = {"with": [RIGHT, RIGHT, RIGHT, WRONG], "without": [RIGHT, WRONG, RIGHT, WRONG], "groups": [0, 0, 1, 1]}
    assert recompute(kept) == pytest.approx(25.0)


def test_turns_of_one_dialogue_are_drawn_together():
    kept = {"with": [RIGHT] * 50 + [WRONG] * 50, "groups": [0] * 50 + [1] * 50}
    rounds = _resample(kept, "with", seed=0)
    assert set(np.unique(rounds)) == {0.0, 0.5, 1.0}


def test_several_labels_are_counted_as_micro_f1_counts():
    # Two of three found labels are right, and one of three is missed.
    assert recompute({"with": [[2, 3, 3]], "without": [[0, 0, 3]]}) == pytest.approx(100 * 2 / 3)


def test_a_message_never_gets_the_history_of_its_own_dialogue_as_a_wrong_one():
    examples = [Example(f"m{at}", ("a",), (Said("user", f"h{at // 5}"),), str(at // 5)) for at in range(50)]
    for one, was in zip(_exchange(examples, 0), examples, strict=True):
        assert one.text == was.text
        assert one.history != was.history


def test_a_label_that_the_model_does_not_know_counts_as_missed(tiny_artifact):
    artifact = Artifact.load(tiny_artifact, threads=1)
    examples = [Example("my card is lost", (label,), (Said("user", "thanks"),), "d") for label in ("card", "unheard")]
    found = _judge(artifact, examples, None, lambda _: True)
    assert found.tolist() == [RIGHT, WRONG]
    assert _judge(artifact, examples, Reads(1, bot=True), lambda _: True).shape == (2, 3)
    artifact.close()


def test_the_data_of_a_figure_are_the_files_of_its_set():
    hashes = {hash_data({"set": name, "turns": 3}, None) for name in ("crosswoz", "sgd-banks", "star-tasks")}
    assert len(hashes) == 3
