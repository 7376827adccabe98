from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from torch import nn

from trivet.backbone.text import load_encoder
from trivet.backbone.tiny import write_tiny_encoder
from trivet.encoders.catalogue import EncoderSource
from trivet.recipe.training import TrainingRecipe
from trivet.runtime.tokens import TextTokenizer
from trivet.tasks.classification import classification_task
from trivet.training.job import Job

FILLERS = [f"filler{at}" for at in range(30)]
KNOBS: dict[str, Any] = {
    "epochs": 3,
    "batch_size": 8,
    "learning_rate": 1e-3,
    "head_learning_rate": 1e-2,
    "bf16": "off",
    "label_smoothing": 0.0,
}
Prepare = Callable[..., tuple[nn.Module, Job[Any]]]


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> EncoderSource:
    folder: Path = tmp_path_factory.mktemp("tiny")
    return write_tiny_encoder(folder, ["card", "money", *FILLERS])


def keyword_rows(count: int, *, seed: int) -> pd.DataFrame:
    """Two to eight filler words around the one word that decides the label."""
    random = np.random.default_rng(seed)
    texts, labels = [], []
    for at in range(count):
        keyword = ("card", "money")[at % 2]
        words = [*random.choice(FILLERS, size=random.integers(2, 9)), keyword]
        texts.append(" ".join(random.permutation(words)))
        labels.append(f"about {keyword}")
    return pd.DataFrame({"text": texts, "label": labels})


@pytest.fixture
def prepare(source: EncoderSource, tmp_path: Path) -> Prepare:
    """A fresh module with a head that knows nothing, and a job over 60 rows (8 batches of 8, the last one short)."""

    def build(*, rows: int = 60, held_out: int = 0, labels: list[str] | None = None, **knobs: Any) -> Any:
        import torch

        recipe = TrainingRecipe(**{**KNOBS, **knobs})
        frame = keyword_rows(rows, seed=1)
        if labels is not None:
            frame["label"] = labels
        task = classification_task(frame, TextTokenizer(source.path / "tokenizer.json", 32, ""), recipe)
        with torch.random.fork_rng():
            torch.manual_seed(5)
            module = task.module(load_encoder(source, dropout=recipe.dropout))
        job = Job(
            task=task,
            rows=task.prepare(frame),
            validation=task.prepare(keyword_rows(held_out, seed=2)) if held_out else None,
            recipe=recipe,
            checkpoints=tmp_path / "checkpoints",
            fingerprint="of these rows",
        )
        return module, job

    return build
