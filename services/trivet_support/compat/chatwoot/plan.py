"""What Chatwoot is told about a message that was understood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trivet_support.compat.chatwoot.step import Step

if TYPE_CHECKING:
    from trivet_support.compat.chatwoot.incoming import Incoming
    from trivet_support.compat.chatwoot.integration import Integration
    from trivet_support.replies import Reply, Responded
    from trivet_support.schemas import Parsed

_LABEL = "intent-"


def plan_steps(responded: Responded, incoming: Incoming, integration: Integration) -> tuple[Step, ...]:
    """Say the reply, and give the conversation to a person where that is decided; then what people should know.

    The customer comes first: whatever fails about notes and labels keeps no answer back.
    """
    parsed, reply = responded.understood.only, responded.reply
    is_handed_over = reply.kind == "hand_over"
    steps = [_say(reply)] if reply.text else []
    if is_handed_over:
        steps += plan_hand_over(_explain(parsed), integration)
    told = {"trivet_intent": parsed.intent.name, "trivet_confidence": parsed.intent.confidence}
    attributes = {**incoming.attributes, **told, "trivet_decision": parsed.decision}
    steps.append(Step("attributes", {"custom_attributes": attributes}))
    label = _LABEL + parsed.intent.name
    is_new = incoming.labels is not None and label not in incoming.labels
    if integration.label and parsed.decision == "answer" and is_new:
        steps.append(Step("labels", {"labels": [*(incoming.labels or ()), label]}))
    return tuple(steps)


def plan_hand_over(note: str, integration: Integration) -> list[Step]:
    """Give the conversation to a person, with a private note."""
    steps = [Step("open", {"status": "open"})]
    if integration.note and note:
        steps.append(Step("note", {"content": note, "message_type": "outgoing", "private": True}))
    return steps


def _say(reply: Reply) -> Step:
    body: dict[str, Any] = {"content": reply.text, "message_type": "outgoing", "private": False}
    if not reply.buttons:
        return Step("reply", body | {"content_type": "text"})
    items = [{"title": one.title, "value": one.payload} for one in reply.buttons]
    return Step("reply", body | {"content_type": "input_select", "content_attributes": {"items": items}})


def _explain(parsed: Parsed) -> str:
    """The dialogue in short, or the likeliest intents where none was remembered; and the rules that decided."""
    likely = ", ".join(f"{one.name} ({one.confidence:.0%})" for one in parsed.ranking[:3])
    told = parsed.handover.summary if parsed.handover else f"Most likely: {likely}."
    rules = "; ".join(f"{one.name}: {one.because}" if one.because else one.name for one in parsed.rules)
    return f"The bot hands this conversation over. {told}" + (f" Rules: {rules}" if rules else "")
