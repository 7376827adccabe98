import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from trivet.errors import TrivetError
from trivet.training.checkpoint import find_checkpoints
from trivet.training.history import StepReport
from trivet.training.job import Job
from trivet.training.loop import fit

Prepare = Callable[..., tuple[nn.Module, Job[Any]]]


class CutOffError(Exception):
    """Stands for a power cut."""


def hash_weights(module: nn.Module) -> str:
    digest = hashlib.sha256()
    for name, tensor in module.state_dict().items():
        digest.update(name.encode() + tensor.numpy().tobytes())
    return digest.hexdigest()


def cut_off_after(step: int) -> Callable[[StepReport], None]:
    def report(done: StepReport) -> None:
        if done.step == step:
            raise CutOffError

    return report


def test_a_tiny_bert_learns_which_word_decides(prepare: Prepare) -> None:
    module, job = prepare(rows=200, held_out=60, epochs=8)
    before = job.task.score(module, job.validation)
    history = fit(module, job)
    assert before < 0.8
    assert history.epochs[-1].score == 1.0
    assert job.task.score(module, job.validation) == 1.0
    assert history.epochs[-1].loss < 0.1 < history.epochs[0].loss


def test_shuffled_labels_are_learnt_by_nobody(prepare: Prepare) -> None:
    labels = np.random.default_rng(0).permutation([f"about {word}" for word in ("card", "money")] * 100)
    module, job = prepare(rows=200, held_out=200, epochs=4, labels=list(labels))
    history = fit(module, job)
    assert abs(history.epochs[-1].score - 0.5) < 0.15


@pytest.mark.parametrize("step", [1, 5, 8, 9, 16, 23, 24])
def test_a_run_that_was_cut_off_ends_in_the_same_bits(prepare: Prepare, step: int) -> None:
    """8 steps an epoch: after the first, amid the first epoch, at its end, just after it, and at the very last step."""
    whole, job = prepare()
    expected = fit(whole, job)

    cut, job = prepare(checkpoint_steps=1)
    with pytest.raises(CutOffError):
        fit(cut, job, report=cut_off_after(step))

    resumed, job = prepare(checkpoint_steps=1)
    steps: list[int] = []
    history = fit(resumed, job, report=lambda done: steps.append(done.step), resume=True)
    assert steps == list(range(step + 1, 25))
    assert hash_weights(resumed) == hash_weights(whole)
    assert [epoch.loss for epoch in history.epochs] == [epoch.loss for epoch in expected.epochs]


def test_steps_after_the_last_checkpoint_are_done_again_to_the_same_bits(prepare: Prepare) -> None:
    whole, job = prepare(accumulate=2, decay="cosine", contrast=0.5)
    fit(whole, job)
    cut, job = prepare(accumulate=2, decay="cosine", contrast=0.5, checkpoint_steps=3)
    with pytest.raises(CutOffError):
        fit(cut, job, report=cut_off_after(8))
    resumed, job = prepare(accumulate=2, decay="cosine", contrast=0.5, checkpoint_steps=3)
    steps: list[int] = []
    fit(resumed, job, report=lambda done: steps.append(done.step), resume=True)
    assert steps[0] == 7
    assert hash_weights(resumed) == hash_weights(whole)


def test_early_stopping_survives_a_cut_to_the_same_bits(prepare: Prepare) -> None:
    knobs = {"rows": 120, "held_out": 40, "epochs": 12, "patience": 2}
    whole, job = prepare(**knobs)
    expected = fit(whole, job)
    assert expected.kept < len(expected.epochs) < 12
    cut, job = prepare(**knobs, checkpoint_steps=5)
    with pytest.raises(CutOffError):
        fit(cut, job, report=cut_off_after(15 * expected.kept + 7))
    resumed, job = prepare(**knobs, checkpoint_steps=5)
    history = fit(resumed, job, resume=True)
    assert history.kept == expected.kept
    assert [epoch.score for epoch in history.epochs] == [epoch.score for epoch in expected.epochs]
    assert hash_weights(resumed) == hash_weights(whole)


def test_resuming_a_run_that_ended_changes_nothing(prepare: Prepare) -> None:
    whole, job = prepare(checkpoint_steps=1)
    fit(whole, job)
    again, job = prepare(checkpoint_steps=1)
    steps: list[int] = []
    fit(again, job, report=lambda done: steps.append(done.step), resume=True)
    assert steps == []
    assert hash_weights(again) == hash_weights(whole)


