from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from trivet.backbone.text import load_encoder
from trivet.backbone.trained import load_weights, save_weights
from trivet.encoders.catalogue import EncoderSource
from trivet.errors import RecipeError
from trivet.methods.lora import fit_lora
from trivet.methods.tune import tune
from trivet.settings import Settings
from trivet.tasks.classification import Classifier

LORA = {"kind": "lora", "rank": 16, "alpha": 16, "dropout": 0.0}
KNOBS = {"learning_rate": 3e-3, "epochs": 12, "dropout": 0.0}
IDS = torch.tensor([[2, 5, 8, 6, 3], [2, 6, 5, 3, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 1, 0]])


def test_adapters_learn_word_order_and_are_merged(
    recipe: Any, rows: pd.DataFrame, held_out: pd.DataFrame, settings: Settings, tmp_path: Path, source: EncoderSource
) -> None:
    fitted = fit_lora(recipe(method=LORA, **KNOBS), rows, held_out, settings=settings, workspace=tmp_path)
    assert fitted.history.epochs[-1].score == 1.0
    assert 0 < fitted.trainable_share < 0.5
    plain = Classifier(load_encoder(source, dropout=0.1), 2)
    assert [name for name, _ in fitted.module.named_parameters()] == [name for name, _ in plain.named_parameters()]


def test_merging_keeps_the_logits(recipe: Any, rows: pd.DataFrame, settings: Settings, tmp_path: Path) -> None:
    """The same run twice: once as the loop leaves it, once merged."""
    tuned = recipe(method=LORA, learning_rate=1e-2, epochs=2)
    apart = tune(tuned, rows, None, settings=settings, workspace=tmp_path / "apart")
    merged = fit_lora(tuned, rows, None, settings=settings, workspace=tmp_path / "merged")
    with torch.no_grad():
        for one, other in zip(apart.module(IDS, MASK), merged.module(IDS, MASK), strict=True):
            np.testing.assert_allclose(one.numpy(), other.numpy(), atol=1e-4)


def test_merged_weights_come_back_from_a_folder(
    recipe: Any, rows: pd.DataFrame, settings: Settings, tmp_path: Path, source: EncoderSource
) -> None:
    fitted = fit_lora(recipe(method=LORA, epochs=1), rows, None, settings=settings, workspace=tmp_path)
    again = Classifier(load_encoder(source, dropout=0.1), 2).eval()
    load_weights(again, save_weights(fitted.module, tmp_path / "weights"))
    with torch.no_grad():
        assert torch.equal(again(IDS, MASK)[1], fitted.module(IDS, MASK)[1])


def test_adapters_bring_pairs_together(
    recipe: Any, pairs: pd.DataFrame, held_out_pairs: pd.DataFrame, settings: Settings, tmp_path: Path
) -> None:
    tuned = recipe(task="similarity", method=LORA, **KNOBS)
    fitted = fit_lora(tuned, pairs, held_out_pairs, settings=settings, workspace=tmp_path)
    assert fitted.history.epochs[-1].score == 1.0


def test_a_target_that_matches_no_layer_is_named(
    recipe: Any, rows: pd.DataFrame, settings: Settings, tmp_path: Path
) -> None:
    tuned = recipe(method={**LORA, "targets": ("q_proj",)})
    with pytest.raises(RecipeError, match=r"method.targets: the target 'q_proj' matches no linear layer"):
        fit_lora(tuned, rows, None, settings=settings, workspace=tmp_path)
