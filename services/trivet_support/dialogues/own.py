"""Dialogues of the reader's own: rows with a dialogue's id in order, or JSON lines that bring their `history`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trivet.data.archive import unpack_gzip
from trivet.data.columns import choose_columns
from trivet.data.formats.raw import Fault, RawRows, as_text, raise_faults
from trivet.data.formats.read import format_of, read_rows
from trivet.errors import DataError
from trivet_support.dialogues.example import Dialogues, Example, Part
from trivet_support.turn import Said, Speaker

HISTORY = "history"
_ROLES: Mapping[str, Speaker] = {
    **dict.fromkeys(("user", "customer", "client", "usr", "human", ""), "user"),
    **dict.fromkeys(("bot", "agent", "assistant", "system", "sys", "wizard"), "bot"),
}


@dataclass(frozen=True)
class Columns:
    """Which column plays which part; empty: a guess of the core's, or the usual name."""

    text: str = ""
    label: str = ""
    dialogue: str = ""
    role: str = ""


def read_own(path: Path, columns: Columns) -> Dialogues:
    """The dialogues of a file; a fifth is test and a tenth validation, by the dialogue's id, the same each time.

    A row without a label is said and not judged: the bot's, or a customer's that nobody labelled.

    Raises:
        DataError: nothing is there, a missing column, or a bad row; names file, line and reason.
    """
    if not path.is_file():
        raise DataError(f"no file at {str(path)!r}.", where="dialogues", todo="Put it there, or change the path.")
    content = path.read_bytes()
    raw = read_rows(
        unpack_gzip(content, file=str(path)) if path.suffix == ".gz" else content,
        file=str(path),
        kind=format_of(path),
    )
    chosen = choose_columns(
        list(raw.columns),
        roles=("text", "label"),
        named={"text": columns.text, "label": columns.label},
        file=raw.file,
        required=("text", "label"),
    )
    faults = list(raw.faults)
    has_history = HISTORY in raw.columns and not columns.dialogue
    read = _read_histories if has_history else _read_in_order
    examples = list(read(raw, chosen, columns, faults))
    raise_faults(raw.file, faults)
    if not examples:
        raise DataError("has no message with a label.", where=raw.file, todo="Give at least one.")
    parts: dict[Part, list[Example]] = {"train": [], "validation": [], "test": []}
    for one in examples:
        parts[_part(one.group)].append(one)
    has_bot = any(said.role == "bot" for one in examples for said in one.history)
    return Dialogues({part: tuple(found) for part, found in parts.items()}, several=False, bot=has_bot)


def _read_in_order(raw: RawRows, chosen: Mapping[str, str], columns: Columns, faults: list[Fault]) -> Iterator[Example]:
    dialogue = _named(raw, columns.dialogue or "dialogue", flag="--dialogue")
    roles = _named(raw, columns.role, flag="--role") if columns.role else None
    said: dict[str, list[Said]] = {}
    for at, line in enumerate(raw.lines):
        group = str(raw.columns[dialogue][at])
        role = "user" if roles is None else _ROLES.get(str(raw.columns[roles][at] or "").casefold())
        text = as_text(raw.columns[chosen["text"]][at])
        if role is None:
            faults.append(
                Fault(line, f"the role {raw.columns[roles or ''][at]!r} is none of {', '.join(filter(None, _ROLES))}")
            )
        elif text is None or not text.strip():
            faults.append(Fault(line, f"the text ({chosen['text']!r}) is empty or no text"))
        else:
            label = (as_text(raw.columns[chosen["label"]][at]) or "").strip()
            before = said.setdefault(group, [])
            if label and role == "user":
                yield Example(text, (label,), tuple(before), group)
            before.append(Said(role, text))


def _read_histories(
    raw: RawRows, chosen: Mapping[str, str], columns: Columns, faults: list[Fault]
) -> Iterator[Example]:
    del columns
    for at, line in enumerate(raw.lines):
        text, label = (as_text(raw.columns[chosen[role]][at]) or "" for role in ("text", "label"))
        history = _said(raw.columns[HISTORY][at])
        if not text.strip() or not label.strip():
            faults.append(Fault(line, "the text or the label is empty"))
        elif history is None:
            faults.append(Fault(line, 'history is no list of {"role": "user" or "bot", "text": "..."}'))
        else:
            first = history[0].text if history else text
            yield Example(text, (label,), history, hashlib.sha256(first.encode()).hexdigest()[:16])


def _said(value: Any) -> tuple[Said, ...] | None:
    found = []
    for one in [] if value in (None, "") else value if isinstance(value, list) else [None]:
        told = one if isinstance(one, Mapping) else {}
        role, text = _ROLES.get(str(told.get("role", "?")).casefold()), told.get("text")
        if role is None or not isinstance(text, str):
            return None
        found.append(Said(role, text))
    return tuple(found)


def _named(raw: RawRows, name: str, *, flag: str) -> str:
    if name not in raw.columns:
        has = ", ".join(map(repr, raw.columns))
        raise DataError(f"has no column {name!r}; it has {has}.", where=raw.file, todo=f"Name it: {flag} COLUMN.")
    return name


def _part(group: str) -> Part:
    drawn = int.from_bytes(hashlib.sha256(group.encode()).digest()[:4], "big") % 10
    return "test" if drawn < 2 else "validation" if drawn == 2 else "train"
