"""A BERT of two layers with random weights, for tests: written in milliseconds, learns a toy problem in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from trivet.backbone.weights import save_tensors
from trivet.encoders.catalogue import EncoderSource

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def write_tiny_encoder(folder: Path, words: Sequence[str], *, seed: int = 0, width: int = 32) -> EncoderSource:
    """Writes config.json, tokenizer.json and model.safetensors of an encoder of these words; equal for equal seeds."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = {word: at for at, word in enumerate(dict.fromkeys([*SPECIAL, *words]))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair=None, special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=width,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=2 * width,
        max_position_embeddings=128,
    )
    config.save_pretrained(folder)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = BertModel(config, add_pooling_layer=False)
    save_tensors(model.state_dict(), folder / "model.safetensors")
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return EncoderSource(
        name="tiny",
        path=folder,
        origin="path",
        licence="Apache-2.0",
        commercial=True,
        dim=width,
        layers=2,
        parameters=parameters,
        pooling="mean",
        prefix="",
    )
