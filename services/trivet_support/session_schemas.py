"""What `/v1/sessions` answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from trivet_support.handover_schemas import Named

_SHOWN: dict[str, Any] = {
    "session_id": "c-33",
    "turns": [
        {
            "message_id": "m-12",
            "time": "2026-01-02T09:00:00Z",
            "text": "card still not here, write to [email]",
            "reply": "It takes up to five days.",
            "intent": "card_arrival",
            "confidence": 0.94,
            "decision": "answer",
            "entities": [],
            "options": [],
        }
    ],
    "request_id": "0b4f6c2e9d7a4f0c8a1e5d3b2c6f7a89",
}


class SessionTurn(BaseModel):
    """A message as it is remembered: redacted, with what was made of it and what was said to it."""

    message_id: str
    time: datetime
    text: str
    reply: str | None
    intent: str
    confidence: float
    decision: str
    entities: list[Named]
    options: list[str] = Field(description="The intents that were asked about, where it had to be asked.")


class SessionShown(BaseModel):
    """The messages of a dialogue, oldest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SHOWN]})

    session_id: str
    turns: list[SessionTurn]
    request_id: str


class SessionForgotten(BaseModel):
    """How many messages were removed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"session_id": "c-33", "turns": 4, "request_id": "5f2b6c0e4f7d4c0f9a3d0d9a4a3f5b11"}]
        }
    )

    session_id: str
    turns: int
    request_id: str
