"""Memory that training has freed goes back to the machine."""

from __future__ import annotations

import ctypes
import io
import os
import subprocess
import sys
import weakref

import pytest

from trivet.cli.memory import KERNELS, give_back
from trivet.cli.progress import ScreenProgress
from trivet.methods.progress import Progress
from trivet_service.jobs.child import Teller

# Large blocks with small ones between them that stay, as tensors among Python's objects; prints what the heap keeps.
BLOCKS = """
import ctypes, os, sys
from trivet.cli.memory import give_back, spare_memory
from trivet.cli.progress import ScreenProgress
if sys.argv[1] == "spare":
    spare_memory()
page = os.sysconf("SC_PAGE_SIZE")
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * page / 1e6
bytearray(30_000_000)
before = resident()
large, small = [], []
for _ in range(25):
    large.append(bytearray(b"x") * 4_000_000)
    small.append(bytearray(b"x") * 2_000)
held = resident() - before
assert held > 90, held
large.clear()
if sys.argv[1] == "give back":
    give_back()
if sys.argv[1] == "ten steps":
    for done in range(2, 12):
        ScreenProgress().step(done, 99, "")
print(resident() - before, os.environ.get("ONEDNN_PRIMITIVE_CACHE_CAPACITY"))
"""


class Knot:
    """An object that only itself holds."""

    def __init__(self) -> None:
        self.own = self


def run_blocks(way: str, **environment: str) -> tuple[float, str]:
    done = subprocess.run(
        [sys.executable, "-c", BLOCKS, way], env=os.environ | environment, capture_output=True, text=True, check=True
    )
    kept, kernels = done.stdout.split()
    return float(kept), kernels


def needs_glibc() -> bool:
    return not hasattr(ctypes.CDLL(None), "malloc_trim")


@pytest.mark.skipif(needs_glibc(), reason="the C library is not glibc")
def test_freed_blocks_stay_in_the_heap_unless_the_process_spares_memory_or_gives_it_back() -> None:
    assert run_blocks("as it is")[0] > 30
    assert run_blocks("ten steps")[0] < 20
    assert run_blocks("spare")[0] < 20
    assert run_blocks("give back")[0] < 20


def test_few_kernels_are_kept_unless_the_user_says_how_many() -> None:
    assert run_blocks("spare")[1] == KERNELS
    assert run_blocks("spare", ONEDNN_PRIMITIVE_CACHE_CAPACITY="7")[1] == "7"


@pytest.mark.parametrize("progress", [ScreenProgress(), Teller(io.BytesIO())], ids=["on a screen", "of a job"])
def test_what_only_cycles_hold_is_freed_where_a_stage_or_a_loop_begins_or_ends(progress: Progress) -> None:
    for begin in (lambda: progress.stage("fit"), lambda: progress.step(1, 9, ""), lambda: progress.step(9, 9, "")):
        knot = weakref.ref(Knot())
        begin()
        assert knot() is None


def test_a_c_library_without_these_functions_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: object) -> None:
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", refuse)
    knot = weakref.ref(Knot())
    give_back()
    assert knot() is None
