"""Messages that belong to no intent, by kind: those of the data set, and some that are made up."""

from __future__ import annotations

import random
import string
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trivet_support.judging.judged import Judged

TABLE = "out_of_scope_test"
_CHIT_CHAT = (
    "how was your weekend?",
    "tell me a joke",
    "do you like football?",
    "what's the meaning of life",
    "are you a robot or a real person?",
    "I am so bored today",
    "what's your favourite colour",
    "it's raining here again",
    "did you watch the game last night?",
    "lol that is funny",
    "you are very clever",
    "do you have any brothers or sisters",
    "good night, sleep well",
    "my dog just ate my homework",
    "sing me a song",
    "who is going to win the election?",
    "what should I cook tonight",
    "I just got married!",
    "how old are you?",
    "can you write a poem about autumn",
    "what time is it in Tokyo",
    "recommend me a good film",
    "I feel a bit sad this morning",
    "do you believe in aliens",
    "happy new year!",
)
_SHORT = ("ok", "?", "no", "hm", "yes", "what", "so", "1", "...", "hey", "ye", "uh", "k", "and", "why")
_GIBBERISH = 40
# Foreign rows that a quick run looks at.
QUICK = 300


def foreign_messages(judged: Judged) -> dict[str, list[str]]:
    """Messages by kind: `foreign` or what the rows call themselves, then chit-chat, gibberish and very short ones.

    `near` are of the trade but of no intent. What is made up comes last; a quick run draws fewer rows.
    """
    found: dict[str, list[str]] = {}
    for table, name in ((TABLE, "foreign"), ("out_of_scope_near_test", "near"), ("out_of_scope_far_test", "far")):
        if table not in judged.dataset.tables:
            continue
        rows = judged.dataset.frame(table)
        if judged.is_quick and len(rows) > QUICK:
            rows = rows.sample(QUICK, random_state=judged.seed)
        kinds = list(rows["kind"]) if "kind" in rows else [name] * len(rows)
        for text, kind in zip(rows["text"], kinds, strict=True):
            found.setdefault(str(kind) or name, []).append(str(text))
    return found | {"chit-chat": list(_CHIT_CHAT), "gibberish": make_gibberish(judged.seed), "very short": list(_SHORT)}


def make_gibberish(seed: int) -> list[str]:
    """Messages of keys struck at random."""
    draw = random.Random(seed)
    return [
        " ".join("".join(draw.choices(string.ascii_lowercase, k=draw.randint(3, 9))) for _ in range(draw.randint(1, 3)))
        for _ in range(_GIBBERISH)
    ]
