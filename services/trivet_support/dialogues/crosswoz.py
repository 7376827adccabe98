"""CrossWOZ: what Chinese travellers ask for, as triples of act, domain and slot, any number a turn; both sides there.

The full training file is over 5,000 dialogues and not among the files here: of the 500 of `val` every tenth is
validation and the rest is learnt from, the 500 of `test` are judged. A published figure of the whole training file also
finds the values of slots; here a triple is right without its value.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

from trivet_support.dialogues.example import Dialogues, Example
from trivet_support.turn import Said


def read_crosswoz(read: Callable[[str], bytes]) -> Dialogues:
    """The dialogues; `read` gives the content of a file of the card."""
    learnt, tested = _dialogues(read("val.json.zip"), "val.json"), _dialogues(read("test.json.zip"), "test.json")
    return Dialogues(
        {
            "train": tuple(one for at, dialogue in enumerate(learnt) if at % 10 for one in dialogue),
            "validation": tuple(one for dialogue in learnt[::10] for one in dialogue),
            "test": tuple(one for dialogue in tested for one in dialogue),
        },
        several=True,
        bot=True,
    )


def _dialogues(content: bytes, member: str) -> list[list[Example]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found = json.loads(archive.read(member))
    return [list(_read_dialogue(number, found[number]["messages"])) for number in found]


def _read_dialogue(number: str, messages: list[dict[str, Any]]) -> Iterator[Example]:
    said: list[Said] = []
    for message in messages:
        text, is_user = message["content"], message["role"] == "usr"
        if is_user and text.strip():
            triples = sorted({"+".join(act[:3]) for act in message["dialog_act"]})
            yield Example(text, tuple(triples), tuple(said), number)
        said.append(Said("user" if is_user else "bot", text))
