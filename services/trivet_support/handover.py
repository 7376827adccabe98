"""What a person who takes a dialogue over should know: drawn from its messages, the same every time, redacted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from trivet_service.privacy.redaction import redact
from trivet_support.asking import was_asked
from trivet_support.handover_schemas import HandOver, HandOverReason, Named, Seen
from trivet_support.phrases import title_of

if TYPE_CHECKING:
    from trivet_support.dialogue import Memory
    from trivet_support.schemas import Parsed
    from trivet_support.sessions import Kept
    from trivet_support.turn import Turn

_QUOTED = 160
_REASONS: dict[HandOverReason, dict[str, str]] = {
    "unsure": {"en": "it is not sure enough what is wanted", "zh": "无法确定客户的需求"},
    "asked_twice": {"en": "asking once did not settle what is meant", "zh": "追问一次后仍不清楚客户的意思"},
    "rule": {"en": "a business rule says so", "zh": "业务规则要求转人工"},
}


def summarise(parsed: Parsed, turn: Turn, memory: Memory) -> Parsed:
    """The answer with a summary of the dialogue in it, where a person is to take that over."""
    if parsed.decision != "hand_over" or not memory.session:
        return parsed
    language = "zh" if (parsed.language or turn.language).startswith("zh") else "en"
    reason = _reason(parsed, memory)
    texts = [*(kept.text for kept in memory.turns), redact(turn.text)]
    seen, named = _seen(memory.turns, parsed), _named(memory.turns, parsed)
    told = HandOver(
        reason=reason,
        summary=_tell(texts, seen, named, _REASONS[reason][language], language=language),
        intents_seen=seen,
        entities=named,
        turns=len(texts),
    )
    return parsed.model_copy(update={"handover": told})


def _reason(parsed: Parsed, memory: Memory) -> HandOverReason:
    if any(fired.effect in ("hand_over", "escalate") for fired in parsed.rules):
        return "rule"
    return "asked_twice" if was_asked(memory) else "unsure"


def _seen(turns: Sequence[Kept], parsed: Parsed) -> list[Seen]:
    """The intents in the order in which they first came up; each with the highest confidence it had."""
    best: dict[str, float] = {}
    answered: set[str] = set()
    for made in (kept.made for kept in turns if kept.made["decision"] != "out_of_scope"):
        best[made["intent"]] = max(made["confidence"], best.get(made["intent"], 0.0))
        answered |= {made["intent"]} if made["decision"] == "answer" else set()
    best[parsed.intent.name] = max(parsed.confidence, best.get(parsed.intent.name, 0.0))
    return [Seen(name=name, confidence=chance, answered=name in answered) for name, chance in best.items()]


def _named(turns: Sequence[Kept], parsed: Parsed) -> list[Named]:
    """What was named, each once, the latest value of its kind last."""
    found = {(one["entity"], one["value"]): None for kept in turns for one in kept.made.get("entities", [])}
    found |= {(one.entity, redact(str(one.value))): None for one in parsed.entities}
    return [Named(entity=entity, value=value) for entity, value in found]


def _tell(texts: Sequence[str], seen: Sequence[Seen], named: Sequence[Named], reason: str, *, language: str) -> str:
    """A few sentences in the order in which a person asks: how long, what first, what of it, what last, why me."""
    answered = [title_of(one.name).lower() for one in seen if one.answered]
    open_ones = [title_of(one.name).lower() for one in seen if not one.answered]
    values = [f"{one.entity} {one.value}" for one in named]
    if language == "zh":
        parts = [f"共{len(texts)}条消息。", f"首条: \u201c{_quote(texts[0])}\u201d。"]
        parts += [f"已回答: {'、'.join(answered)}。"] if answered else []
        parts += [f"待确认: {'、'.join(open_ones)}。"] if open_ones else []
        parts += [f"提到: {'、'.join(values)}。"] if values else []
        parts += [f"最后: \u201c{_quote(texts[-1])}\u201d。"] if len(texts) > 1 else []
        return "".join([*parts, f"转人工原因: {reason}。"])
    parts = [f"{len(texts)} message{'s' if len(texts) > 1 else ''}.", f'First: "{_quote(texts[0])}".']
    parts += [f"Answered: {', '.join(answered)}."] if answered else []
    parts += [f"Perhaps wanted: {', '.join(open_ones)}."] if open_ones else []
    parts += [f"Named: {', '.join(values)}."] if values else []
    parts += [f'Last: "{_quote(texts[-1])}".'] if len(texts) > 1 else []
    return " ".join([*parts, f"Handed over because {reason}."])


def _quote(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _QUOTED else f"{plain[: _QUOTED - 3]}..."
