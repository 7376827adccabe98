"""MultiDoGO: customers' turns of chats with a service desk, six domains, split by conversation.

The agent's turns are not in the files, so the history of a turn is the customer's earlier ones. Where a turn names
several intents, which 0 to 1.3 % do, the first counts. Turns without a word are left out (up to 16 of 14,000).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from trivet_support.dialogues.example import Dialogues, Example, Part
from trivet_support.turn import Said

_FILES: dict[Part, str] = {"train": "train.tsv", "validation": "dev.tsv", "test": "test.tsv"}


def read_multidogo(read: Callable[[str], bytes], domain: str) -> Dialogues:
    """The dialogues of one domain; `read` gives the content of a file of the card."""
    return Dialogues(
        {part: _read_part(read(f"{domain}/{file}")) for part, file in _FILES.items()}, several=False, bot=False
    )


def _read_part(content: bytes) -> tuple[Example, ...]:
    found: list[Example] = []
    said: list[Said] = []
    # The file quotes as CSV does: a quoted turn may hold a tab.
    for row in csv.DictReader(io.StringIO(content.decode(), newline=""), delimiter="\t"):
        group, text = row["conversationId"], row["utterance"]
        if not found or found[-1].group != group:
            said = []
        if text.strip():
            found.append(Example(text, (row["intent"].split("<div>")[0],), tuple(said), group))
            said.append(Said("user", text))
    return tuple(found)
