import hashlib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from trivet.encoders.catalogue import EncoderSource
from trivet.errors import DataError, EncoderError, TrivetError
from trivet.methods.fitted import Fitted
from trivet.methods.full import fit_full
from trivet.methods.tune import plan_tuning
from trivet.settings import Settings

IDS, MASK = torch.tensor([[2, 5, 8, 6, 3]]), torch.ones(1, 5, dtype=torch.long)
FULL = {"kind": "full"}


class CutOffError(Exception):
    """Stands for a power cut."""


class Listener:
    """Remembers what it was told, and cuts the run off at a step."""

    def __init__(self, *, cut_at: int = 0) -> None:
        self.cut_at = cut_at
        self.steps: list[tuple[int, int, str]] = []

    def stage(self, name: str) -> None:
        """Nothing."""

    def step(self, done: int, total: int, note: str) -> None:
        self.steps.append((done, total, note))
        if done == self.cut_at:
            raise CutOffError


def hash_weights(fitted: Fitted) -> str:
    digest = hashlib.sha256()
    for tensor in fitted.module.state_dict().values():
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()


def test_word_order_is_learnt_where_a_probe_sees_nothing(
    recipe: Any, rows: pd.DataFrame, held_out: pd.DataFrame, settings: Settings, tmp_path: Path
) -> None:
    fitted = fit_full(recipe(method=FULL, epochs=6), rows, held_out, settings=settings, workspace=tmp_path)
    assert fitted.labels == ("card first", "money first")
    assert fitted.history.epochs[-1].score == 1.0
    assert fitted.epochs == 6
    assert fitted.trainable_share == 1.0
    embedding, logits = fitted.module(IDS, MASK)
    assert fitted.labels[int(logits.argmax())] == "card first"
    assert not fitted.module.training
    torch.testing.assert_close(embedding.norm(dim=1), torch.ones(1))


def test_the_head_starts_from_a_probe_and_not_from_chance(
    recipe: Any, settings: Settings, tmp_path: Path, rows: pd.DataFrame
) -> None:
    """With rates near zero what comes out is what was started from."""
    by_filler = rows.assign(label=["early" if "filler1" in text else "late" for text in rows["text"]])
    still = recipe(method=FULL, epochs=1, learning_rate=1e-12, head_learning_rate=1e-12, dropout=0.0)
    fitted = fit_full(still, by_filler, by_filler, settings=settings, workspace=tmp_path)
    commonest = by_filler["label"].value_counts(normalize=True).max()
    assert fitted.history.epochs[0].score is not None
    assert commonest < 0.7 < 0.85 < fitted.history.epochs[0].score


def test_pairs_are_brought_together(
    recipe: Any, pairs: pd.DataFrame, held_out_pairs: pd.DataFrame, settings: Settings, tmp_path: Path
) -> None:
    tuned = recipe(task="similarity", method=FULL, epochs=6)
    fitted = fit_full(tuned, pairs, held_out_pairs, settings=settings, workspace=tmp_path)
    assert fitted.labels == ()
    assert fitted.history.epochs[-1].score == 1.0
    assert len(fitted.module(IDS, MASK)) == 1


def test_early_stopping_keeps_the_best_epoch(
    recipe: Any, rows: pd.DataFrame, held_out: pd.DataFrame, settings: Settings, tmp_path: Path
) -> None:
    tuned = recipe(method=FULL, epochs=30, patience=2)
    fitted = fit_full(tuned, rows, held_out, settings=settings, workspace=tmp_path)
    scores = [epoch.score for epoch in fitted.history.epochs]
    assert len(scores) == fitted.epochs + 2 < 30
    assert scores[fitted.epochs - 1] == max(scores) == 1.0


def test_a_run_that_was_cut_off_ends_in_the_same_bits(
    recipe: Any, rows: pd.DataFrame, settings: Settings, tmp_path: Path
) -> None:
    whole = fit_full(recipe(method=FULL, epochs=2), rows, None, settings=settings, workspace=tmp_path / "whole")
    tuned = recipe(method=FULL, epochs=2, checkpoint_steps=1)
    with pytest.raises(CutOffError):
        fit_full(tuned, rows, None, settings=settings, workspace=tmp_path / "cut", progress=Listener(cut_at=9))
    listener = Listener()
    resumed = fit_full(tuned, rows, None, settings=settings, workspace=tmp_path / "cut", progress=listener, resume=True)
    assert [step[:2] for step in listener.steps] == [(at, 30) for at in range(10, 31)]
    assert hash_weights(resumed) == hash_weights(whole)


@pytest.mark.parametrize("change", ["row", "knob"])
def test_a_checkpoint_of_other_rows_or_knobs_is_refused(
    recipe: Any, rows: pd.DataFrame, settings: Settings, tmp_path: Path, change: str
) -> None:
    with pytest.raises(CutOffError):
        fit_full(
            recipe(method=FULL, checkpoint_steps=1),
            rows, None, settings=settings, workspace=tmp_path, progress=Listener(cut_at=2),
        )  # fmt: skip
    other = rows.copy()
    if change == "row":
        other.loc[0, "text"] = "card money card"
    knobs = {"learning_rate": 1e-3} if change == "knob" else {}
    tuned = recipe(method=FULL, checkpoint_steps=1, **knobs)
    with pytest.raises(TrivetError, match="other rows or knobs"):
        fit_full(tuned, other, None, settings=settings, workspace=tmp_path, resume=True)


def test_frozen_embeddings_lower_the_trainable_share(
    recipe: Any, rows: pd.DataFrame, settings: Settings, tmp_path: Path
) -> None:
    tuned = recipe(method={"kind": "full", "freeze_embeddings": True, "layer_decay": 0.8}, epochs=1)
    fitted = fit_full(tuned, rows, None, settings=settings, workspace=tmp_path)
    assert 0.5 < fitted.trainable_share < 0.9


def test_a_label_that_only_validation_has_is_named(
    recipe: Any, rows: pd.DataFrame, settings: Settings, tmp_path: Path
) -> None:
    odd = pd.DataFrame({"text": ["card"], "label": ["neither"]})
    with pytest.raises(DataError, match="the label 'neither'"):
        fit_full(recipe(method=FULL), rows, odd, settings=settings, workspace=tmp_path)


def test_an_unknown_encoder_is_named(
    recipe: Any, rows: pd.DataFrame, settings: Settings, tmp_path: Path, source: EncoderSource
) -> None:
    tuned = recipe(method=FULL)
    lost = tuned.model_copy(update={"encoder": tuned.encoder.model_copy(update={"name": "no-such-encoder"})})
    with pytest.raises(EncoderError, match="no-such-encoder"):
        fit_full(lost, rows, None, settings=settings, workspace=tmp_path)


def test_a_plan_writes_nothing_and_counts_the_steps(
    recipe: Any, rows: pd.DataFrame, settings: Settings, tmp_path: Path
) -> None:
    cost = plan_tuning(recipe(method=FULL), rows, settings=settings, workspace=tmp_path / "plan")
    assert (cost.rows, cost.epochs, cost.steps, cost.threads) == (240, 4, 60, 1)
    assert not (tmp_path / "plan").exists()
