"""Vectors of passages and of questions by the encoder of a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from trivet.errors import InputError
from trivet_service.model import Model

F32 = npt.NDArray[np.float32]


def encoder_of(model: Model) -> str:
    """Whose vectors those of a model are: all heads over one graph have the same, in one precision and length."""
    graph = model.artifact.graph
    return f"{graph.hash[:32]}-{graph.choice.precision}-{model.artifact.facts.max_tokens}"


def embed_passages(model: Model, texts: Sequence[str], *, go_on: Callable[[], None]) -> F32:
    """Vectors F32[N,D] of unit length, where nobody waits; of a text that the encoder cannot read, zeros.

    Raises whatever `go_on` raises.
    """
    try:
        return normalise(model.embed_beside(texts, go_on=go_on))
    except InputError:
        if len(texts) == 1:
            return np.zeros((1, model.artifact.dim), dtype=np.float32)
        return np.concatenate([embed_passages(model, [text], go_on=go_on) for text in texts])


async def embed_question(model: Model, text: str) -> F32:
    """The vector F32[D] of a question, of unit length. Raises as `Model.embed`."""
    return normalise(await model.embed([text], pointer="/text"))[0]


def normalise(vectors: F32) -> F32:
    """Rows F32[N,D] of unit length; zeros stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths == 0.0, 1.0, lengths), dtype=np.float32)
