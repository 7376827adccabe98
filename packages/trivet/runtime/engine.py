"""What every engine promises: token ids in, named rows of float32 out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from trivet.runtime.tokens import Ids

Floats = NDArray[np.float32]
EngineKind: TypeAlias = Literal["openvino", "onnx"]
Precision: TypeAlias = Literal["int8", "fp32"]
# All outputs that a graph may have; the second kind has a row a token. `logits.NAME` are those of one of several tasks.
TEXT_OUTPUTS = ("embedding", "logits")
TOKEN_OUTPUTS = ("token_logits",)
TASK_LOGITS = "logits."


def is_output(name: str) -> bool:
    """Whether a graph may have an output of this name."""
    return name in (*TEXT_OUTPUTS, *TOKEN_OUTPUTS) or name.startswith(TASK_LOGITS)


class Engine(Protocol):
    """A compiled graph.

    The row of a text does not depend on the rows beside it or on how far it is padded: equal up to the rounding of
    float32, and with int8 up to a step of its grid. Calls may come from any thread; they run one after another.
    """

    @property
    def kind(self) -> str:
        """`openvino` or `onnx`."""

    @property
    def precision(self) -> str:
        """`int8` or `fp32`."""

    @property
    def widths(self) -> Mapping[str, int]:
        """Outputs in their order and how wide a row of each is, of a text or of a token."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """`embedding`, and `logits` or `token_logits` where the encoder was trained with its head."""

    @property
    def dim(self) -> int:
        """Length of an embedding."""

    def infer(self, ids: Ids, mask: Ids) -> dict[str, Floats]:
        """Every output of ids and mask I64[B,T] (mask 1: token, 0: padding): F32[B,W], of tokens F32[B,T,W].

        The arrays are the caller's; rows of padding say nothing of use.
        """
