"""One thing that Chatwoot is told about a conversation, and how far that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

Kind: TypeAlias = Literal["reply", "open", "note", "attributes", "labels"]
# `begun`: it was sent, and nothing is known of what came of it.
State: TypeAlias = Literal["todo", "begun", "done", "skipped"]

# Where each is sent, below the conversation.
PATHS: Mapping[Kind, str] = {
    "reply": "messages",
    "open": "toggle_status",
    "note": "messages",
    "attributes": "custom_attributes",
    "labels": "labels",
}


@dataclass(frozen=True)
class Step:
    """`body` is what is sent."""

    kind: Kind
    body: Mapping[str, Any]
    state: State = "todo"

    @property
    def is_needed(self) -> bool:
        """Whether the customer is let down without it; the rest is for the people who look at Chatwoot."""
        return self.kind in ("reply", "open")

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be done about it."""
        return self.state in ("done", "skipped")


def write_steps(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """The steps as a row keeps them."""
    return [asdict(step) for step in steps]


def read_steps(kept: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    """The steps that a row has kept."""
    return tuple(Step(**one) for one in kept)
