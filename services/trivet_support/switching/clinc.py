"""A file in the shape of CLINC150: lists of [text, intent] by part, what is out of scope apart."""

from __future__ import annotations

from pathlib import Path

from trivet.errors import DataError
from trivet_support.switching.imported import Imported, Row
from trivet_support.switching.peer import Peer, read_json

_PARTS = {
    "train": "train",
    "val": "validation",
    "test": "test",
    "oos_train": "out_of_scope_train",
    "oos_val": "out_of_scope_validation",
    "oos_test": "out_of_scope_test",
}
_OUTSIDE = "oos"


def read_clinc(path: Path, *, peer: Peer | None = None) -> Imported:
    """The parts of a file; rows whose intent is `oos` are out of scope wherever they stand.

    Raises:
        DataError: no part to learn from, or an entry that is no [text, intent]; names it.
    """
    told = read_json(path)
    if not isinstance(told, dict) or not isinstance(told.get("train"), list):
        raise DataError(
            "has no list `train`.", where=str(path), todo='Give {"train": [["text", "intent"], ...], "test": ...}.'
        )
    parts: dict[str, list[Row]] = {}
    for name, part in _PARTS.items():
        for at, entry in enumerate(told.get(name) or ()):
            if not (isinstance(entry, list) and len(entry) == 2 and all(isinstance(one, str) for one in entry)):
                raise DataError(
                    "is no pair of text and intent.", where=f"{path}: {name}[{at}]", todo='Write ["text", "intent"].'
                )
            text, label = entry
            is_outside = label == _OUTSIDE
            place = f"out_of_scope_{part}" if is_outside and not part.startswith("out_of_scope") else part
            parts.setdefault(place, []).append(Row(text, "" if is_outside else label))
    notes = [f"passed over: {name!r} is no part that is known." for name in told if name not in _PARTS]
    return Imported("clinc", parts, peer=peer, notes=notes)
