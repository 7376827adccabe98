"""The table of peers: what others scored, and ours beside them where it was asked the same."""

from __future__ import annotations

from pathlib import Path

from trivet.bench.peer import OURS
from trivet.bench.peer_record import PeerRecord, read_peers, read_right
from trivet.bench.versus import Contest
from trivet.evaluation.compare import compare_paired

BEGIN, END = "<!-- peers: trivet bench table -->", "<!-- peers end -->"
CELLS = ("data set", "who", "accuracy", "CPU s to learn", "texts a CPU s", "peak MB", "ours against it")


def make_peer_table(root: Path) -> str:
    """One row a record, ours first in each data set; a peer that was stopped says where.

    Raises:
        TrivetError: a record or its predictions are missing or damaged.
    """
    records = sorted(read_peers(root).values(), key=lambda one: (one.dataset, one.seed, one.peer != OURS, one.peer))
    if not records:
        return "Nothing is recorded yet: `trivet bench versus setfit`."
    ours = {(one.dataset, one.seed, one.encoder, one.threads): one for one in records if one.peer == OURS}
    rows = [_row(one, ours.get((one.dataset, one.seed, one.encoder, one.threads)), root) for one in records]
    head = [f"| {' | '.join(CELLS)} |", "|---" * len(CELLS) + "|"]
    return "\n".join([*head, *rows])


def _row(record: PeerRecord, ours: PeerRecord | None, root: Path) -> str:
    cells = [
        record.dataset,
        _name(record),
        f"{record.value:.4f} ({record.low:.4f} to {record.high:.4f})",
        f"{record.train_cpu_seconds:.0f}" if record.train_cpu_seconds else "",
        f"{record.texts_per_cpu_second:.0f}" if record.predict_cpu_seconds else "",
        f"{record.peak_mb:.0f}" if record.peak_mb else "",
        _remark(record, ours, root),
    ]
    return f"| {' | '.join(cells)} |"


def _name(record: PeerRecord) -> str:
    """The peer with its version; ours is that of the checkout. `setfit-defaults` has the version of setfit."""
    versions = [version for name, version in record.versions.items() if record.peer.startswith(name)]
    return record.peer if record.peer == OURS else " ".join([record.peer, *versions[:1]])


def _remark(record: PeerRecord, ours: PeerRecord | None, root: Path) -> str:
    said = (
        [f"stopped by {record.stopped} at step {record.steps:,} of {record.steps_planned:,}"] if record.stopped else []
    )
    if ours is not None and record.peer != OURS:
        contest = Contest(record.dataset, ours, record)
        chance = compare_paired(read_right(root, ours), read_right(root, record), seed=0).p
        said.append(f"{100 * (ours.value - record.value):+.1f} points (p {chance:.2g})")
        said.append(f"seconds {contest.seconds_gain:.1f}x")
        said.append(f"texts {contest.rate_gain:.1f}x")
        if ours.peak_mb and record.peak_mb:
            said.append(f"memory {contest.memory_gain:.2f}x")
    return ", ".join(said)
