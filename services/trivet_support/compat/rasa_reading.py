"""What is made of a message, as Rasa's clients read it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from trivet_support.compat.rasa_schemas import RasaEntity, RasaIntent, RasaParsed

if TYPE_CHECKING:
    from trivet_support.schemas import Intent, Parsed

FALLBACK = "nlu_fallback"
# As many as Rasa ranks (LABEL_RANKING_LENGTH).
_RANKED = 10
# What stands between a retrieval intent and the response that is meant: `faq/opening_hours`.
_OF = "/"
# /intent@0.9{"entity": "value"}
_PAYLOAD = re.compile(r"/(?P<name>[^{@]+)(?P<confidence>@[0-9.]+)?(?P<entities>\{.+\})?.*", re.DOTALL)
_NAME = re.compile(r"[^\s/][^\s]*")


def say_as_rasa(parsed: Parsed, text: str, *, labels: Collection[str]) -> RasaParsed:
    """The shape of `POST /model/parse`; `labels` are all that the model knows.

    `nlu_fallback` comes first where the decision is another than to answer, as FallbackClassifier puts it, and the
    rest follows as it was ranked (rasa/nlu/classifiers/fallback_classifier.py at 0640bc0 and in 3.x). Rasa gives it its
    threshold as confidence; ours is the chance that the likeliest intent is wrong.
    """
    bases = {label.partition(_OF)[0] for label in labels if _OF in label}
    ranking = _by_base(parsed.ranking)[:_RANKED]
    if parsed.decision != "answer":
        ranking = [RasaIntent(name=FALLBACK, confidence=round(1.0 - parsed.intent.confidence, 4)), *ranking]
    entities = [
        RasaEntity(
            entity=one.entity,
            start=one.start,
            end=one.end,
            value=one.value,
            confidence_entity=one.confidence,
            extractor=one.extractor,
        )
        for one in parsed.entities
    ]
    return RasaParsed(
        text=text,
        intent=ranking[0],
        entities=entities,
        intent_ranking=ranking,
        response_selector=_select(parsed.ranking, bases) if bases else None,
    )


def say_nothing(text: str) -> RasaParsed:
    """What Rasa makes of a message without a word."""
    return RasaParsed(text=text, intent=RasaIntent(name=None, confidence=0.0), entities=[], intent_ranking=[])


def read_payload(text: str, *, labels: Collection[str]) -> RasaParsed | None:
    """A message that a button has sent, such as `/book{"people": 2}`, which needs no model; None: it is none.

    As `unpack_regex_message` of Rasa reads it (rasa/shared/core/training_data/story_reader/yaml_story_reader.py). It
    asks the domain whether there is the intent; a name that the model never learnt counts here if it holds no space.
    """
    text = text.strip()
    found = _PAYLOAD.fullmatch(text)
    if found is None:
        return None
    name = found["name"].strip()
    known = {*labels, *(label.partition(_OF)[0] for label in labels)}
    if name not in known and not _NAME.fullmatch(name):
        return None
    intent = RasaIntent(name=name, confidence=_confidence(found["confidence"]))
    start, end = found.span("entities")
    entities = [
        RasaEntity(entity=kind, start=start, end=end, value=value) for kind, value in _entities(found["entities"])
    ]
    return RasaParsed(text=text, intent=intent, entities=entities, intent_ranking=[intent])


def _by_base(ranking: Sequence[Intent]) -> list[RasaIntent]:
    """The ranking with one entry a retrieval intent, whose chance is the sum of its responses'."""
    chances: dict[str, float] = {}
    for one in ranking:
        base = one.name.partition(_OF)[0]
        chances[base] = chances.get(base, 0.0) + one.confidence
    ordered = sorted(chances.items(), key=lambda pair: -pair[1])
    return [RasaIntent(name=name, confidence=round(min(1.0, chance), 4)) for name, chance in ordered]


def _select(ranking: Sequence[Intent], bases: Collection[str]) -> dict[str, Any]:
    """What ResponseSelector says: of every retrieval intent its responses, the likeliest first."""
    found: dict[str, Any] = {"all_retrieval_intents": sorted(bases)}
    for base in sorted(bases):
        mine = [one for one in ranking if one.name.startswith(base + _OF)]
        total = sum(one.confidence for one in mine) or 1.0
        ranked = [
            {"confidence": round(one.confidence / total, 4), "intent_response_key": one.name} for one in mine[:_RANKED]
        ]
        first = ranked[0] if ranked else {"confidence": 0.0, "intent_response_key": None}
        response = {"responses": [], **first, "utter_action": f"utter_{first['intent_response_key']}"}
        found[base] = {"response": response, "ranking": ranked}
    return found


def _confidence(text: str | None) -> float:
    if text is None:
        return 1.0
    try:
        return min(1.0, float(text[1:]))
    except ValueError:
        return 0.0


def _entities(text: str | None) -> list[tuple[str, Any]]:
    try:
        told = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return []
    pairs = told.items() if isinstance(told, dict) else ()
    return [(kind, value) for kind, given in pairs for value in (given if isinstance(given, list) else [given])]
