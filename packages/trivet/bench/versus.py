"""Ours against another library, asked the same by the same harness: data set by data set, one process each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from trivet.bench.peer import OURS, Peer, hash_program, peer_path, run_peer
from trivet.bench.peer_record import PeerRecord
from trivet.bench.record import read_model
from trivet.bench.workbench import Workbench
from trivet.encoders.catalogue import find_encoder
from trivet.recipe.data import DataRecipe


@dataclass(frozen=True)
class Contest:
    """One data set: what ours scored and what the other did.

    Seconds are compared as CPU seconds where both tell them: on a busy machine the clock runs on while a program waits.
    """

    dataset: str
    ours: PeerRecord
    theirs: PeerRecord

    def rows(self) -> list[dict[str, Any]]:
        """A line for each, and one with how many times better ours is (accuracy: points)."""
        lines = [
            {
                "dataset": self.dataset,
                "who": record.peer,
                "accuracy": round(record.value, 4),
                "train_s": round(record.train_seconds, 1),
                "train_cpu_s": round(record.train_cpu_seconds, 1),
                "texts_per_s": round(record.texts_per_second, 1),
                "texts_per_cpu_s": round(record.texts_per_cpu_second, 1),
                "peak_mb": round(record.peak_mb),
            }
            for record in (self.ours, self.theirs)
        ]
        seconds, rate = ("train_cpu_s", "texts_per_cpu_s") if self._on_cpu else ("train_s", "texts_per_s")
        gains = {
            "accuracy": f"{100 * (self.ours.value - self.theirs.value):+.1f}",
            "train_s": "",
            "train_cpu_s": "",
            "texts_per_s": "",
            "texts_per_cpu_s": "",
            "peak_mb": f"{self.memory_gain:.1f}x",
            seconds: f"{self.seconds_gain:.1f}x",
            rate: f"{self.rate_gain:.1f}x",
        }
        return [*lines, {"dataset": self.dataset, "who": "ours is better by", **gains}]

    @property
    def is_won(self) -> bool:
        """Whether ours is better in accuracy, seconds, texts a second and memory."""
        gains = (self.seconds_gain, self.rate_gain, self.memory_gain)
        return self.ours.value > self.theirs.value and min(gains) > 1

    @property
    def seconds_gain(self) -> float:
        """How many times the seconds of ours the other takes to learn."""
        if self._on_cpu:
            return self.theirs.train_cpu_seconds / self.ours.train_cpu_seconds
        return self.theirs.train_seconds / max(self.ours.train_seconds, 1e-9)

    @property
    def rate_gain(self) -> float:
        """How many texts ours labels while the other labels one."""
        if self._on_cpu:
            return self.ours.texts_per_cpu_second / self.theirs.texts_per_cpu_second
        return self.ours.texts_per_second / max(self.theirs.texts_per_second, 1e-9)

    @property
    def memory_gain(self) -> float:
        """How many times the memory of ours the other holds at its peak."""
        return self.theirs.peak_mb / max(self.ours.peak_mb, 1e-9)

    @property
    def _on_cpu(self) -> bool:
        return all(min(one.train_cpu_seconds, one.predict_cpu_seconds) > 0 for one in (self.ours, self.theirs))


def run_contest(
    other: Peer, datasets: Sequence[str], bench: Workbench, *, again: bool = False, say: Callable[[str], None]
) -> list[Contest]:
    """Has both learn every data set with the same encoder, seed and threads; what is recorded and stands is kept.

    So a run that was cut off goes on: it has lost only what it was at.

    Raises:
        TrivetError: there is no such peer, it cannot be installed, or it fails.
    """
    found = []
    for dataset in datasets:
        theirs = _standing(replace(other, dataset=dataset), bench, again=again, say=say)
        ours = _standing(replace(other, name=OURS, dataset=dataset, python=None), bench, again=again, say=say)
        found.append(Contest(dataset, ours, theirs))
    return found


def _standing(peer: Peer, bench: Workbench, *, again: bool, say: Callable[[str], None]) -> PeerRecord:
    path = peer_path(bench.root, peer)
    if path.exists() and not again:
        record = read_model(path, PeerRecord)
        if _stands(record, peer, bench):
            say(f"{peer.name} on {peer.dataset}: stands")
            return record
    return run_peer(peer, bench, say=say)


def _stands(record: PeerRecord, peer: Peer, bench: Workbench) -> bool:
    """Whether the record is of this program on these rows, with this encoder and as many threads."""
    dataset = bench.open_data(DataRecipe(dataset=peer.dataset))
    return (
        record.program_sha256 == hash_program(peer, bench)
        and record.train_sha256 == dataset.sha256("train")
        and record.encoder_sha256 == find_encoder(peer.encoder, bench.settings).sha256
        and (record.seed, record.threads) == (peer.seed, bench.settings.threads)
        and (bench.root / record.predictions).exists()
    )
