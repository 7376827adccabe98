"""STAR, its customer-service dialogues: which task the customer wants now, as the person at the desk chose it.

The last message before each `select_task` of the wizard, with the task as its label; where the wizard corrects the
choice before the customer says anything more, the correction counts. What the users' guide says is left out of the
history: it tells the answer. The set has no split: by the dialogue's number modulo 10, 0 and 1 are the test, 2 is
validation.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from typing import Any

from trivet_support.dialogues.example import Dialogues, Example, Part
from trivet_support.turn import Said

ARCHIVE = "dialogues_support_1428.tar.gz"
_SAYS = ("utter", "pick_suggestion")


def read_star(read: Callable[[str], bytes]) -> Dialogues:
    """The dialogues; `read` gives the content of a file of the card."""
    parts: dict[Part, list[Example]] = {"train": [], "validation": [], "test": []}
    with tarfile.open(fileobj=io.BytesIO(read(ARCHIVE))) as archive:
        names = sorted(name for name in archive.getnames() if name.endswith(".json"))
        for name in names:
            member = archive.extractfile(name)
            assert member is not None, "a name that ends with .json is a file"
            dialogue = json.loads(member.read())
            parts[_part(int(dialogue["DialogueID"]))] += _read_dialogue(dialogue)
    return Dialogues({part: tuple(found) for part, found in parts.items()}, several=False, bot=True)


def _part(number: int) -> Part:
    return "test" if number % 10 < 2 else "validation" if number % 10 == 2 else "train"


def _read_dialogue(dialogue: dict[str, Any]) -> list[Example]:
    said: list[Said] = []
    found: dict[int, Example] = {}
    for event in dialogue["Events"]:
        if event["Action"] in _SAYS and event["Agent"] in ("User", "Wizard") and event.get("Text", "").strip():
            said.append(Said("user" if event["Agent"] == "User" else "bot", event["Text"].strip()))
        elif event["Action"] == "select_task":
            last = max((at for at, one in enumerate(said) if one.role == "user"), default=None)
            if last is not None:
                found[last] = Example(
                    said[last].text, (event["Task"],), tuple(said[:last]), str(dialogue["DialogueID"])
                )
    return list(found.values())
