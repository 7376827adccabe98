"""Writes an encoder as a folder of its own: Trivet, transformers and sentence-transformers start from it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from torch import nn

from trivet.backbone.trained import ENCODER, encoder_of
from trivet.backbone.weights import save_tensors
from trivet.encoders.catalogue import EncoderSource

# What a tokenizer consists of beside tokenizer.json; an encoder has some of them.
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt")
MODULES = (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))


def write_encoder(module: nn.Module, parent: EncoderSource, folder: Path, *, max_tokens: int, readme: str) -> None:
    """Fills an empty folder with the encoder in a module: weights and what says how to read, pool and prefix texts.

    The tokenizer is that of the parent that it was trained from; `readme` is its model card.
    """
    encoder = encoder_of(module)
    model: Any = encoder.model
    model.config.save_pretrained(folder)
    save_tensors(model.state_dict(), folder / ENCODER)
    for name in TOKENIZER:
        if (parent.path / name).is_file():
            shutil.copyfile(parent.path / name, folder / name)
    (folder / "1_Pooling").mkdir()
    pooling = {
        "word_embedding_dimension": encoder.dim,
        "pooling_mode_cls_token": encoder.pooling == "cls",
        "pooling_mode_mean_tokens": encoder.pooling == "mean",
    }
    modules = [
        {"idx": at, "name": str(at), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for at, (path, kind) in enumerate(MODULES)
    ]
    prompts = {"prompts": {"text": parent.prefix}, "default_prompt_name": "text"} if parent.prefix else {}
    _write(pooling, folder / "1_Pooling" / "config.json")
    _write(modules, folder / "modules.json")
    _write({"max_seq_length": max_tokens, "do_lower_case": False}, folder / "sentence_bert_config.json")
    _write(prompts, folder / "config_sentence_transformers.json")
    (folder / "README.md").write_text(readme, encoding="utf-8")


def _write(values: Any, path: Path) -> None:
    path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
