"""A webhook of Chatwoot, read: a message that is the bot's to answer, or why it is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from trivet_service.limits import MAX_CHARACTERS

# A message is one of a customer: the name, or the number that older versions send.
_INCOMING = ("incoming", 0)


@dataclass(frozen=True)
class Incoming:
    """A message of a customer: `message` and `conversation` are Chatwoot's numbers, the latter as its API takes it.

    `labels` are those of the conversation, None: not told; `attributes` its custom ones. Both are replaced as a whole
    by Chatwoot, so what is added has to come with what is there.
    """

    message: int
    conversation: int
    text: str
    labels: tuple[str, ...] | None
    attributes: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """What a row keeps of it."""
        return asdict(self) | {"labels": None if self.labels is None else list(self.labels)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Incoming:
        """What a row has kept."""
        labels = kept["labels"]
        return cls(**{**kept, "labels": None if labels is None else tuple(labels)})


@dataclass(frozen=True)
class Passed:
    """A webhook with nothing to answer, and why."""

    why: str


def account_of(payload: Mapping[str, Any]) -> int | None:
    """The number of the account that a webhook comes from."""
    return _number(_part(payload, "account").get("id"))


def read_webhook(payload: Mapping[str, Any], *, inbox_ids: tuple[int, ...]) -> Incoming | Passed:
    """The message that a webhook brings, if it is the bot's: of a customer, in a conversation that is `pending`.

    Also the choice that a customer has made among the buttons of an earlier reply (`submitted_values`).
    """
    event = payload.get("event")
    chosen = _chosen(payload) if event == "message_updated" else None
    if event != "message_created" and chosen is None:
        return Passed("event")
    if chosen is None and payload.get("message_type") not in _INCOMING:
        return Passed("not of a customer")
    if payload.get("private"):
        return Passed("private")
    conversation = _part(payload, "conversation")
    if conversation.get("status") != "pending":
        return Passed("not pending")
    inbox = _number(_part(payload, "inbox").get("id"))
    if inbox_ids and inbox not in inbox_ids:
        return Passed("inbox")
    message = _number(payload.get("id"))
    shown = _number(conversation.get("display_id")) or _number(conversation.get("id"))
    if message is None or shown is None:
        return Passed("no number")
    text = chosen if chosen is not None else payload.get("content")
    labels, attributes = conversation.get("labels"), conversation.get("custom_attributes")
    return Incoming(
        message=message,
        conversation=shown,
        text=text.replace("\x00", "")[:MAX_CHARACTERS] if isinstance(text, str) else "",
        labels=tuple(one for one in labels if isinstance(one, str)) if isinstance(labels, list) else None,
        attributes=attributes if isinstance(attributes, dict) else {},
    )


def _chosen(payload: Mapping[str, Any]) -> str | None:
    values = _part(payload, "content_attributes").get("submitted_values")
    first = values[0] if isinstance(values, list) and values else None
    value = first.get("value") if isinstance(first, dict) else None
    return value if isinstance(value, str) else None


def _part(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = payload.get(name)
    return part if isinstance(part, dict) else {}


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**62 else None
