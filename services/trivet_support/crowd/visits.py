"""A server asked by one tenant and by many, in turns, so that both suffer alike from what else the machine does."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from trivet_support.crowd.crowd import Crowd

if TYPE_CHECKING:
    import httpx

    from trivet.settings import Settings

Doubles: TypeAlias = npt.NDArray[np.float64]

TEXTS = (
    "card still not here",
    "why was I charged twice for one withdrawal",
    "how do I change my PIN",
    "where is my parcel",
    "I need an appointment next week",
    "my car was damaged in a storm",
    "can I send this back",
    "asdf",
)
BLOCK = 25


@dataclass(frozen=True)
class Visited:
    """What one process showed: resident MB before any tenant had asked and when all had, and milliseconds an answer.

    `alone` are those of one tenant, `among` those of all; the two were asked in alternating blocks. `first` are the
    milliseconds of each tenant's first answer, for which its model is loaded.
    """

    before: float
    after: float
    first: list[float]
    alone: list[float]
    among: list[float]
    modules: tuple[str, ...]


def visit(crowd: Crowd, settings: Settings, *, graphs: int, blocks: int, seed: int) -> Visited:
    """Starts a server over the crowd; every tenant asks once, then one and all of them in alternating blocks.

    Who asks is drawn anew each time, the second tenant half as often as the first, the third a third as often and so
    on. At most `graphs` tenants have a graph of their own in memory.

    Raises:
        TrivetError: the server does not start.
    """
    from trivet.bench.served import read_modules, running_service

    rng, names = np.random.default_rng(seed), list(crowd.keys)
    chances = 1 / np.arange(1, len(names) + 1)
    with tempfile.TemporaryDirectory(prefix="trivet-") as scratch:
        modules = Path(scratch) / "modules"
        environment = {"TRIVET_TENANT_GRAPHS": str(graphs), "TRIVET_TENANT_MODELS": str(max(len(names), 1))}
        with running_service(
            ("support",), settings, home=crowd.home, modules=modules, key=crowd.key, environment=environment
        ) as service:
            # Whose own there are is known a moment after the start.
            _await_own(service.client, crowd.keys[names[0]], names[0])
            before = service.megabytes()
            first = [_ask(service.client, crowd.keys[name], at) for at, name in enumerate(names)]
            after = service.megabytes()
            drawn = [rng.choice(len(names), BLOCK, p=chances / chances.sum()) for _ in range(blocks)]
            alone: list[float] = []
            among: list[float] = []
            for block in drawn:
                # The first of a block of one tenant may have to be loaded again: it is asked for beside the count.
                _ask(service.client, crowd.keys[names[0]], 0)
                alone += [_ask(service.client, crowd.keys[names[0]], at) for at in range(BLOCK)]
                among += [_ask(service.client, crowd.keys[names[which]], at) for at, which in enumerate(block)]
        return Visited(before, after, first, alone, among, read_modules(modules))


def ratio(alone: Sequence[float] | Doubles, among: Sequence[float] | Doubles, share: float) -> float:
    """How many times as long an answer takes among many, at that share of answers: .5 the median, .95 the 95th."""
    return float(np.quantile(among, share) / np.quantile(alone, share))


def ratio_interval(
    alone: Sequence[float], among: Sequence[float], share: float, *, seed: int, rounds: int = 1000
) -> tuple[float, float]:
    """The middle 95 % of the ratio over resampled blocks; a block of one and the block after it go together."""
    pairs = np.stack([np.reshape(alone, (-1, BLOCK)), np.reshape(among, (-1, BLOCK))], axis=1)
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(rounds):
        drawn = pairs[rng.integers(0, len(pairs), len(pairs))]
        found.append(ratio(drawn[:, 0].ravel(), drawn[:, 1].ravel(), share))
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def _await_own(client: httpx.Client, key: str, tenant: str, *, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not _model(client, key).endswith(tenant):
        assert time.monotonic() < end, f"{tenant} never got a model of its own"
        time.sleep(0.05)


def _model(client: httpx.Client, key: str) -> str:
    answer = client.post("/v1/parse", json={"text": TEXTS[0]}, headers={"X-API-Key": key}).raise_for_status()
    values: Mapping[str, object] = answer.json()
    return str(values["model"])


def _ask(client: httpx.Client, key: str, turn: int) -> float:
    """Milliseconds of one answer, as its client sees them."""
    began = time.perf_counter()
    client.post("/v1/parse", json={"text": TEXTS[turn % len(TEXTS)]}, headers={"X-API-Key": key}).raise_for_status()
    return 1000 * (time.perf_counter() - began)
