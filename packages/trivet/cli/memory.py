"""How much memory a training run holds: freed blocks go back to the machine in time.

It is for the programs that train: how a process keeps its memory is its owner's to say, not a library's.
"""

from __future__ import annotations

import ctypes
import gc
import os
from typing import Any

# Of glibc's mallopt: blocks from this size on are mapped one by one, and go back to the machine as they are freed.
MMAP_THRESHOLD, LARGE = -3, 1 << 20
# Compiled matrix kernels that torch keeps, one for every shape it has seen. It would keep 1,024, some 50 MB; to
# make one again is cheap.
KERNELS = "0"
# Steps of a loop between two trims of the heap: each costs about a tenth of a step.
TRIM_STEPS = 10


def spare_memory() -> None:
    """Has this process hold less while it trains, for a tenth more time; call it before torch is imported.

    glibc maps a large block by itself until the first is freed, and from then on keeps blocks as large for whatever
    comes; blocks of another size lie beside them. Elsewhere than on glibc only the kernels count.
    """
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", KERNELS)
    option = _find("mallopt")
    if option is not None:
        option(MMAP_THRESHOLD, LARGE)


def give_back() -> None:
    """Frees what only cycles hold (an optimiser with its state), and hands free pages of the heap to the machine."""
    gc.collect()
    trim_heap()


def give_back_between(done: int, total: int) -> None:
    """As `give_back` after the first and the last step of a loop; between them the heap alone, now and then."""
    if done in (1, total):
        give_back()
    elif done % TRIM_STEPS == 0:
        trim_heap()


def trim_heap() -> None:
    """Hands free pages of the heap to the machine: they lie between blocks in use, and each step leaves more."""
    trim = _find("malloc_trim")
    if trim is not None:
        trim(0)


def _find(name: str) -> Any:
    """A function of the C library; None where it has none of that name."""
    try:
        return getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError, TypeError):
        return None
