"""What every head promises: embeddings in, one score a label out, and a way to be saved as plain tensors."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]


class Head(Protocol):
    """Turns embeddings F32[N, D] into scores F32[N, C], one column a label.

    A row's scores do not depend on the rows beside it (up to the rounding of float32). A head is frozen: to learn more
    is to return a new one.
    """

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the columns of the scores, in their order."""

    def scores(self, embeddings: Floats) -> Floats:
        """Scores F32[N, C]; higher is likelier.

        Raises:
            InputError: the embeddings are not finite numbers of shape [N, D].
        """

    def tensors(self) -> dict[str, Floats]:
        """Everything numeric that `load_head` needs to build the same head."""

    def describe(self) -> dict[str, Any]:
        """Everything else that `load_head` needs, as JSON; `kind` names the head."""
