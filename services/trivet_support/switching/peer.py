"""What another product makes of messages, and whether ours is better on the same ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from trivet.data.archive import unpack_gzip
from trivet.errors import DataError
from trivet.evaluation.compare import Comparison, compare_paired
from trivet.evaluation.intervals import wilson


@dataclass(frozen=True)
class Peer:
    """`predicted` is its intent a text; without it `score` is its accuracy on `rows` rows, as `where` reports it."""

    name: str
    where: str
    predicted: Mapping[str, str] = field(default_factory=dict)
    score: float | None = None
    rows: int = 0


@dataclass(frozen=True)
class Beside:
    """The accuracy of a peer with its 95 % interval, on `rows` rows; `test` is ours - theirs where rows are the same.

    `shared` rows of the `judged` ones that ours was judged on are among them.
    """

    name: str
    where: str
    score: float
    low: float
    high: float
    rows: int
    shared: int
    judged: int
    ours: float | None = None
    test: Comparison | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    def line(self) -> str:
        """For a person."""
        said = f"{self.name}: accuracy {_percent(self.score)} [{_percent(self.low)}-{_percent(self.high)}]"
        if self.test is None:
            return f"{said} on {self.rows} rows of its own ({self.where}); without its answers there is no paired test"
        ours = "" if self.shared == self.judged else f" (ours there {_percent(self.ours or 0.0)})"
        difference = f"{100 * self.test.difference:+.1f} [{100 * self.test.low:+.1f}, {100 * self.test.high:+.1f}]"
        return (
            f"{said} on {self.shared} of our {self.judged} test rows{ours};"
            f" ours - theirs {difference}, paired p {self.test.p:.2g}: ours is {self.test.verdict}"
        )


def put_beside(peer: Peer, *, texts: Sequence[str], truth: Sequence[str], ours: Sequence[str]) -> Beside | None:
    """The peer beside ours on the texts that both have answered; None where nothing of it can be compared or told."""
    shared = [at for at, text in enumerate(texts) if text in peer.predicted]
    if shared:
        theirs = [float(peer.predicted[texts[at]] == truth[at]) for at in shared]
        own = [float(ours[at] == truth[at]) for at in shared]
        ends = wilson(int(sum(theirs)), len(shared))
        return Beside(
            peer.name,
            peer.where,
            sum(theirs) / len(shared),
            ends.low,
            ends.high,
            rows=len(shared),
            shared=len(shared),
            judged=len(texts),
            ours=sum(own) / len(shared),
            test=compare_paired(own, theirs, seed=0),
        )
    if peer.score is None or not peer.rows:
        return None
    ends = wilson(round(peer.score * peer.rows), peer.rows)
    return Beside(peer.name, peer.where, peer.score, ends.low, ends.high, rows=peer.rows, shared=0, judged=len(texts))


def read_json(path: Path) -> Any:
    """A JSON file, `.json` or `.json.gz`.

    Raises:
        DataError: it is not there, or no JSON; names the line.
    """
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = unpack_gzip(content, file=str(path))
        return json.loads(content.decode("utf-8-sig"))
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror}).", where=str(path), todo="Check the path.") from error
    except UnicodeDecodeError as error:
        raise DataError("is not UTF-8.", where=str(path), todo="Save it as UTF-8.") from error
    except json.JSONDecodeError as error:
        raise DataError(f"is no JSON: {error.msg}.", where=f"{path}:{error.lineno}", todo="Mend that line.") from error
    except RecursionError as error:
        raise DataError("is nested too deeply.", where=str(path), todo="Give the report itself.") from error


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
