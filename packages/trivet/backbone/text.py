"""A pretrained text encoder with its pooling: token ids in, unit vectors out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from torch import nn

from trivet.errors import EncoderError

if TYPE_CHECKING:
    from trivet.encoders.catalogue import EncoderSource

# What the families of transformers call their dropouts in config.json.
DROPOUTS = (
    "hidden_dropout_prob",
    "attention_probs_dropout_prob",
    "hidden_dropout",
    "attention_dropout",
    "embedding_dropout",
    "mlp_dropout",
    "activation_dropout",
    "dropout",
)


class TextEncoder(nn.Module):
    """A transformer, pooled over its tokens and L2-normalised; padding does not change a text's embedding."""

    def __init__(self, model: nn.Module, *, pooling: str) -> None:
        super().__init__()
        if pooling not in ("mean", "cls"):
            raise EncoderError(
                f"there is no pooling {pooling!r}.", where="encoder.pooling", todo="Use 'mean' or 'cls'."
            )
        self.model = model
        self.pooling = pooling

    @property
    def dim(self) -> int:
        """Length of an embedding."""
        config: Any = self.model.config
        return int(config.hidden_size)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Embeddings F32[B,D] of unit length, from ids I64[B,T] and a mask I64[B,T] (1: token, 0: padding)."""
        return self.pool(self.states(input_ids, attention_mask), attention_mask)

    def states(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """What the last layer says about each token, F32[B,T,D]; of padding it says nothing of use."""
        tokens = self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        # Under bf16 autocast the sum over tokens and the norm would lose digits: both stay in float32.
        return tokens.float()

    def pool(self, tokens: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Embeddings F32[B,D] of unit length from the states of their tokens."""
        if self.pooling == "cls":
            return nn.functional.normalize(tokens[:, 0], dim=-1)
        kept = attention_mask.unsqueeze(-1).to(tokens.dtype)
        return nn.functional.normalize((tokens * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=1.0), dim=-1)

    def layer_groups(self) -> tuple[tuple[nn.Parameter, ...], ...]:
        """All parameters from the bottom up: embeddings, then each layer; what follows the layers is with the last."""
        lists = [list(part) for part in self.model.modules() if isinstance(part, nn.ModuleList)]
        layers = max(lists, key=len, default=[])
        owner = {
            id(parameter): depth for depth, layer in enumerate(layers, start=1) for parameter in layer.parameters()
        }
        groups: list[list[nn.Parameter]] = [[] for _ in range(len(layers) + 1)]
        for name, parameter in self.model.named_parameters():
            groups[owner.get(id(parameter), 0 if "embed" in name else len(layers))].append(parameter)
        return tuple(tuple(group) for group in groups)

    def freeze_embeddings(self) -> None:
        """Token, position and type embeddings keep their values in training."""
        for parameter in self.layer_groups()[0]:
            parameter.requires_grad = False


def load_encoder(source: EncoderSource, *, dropout: float) -> TextEncoder:
    """The encoder of a local folder (config.json, model.safetensors) in float32, with this dropout everywhere.

    No hub is asked, and the caller's random state stays as it is.

    Raises:
        EncoderError: the folder is not an encoder, lacks weights, or its kind is unknown to transformers.
    """
    from transformers import AutoConfig, AutoModel

    try:
        config = AutoConfig.from_pretrained(source.path, local_files_only=True)
        for name in DROPOUTS:
            if isinstance(getattr(config, name, None), int | float):
                setattr(config, name, dropout)
        # The loader draws weights at random before it overwrites them: not from the caller's generator.
        with _silence(), torch.random.fork_rng():
            model, report = AutoModel.from_pretrained(
                source.path,
                config=config,
                local_files_only=True,
                use_safetensors=True,
                dtype=torch.float32,
                output_loading_info=True,
            )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise EncoderError(
            f"cannot load the encoder {source.name!r} ({error}).", where=str(source.path), todo="Fetch it again."
        ) from error
    missing = sorted(name for name in report["missing_keys"] if "pooler" not in name)
    if missing:
        raise EncoderError(
            f"the weights of {source.name!r} lack {len(missing)} tensors, the first is {missing[0]!r}.",
            where=str(source.path),
            todo="Fetch it again.",
        )
    if hasattr(model, "pooler"):
        # BERT's own pooler was trained for next-sentence prediction; we pool ourselves, and adapters must not find it.
        model.pooler = None
    return TextEncoder(model, pooling=source.pooling)


@contextmanager
def _silence() -> Iterator[None]:
    """transformers draws a bar and prints a table for each load; we check ourselves what is missing."""
    from transformers.utils import logging

    shown, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if shown:
            logging.enable_progress_bar()
