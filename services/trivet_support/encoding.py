"""Vectors of texts by the encoder of a model, and the name under which they are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from trivet.errors import InputError
from trivet.heads.prototypes import normalise

if TYPE_CHECKING:
    from trivet.artifact.artifact import Artifact
    from trivet_service.model import Model

F32 = npt.NDArray[np.float32]


def encoder_of(artifact: Artifact) -> str:
    """Whose vectors those of a model are: all heads over one graph have the same, in one precision and length."""
    return f"{artifact.graph.hash[:32]}-{artifact.graph.engine.precision}-{artifact.tokenizer.max_tokens}"


def embed_kept(model: Model, texts: Sequence[str], *, go_on: Callable[[], None]) -> F32:
    """Vectors F32[N,D] of texts that were taken in before, where nobody waits.

    One that this encoder cannot read, though another could, has zeros. Raises whatever `go_on` raises.
    """
    try:
        return model.embed_beside(texts, go_on=go_on)
    except InputError:
        if len(texts) == 1:
            return np.zeros((1, model.artifact.dim), dtype=np.float32)
        return np.concatenate([embed_kept(model, [text], go_on=go_on) for text in texts])


async def embed_question(model: Model, text: str) -> F32:
    """The vector F32[D] of a question, of unit length. Raises as `Model.embed`."""
    return np.asarray(normalise(await model.embed([text], pointer="/text"))[0], dtype=np.float32)
