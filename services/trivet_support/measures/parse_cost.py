"""How many times as long a message takes with all that support does of it as the model alone, in the same run.

In turn, in blocks: the model asked directly in this process; `/v1/parse` with nothing declared; and `/v1/parse` for a
tenant with entities of every kind, rules and a session. Other processes of the machine slow all three alike.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from trivet.bench.service_measure import Asked, ServiceMeasure

if TYPE_CHECKING:
    import httpx

    from trivet.bench.measures import Measured

Doubles: TypeAlias = npt.NDArray[np.float64]

BLOCKS, BLOCK, WARM, ROUNDS = 16, 25, 20, 1000
ENTITIES: dict[str, dict[str, Any]] = {
    "card": {
        "kind": "list",
        "values": [
            {"value": "Gold card", "synonyms": ["golden card"]},
            {"value": "Debit card", "synonyms": ["bank card"]},
        ],
    },
    "order": {"kind": "pattern", "patterns": ["\\bORD-(\\d{4,10})\\b"]},
    **{kind: {"kind": kind} for kind in ("number", "money", "date", "email", "phone")},
}
RULES: dict[str, Any] = {
    "rules": [
        {
            "name": "lawyers",
            "because": "Threats of legal action go to a person at once.",
            "when": {"words": ["lawyer", "attorney", "sue you"]},
            "then": {"do": "escalate", "urgency": "urgent"},
        },
        {
            "name": "no-guarantees",
            "because": "Nobody may promise a date of delivery.",
            "then": {"do": "forbid_phrases", "phrases": ["guaranteed", "by tomorrow"]},
        },
    ]
}


def run(asked: Asked) -> Measured:
    """Milliseconds of each of the three ways on test texts, one at a time."""
    from trivet.artifact.artifact import Artifact
    from trivet.bench.measures import Measured
    from trivet.bench.record import Baseline
    from trivet.bench.served import read_modules, running_service
    from trivet.data.sources import open_dataset
    from trivet.data.splits import test_rows

    assert asked.recipe is not None
    path = asked.train(asked.recipe)
    texts = list(test_rows(open_dataset(asked.recipe.data, asked.settings), asked.recipe.data)["text"])
    found: dict[str, list[float]] = {"model": [], "bare": [], "full": []}
    with tempfile.TemporaryDirectory(prefix="trivet-") as home, closing(Artifact.load(path, threads=1)) as artifact:
        words, modules = ("support", "--insecure", "--model", f"support={path}"), Path(home) / "modules"
        with running_service(words, asked.settings, home=Path(home), modules=modules) as service:
            client = service.client
            ways: dict[str, Callable[[str, int], object]] = {
                "model": lambda text, _: artifact.classify([text], top=2),
                "bare": lambda text, _: _parse(client, {"text": text, "entities": []}),
                # Three turns a dialogue, and another dialogue.
                "full": lambda text, turn: _parse(
                    client, {"text": text, "session_id": f"visit-{turn // 3}", "message_id": f"message-{turn}"}
                ),
            }
            for block in range(BLOCKS + 1):
                for way, ask in ways.items():
                    if way == "full":
                        _declare(client)
                    spent = _time(ask, texts, start=block * BLOCK)
                    # The first block of each warms up.
                    found[way] += spent if block else []
                    if way == "full":
                        _forget(client)
        ran = read_modules(modules)
    low, high = _interval(found, seed=asked.seed)
    baselines = {
        "ms of the model alone": Baseline(value=float(np.median(found["model"]))),
        "ms of a bare parse": Baseline(value=float(np.median(found["bare"]))),
        "ms with entities, rules and a session": Baseline(value=float(np.median(found["full"]))),
        "a bare parse against the model": Baseline(value=_ratio(found["model"], found["bare"])),
    }
    return Measured(dict(found), low, high, baselines, ran)


def recompute(kept: dict[str, Any]) -> float:
    """The ratio of the medians: with everything, against the model alone."""
    return _ratio(kept["model"], kept["full"])


def _declare(client: httpx.Client) -> None:
    for name, body in ENTITIES.items():
        client.put(f"/v1/entities/{name}", json=body).raise_for_status()
    client.put("/v1/rules", json=RULES).raise_for_status()
    for _ in range(WARM):
        _parse(client, {"text": "I paid $20 on Monday"})


def _forget(client: httpx.Client) -> None:
    for name in ENTITIES:
        client.delete(f"/v1/entities/{name}").raise_for_status()
    client.put("/v1/rules", json={"rules": []}).raise_for_status()
    for _ in range(WARM):
        _parse(client, {"text": "I paid $20 on Monday"})


def _parse(client: httpx.Client, body: dict[str, Any]) -> object:
    return client.post("/v1/parse", json=body).raise_for_status().content


def _time(ask: Callable[[str, int], object], texts: Sequence[str], *, start: int) -> list[float]:
    spent = []
    for turn in range(start, start + BLOCK):
        began = time.perf_counter()
        ask(texts[turn % len(texts)], turn)
        spent.append(1000 * (time.perf_counter() - began))
    return spent


def _ratio(base: Sequence[float] | Doubles, other: Sequence[float] | Doubles) -> float:
    return float(np.median(other) / np.median(base))


def _interval(found: dict[str, list[float]], *, seed: int) -> tuple[float, float]:
    """The middle 95 % over resampled blocks; those of one turn go together."""
    rng, model, full = np.random.default_rng(seed), *(np.reshape(found[way], (-1, BLOCK)) for way in ("model", "full"))
    drawn = [rng.integers(0, len(model), len(model)) for _ in range(ROUNDS)]
    low, high = np.quantile([_ratio(model[rows].ravel(), full[rows].ravel()) for rows in drawn], [0.025, 0.975])
    return float(low), float(high)


measure = ServiceMeasure(run, recompute)
