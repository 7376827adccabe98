"""Schema-Guided Dialogue, its bank services: what a customer of a bank is after at each turn, both sides there.

The dialogues with a bank among their services, of the 15 files that hold most of them. A turn's label is the bank's
active intent, `other_service` while the customer is with another service, `none` between intents. Training files know
`Banks_1`; the test is the dev files, whose `Banks_2` has other slots: the intents are the same. Every tenth training
dialogue is validation.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from trivet_support.dialogues.example import Dialogues, Example
from trivet_support.turn import Said

_TRAIN = ("032", "039", "040", "064", "065", "096", "097", "098", "099")
_TEST = ("004", "005", "008", "009", "011", "012")
_BANK = "Banks_"


def read_sgd(read: Callable[[str], bytes]) -> Dialogues:
    """The dialogues; `read` gives the content of a file of the card."""
    learnt = [list(_read_dialogue(one)) for number in _TRAIN for one in _banks(read(f"train/dialogues_{number}.json"))]
    tested = [list(_read_dialogue(one)) for number in _TEST for one in _banks(read(f"dev/dialogues_{number}.json"))]
    return Dialogues(
        {
            "train": tuple(one for at, dialogue in enumerate(learnt) if at % 10 for one in dialogue),
            "validation": tuple(one for dialogue in learnt[::10] for one in dialogue),
            "test": tuple(one for dialogue in tested for one in dialogue),
        },
        several=False,
        bot=True,
    )


def _banks(content: bytes) -> list[dict[str, Any]]:
    return [one for one in json.loads(content) if any(name.startswith(_BANK) for name in one["services"])]


def _read_dialogue(dialogue: dict[str, Any]) -> Iterator[Example]:
    said: list[Said] = []
    for turn in dialogue["turns"]:
        text, is_user = turn["utterance"], turn["speaker"] == "USER"
        if is_user and text.strip():
            yield Example(text, (_label(turn["frames"]),), tuple(said), dialogue["dialogue_id"])
        said.append(Said("user" if is_user else "bot", text))


def _label(frames: list[dict[str, Any]]) -> str:
    """Where a turn has frames of two services, as when it goes from one to the other, the bank's counts."""
    active = {frame["service"]: frame["state"]["active_intent"] for frame in frames}
    bank = next((intent for service, intent in active.items() if service.startswith(_BANK)), None)
    if bank is None:
        return "other_service" if active else "none"
    return "none" if bank == "NONE" else str(bank)
