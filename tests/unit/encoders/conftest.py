"""A folder that looks like an encoder, and settings that know none."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from trivet.settings import Settings

WIDTH = 8


@pytest.fixture
def write_encoder() -> Callable[..., Path]:
    def write(folder: Path, *, licence: str = "mit", cls: bool = False) -> Path:
        (folder / "1_Pooling").mkdir(parents=True)
        config = {"hidden_size": WIDTH, "num_hidden_layers": 2, "model_type": "bert"}
        (folder / "config.json").write_text(json.dumps(config))
        (folder / "tokenizer.json").write_text("{}")
        (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_cls_token": cls}))
        (folder / "README.md").write_text(f"---\nlicense: {licence}\ntags: []\n---\n# A toy\n")
        tensors = {
            "embeddings.weight": np.zeros((10, WIDTH), dtype=np.float32),
            "embeddings.position_ids": np.zeros((1, 512), dtype=np.int64),
            "layer.bias": np.zeros(WIDTH, dtype=np.float32),
        }
        save_file(tensors, folder / "model.safetensors")
        return folder

    return write


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=None, models=None, home=tmp_path / "home", cache=tmp_path / "cache", offline=True)
