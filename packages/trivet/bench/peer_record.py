"""What a peer scored, as it is recorded and read again."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from trivet.bench.record import read_json, read_model
from trivet.bench.verify import Verified
from trivet.errors import TrivetError

FOLDER = "peers"


class PeerRecord(BaseModel):
    """What a peer scored: 95 % interval from `low` to `high`, `predictions` a path below benchmarks/."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    peer: str
    metric: str
    value: float
    low: float
    high: float
    seed: int
    dataset: str
    split: str
    data_sha256: str
    train_sha256: str
    train_rows: int
    encoder: str
    encoder_sha256: str
    threads: int
    train_seconds: float
    predict_seconds: float
    texts_per_second: float
    train_cpu_seconds: float = 0.0
    predict_cpu_seconds: float = 0.0
    peak_mb: float = 0.0
    stopped: Literal["", "time", "memory"] = ""
    steps: int = 0
    steps_planned: int = 0
    versions: dict[str, str]
    program_sha256: str
    command: str
    commit: str
    machine: str
    load: float = Field(description="Processes that wanted to run in the minute before: seconds suffer from them.")
    predictions: str

    @property
    def texts_per_cpu_second(self) -> float:
        """Texts labelled in a CPU second; 0 where CPU seconds are not told."""
        texts = self.texts_per_second * self.predict_seconds
        return texts / self.predict_cpu_seconds if self.predict_cpu_seconds else 0.0


def verify_peers(root: Path) -> list[Verified]:
    """Every recorded peer against its predictions.

    Raises:
        TrivetError: a record or its predictions are missing or damaged.
    """
    found = []
    for path, record in read_peers(root).items():
        right = read_right(root, record)
        found.append(Verified(f"{FOLDER}/{path.stem}", record.seed, record.value, float(right.mean())))
    return found


def read_peers(root: Path) -> dict[Path, PeerRecord]:
    """Every record of a peer by its path, in order of name.

    Raises:
        TrivetError: a record is damaged.
    """
    paths = sorted((root / "records" / FOLDER).glob("*.json"))
    return {path: read_model(path, PeerRecord) for path in paths if not path.name.endswith(".predictions.json")}


def read_right(root: Path, record: PeerRecord) -> NDArray[np.bool_]:
    """Whether each test row was labelled right, bool[N], from the predictions that were kept.

    Raises:
        TrivetError: they are missing or damaged.
    """
    kept = read_json(root / record.predictions)
    try:
        predicted, truth = np.asarray(kept["predicted"], dtype=np.int64), np.asarray(kept["truth"], dtype=np.int64)
        if len(predicted) != len(truth) or not len(truth):
            raise ValueError(f"{len(predicted)} predictions for {len(truth)} rows")
    except (KeyError, TypeError, ValueError) as error:
        raise TrivetError(
            f"these are not the predictions of {record.peer}.", where=record.predictions, todo="Run the peer again."
        ) from error
    return predicted == truth