def test_without_resume_an_older_checkpoint_is_thrown_away(prepare: Prepare) -> None:
    module, job = prepare(checkpoint_steps=1)
    with pytest.raises(CutOffError):
        fit(module, job, report=cut_off_after(3))
    fresh, job = prepare()
    fit(fresh, job)
    whole, _ = prepare()
    assert find_checkpoints(job.checkpoints) == []
    fit(whole, job)
    assert hash_weights(fresh) == hash_weights(whole)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(prepare: Prepare) -> None:
    hashes = []
    for seed in (0, 0, 1):
        module, job = prepare(seed=seed, epochs=1)
        fit(module, job)
        hashes.append(hash_weights(module))
    assert hashes[0] == hashes[1] != hashes[2]


def test_the_callers_random_state_is_left_alone(prepare: Prepare) -> None:
    module, job = prepare(epochs=1)
    state = torch.get_rng_state()
    fit(module, job)
    assert torch.equal(torch.get_rng_state(), state)


def test_the_best_weights_come_back_and_not_the_last(prepare: Prepare) -> None:
    module, job = prepare(rows=120, held_out=40, epochs=12, patience=2)
    after: dict[int, str] = {}

    def remember(done: StepReport) -> None:
        after[done.epoch] = hash_weights(module)

    history = fit(module, job, report=remember)
    scores = [epoch.score for epoch in history.epochs]
    assert hash_weights(module) == after[history.kept] != after[len(scores)]
    assert len(scores) == history.kept + 2 < 12
    assert scores[history.kept - 1] == max(scores)
    assert job.task.score(module, job.validation) == max(scores)


def test_without_patience_all_epochs_run_and_the_last_weights_stay(prepare: Prepare) -> None:
    module, job = prepare(held_out=20, epochs=6)
    history = fit(module, job)
    assert history.kept == len(history.epochs) == 6
    assert job.task.score(module, job.validation) == history.epochs[-1].score


def test_patience_without_validation_rows_never_stops(prepare: Prepare) -> None:
    module, job = prepare(epochs=5, patience=1)
    history = fit(module, job)
    assert history.kept == 5
    assert {epoch.score for epoch in history.epochs} == {None}


def test_progress_counts_steps_and_tells_the_rate(prepare: Prepare) -> None:
    module, job = prepare(warmup=0.25)
    reports: list[StepReport] = []
    fit(module, job, report=reports.append)
    assert [report.step for report in reports] == list(range(1, 25))
    assert {report.steps for report in reports} == {24}
    assert [report.epoch for report in reports] == [1] * 8 + [2] * 8 + [3] * 8
    assert [report.rate for report in reports[:7]] == pytest.approx([1e-3 * at / 6 for at in range(7)])


def test_the_history_counts_texts_and_seconds(prepare: Prepare) -> None:
    module, job = prepare()
    history = fit(module, job)
    assert [epoch.epoch for epoch in history.epochs] == [1, 2, 3]
    for epoch in history.epochs:
        assert epoch.texts_per_second == pytest.approx(60 / epoch.seconds)


def test_a_loss_that_is_no_number_stops_with_the_knob_to_turn(prepare: Prepare) -> None:
    module, job = prepare(learning_rate=1e30, head_learning_rate=1e30, warmup=0.0, max_gradient_norm=1e30)
    with pytest.raises(TrivetError, match=r"training.learning_rate: the loss is no longer a number .* Lower it"):
        fit(module, job)


def test_frozen_weights_keep_their_bits(prepare: Prepare) -> None:
    module, job = prepare()
    encoder: Any = module.encoder
    encoder.freeze_embeddings()
    before = encoder.model.embeddings.word_embeddings.weight.clone()
    fit(module, job)
    assert torch.equal(encoder.model.embeddings.word_embeddings.weight, before)


def test_a_checkpoint_holds_only_what_learns(prepare: Prepare) -> None:
    from safetensors import safe_open

    module, job = prepare(checkpoint_steps=24)
    for parameter in module.encoder.parameters():
        parameter.requires_grad = False
    fit(module, job)
    (folder,) = find_checkpoints(job.checkpoints)
    with safe_open(folder / "weights.safetensors", "pt") as file:
        assert sorted(file.keys()) == ["head.bias", "head.weight"]


def test_bf16_learns_as_well(prepare: Prepare) -> None:
    module, job = prepare(rows=200, held_out=60, epochs=8, bf16="on")
    assert fit(module, job).epochs[-1].score == 1.0
    assert {parameter.dtype for parameter in module.parameters()} == {torch.float32}
