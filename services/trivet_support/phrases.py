"""What a bot says where a tenant has given it no words: in the languages that the service understands."""

from __future__ import annotations

from typing import Literal, TypeAlias

Occasion: TypeAlias = Literal["clarify", "fall_back", "hand_over"]

_SAID: dict[Occasion, dict[str, str]] = {
    "clarify": {
        "en": "Which of these do you mean?",
        "zh": "请问您指的是哪一项?",
    },
    "fall_back": {
        "en": "I am sorry, I cannot help with that. Could you put it in other words?",
        "zh": "抱歉,我帮不了这个问题。您能换一种说法吗?",
    },
    "hand_over": {
        "en": "I am passing you on to a colleague.",
        "zh": "我为您转接人工客服。",
    },
}
_ASKED = {"en": "Could you tell me the {name}, please?", "zh": "请告诉我{name}。"}


def phrase(occasion: Occasion, language: str) -> str:
    """What to say on an occasion, in English where the language has no words of its own."""
    words = _SAID[occasion]
    return words.get(language.partition("-")[0], words["en"])


def ask_for(variable: str, language: str) -> str:
    """The question for a variable, by its name as a person reads it."""
    asked = _ASKED.get(language.partition("-")[0], _ASKED["en"])
    return asked.replace("{name}", variable.replace("_", " ").strip())


def title_of(intent: str) -> str:
    """An intent's name as a person reads it: `lost_or_stolen_card` is `Lost or stolen card`."""
    words = intent.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:] if words else intent
