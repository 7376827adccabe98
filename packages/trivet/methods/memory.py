"""Tells a machine without enough memory from a mistake of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from trivet.errors import TrivetError
from trivet.recipe import Recipe
from trivet.recipe.method import FewShotMethod, HeadMethod

# How torch on a CPU, torch on a GPU and the engine say that an allocation failed; only the first word is common.
SIGNS = ("can't allocate memory", "not enough memory", "out of memory", "bad_alloc", "cannot allocate memory")


@contextmanager
def name_shortage(recipe: Recipe) -> Iterator[None]:
    """Where memory runs out inside, the error is one line that names the knob to turn; any other error passes.

    Raises:
        TrivetError: memory ran out.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_shortage(error):
            raise
        where, todo = _advice(recipe)
        raise TrivetError("memory ran out.", where=where, todo=todo) from error


def is_shortage(error: BaseException) -> bool:
    """Whether an error says that an allocation failed: Python's own, torch's on a CPU or GPU, or the engine's."""
    return isinstance(error, MemoryError) or any(sign in str(error).lower() for sign in SIGNS)


def _advice(recipe: Recipe) -> tuple[str, str]:
    """The knob that memory depends on most, and what to do with it."""
    if isinstance(recipe.method, HeadMethod):
        return "method.expansion", f"Lower it (now {recipe.method.expansion}), or train on a machine with more memory."
    if isinstance(recipe.method, FewShotMethod):
        return "method.labels_a_batch", f"Lower it (now {recipe.method.labels_a_batch}), or lower task.max_tokens."
    size, tokens = recipe.training.batch_size, recipe.task.max_tokens
    return (
        "training.batch_size",
        f"Lower it (now {size}) and raise training.accumulate, or lower task.max_tokens (now {tokens}).",
    )
