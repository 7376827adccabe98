"""What another product's files hold, whatever their shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from trivet_support.switching.peer import Peer


@dataclass(frozen=True)
class Row:
    """A message and its intent; "" where it belongs to none."""

    text: str
    label: str = ""


@dataclass(frozen=True)
class Names:
    """What an entity may be called: its values with their other spellings, and patterns that match it."""

    entity: str
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    patterns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Imported:
    """Rows by part, what the bot's entities are, and what a peer made of the rows where that is known.

    `parts` are `train`, and where the files have them `validation`, `test`, `out_of_scope_train` and
    `out_of_scope_test`. `notes` say what was passed over, a line each.
    """

    source: str
    parts: Mapping[str, Sequence[Row]]
    entities: Sequence[Names] = ()
    peer: Peer | None = None
    notes: Sequence[str] = ()

    @property
    def labels(self) -> list[str]:
        """The intents of the rows to learn from."""
        return sorted({row.label for row in self.parts["train"]})
