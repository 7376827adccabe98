"""Requests and answers in the shape of Rasa's NLU server and of its REST channel (docs/static/spec/rasa.yml)."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from trivet_service.limits import MAX_CHARACTERS, Text

_PARSED: dict[str, Any] = {
    "text": "card still not here",
    "intent": {"name": "card_arrival", "confidence": 0.94},
    "entities": [],
    "intent_ranking": [{"name": "card_arrival", "confidence": 0.94}, {"name": "lost_card", "confidence": 0.03}],
}
_MAX_NAME = 255


class RasaMessage(BaseModel):
    """A message to parse; `token` is an API key, and anything else that clients send is passed over."""

    text: str | list[str] = Field(description="Of a list the first one.")
    message_id: str | None = Field(
        None,
        max_length=_MAX_NAME,
        description="Whose message it is: Rasa sends the sender. Names the dialogue, where TRIVET_RASA_HISTORY is set.",
    )

    @property
    def said(self) -> str:
        """The text itself, cut where no model reads on."""
        text = self.text if isinstance(self.text, str) else next(iter(self.text), "")
        return text[:MAX_CHARACTERS]


class RasaIntent(BaseModel):
    """An intent; `name` null: the message is empty."""

    name: str | None
    confidence: float


class RasaEntity(BaseModel):
    """Characters `start` to `end` (without) of the message, and what they mean."""

    entity: str
    start: int
    end: int
    value: Any
    confidence_entity: float | None = Field(None, exclude_if=lambda value: value is None)
    extractor: str | None = Field(None, exclude_if=lambda name: name is None)


class RasaParsed(BaseModel):
    """What Rasa's clients read of a message.

    The first of the ranking is `nlu_fallback` where the model does not answer, with what the intent lacks to
    certainty; the true ranking follows. `response_selector` is there where the model knows retrieval intents.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_PARSED]})

    text: str
    intent: RasaIntent
    entities: list[RasaEntity]
    intent_ranking: list[RasaIntent]
    response_selector: dict[str, Any] | None = Field(None, exclude_if=lambda found: found is None)


class RasaStatus(BaseModel):
    """Which model answers."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"model_id": "support/3", "model_file": "support/3", "num_active_training_jobs": 0}]
        }
    )

    model_id: str
    model_file: str
    num_active_training_jobs: int


class RasaSpoken(BaseModel):
    """A message of a customer to the bot."""

    sender: str = Field("default", min_length=1, max_length=_MAX_NAME, description="Who says it: names the dialogue.")
    message: Text


class RasaButton(BaseModel):
    """A choice; `payload` is what the client sends back."""

    title: str
    payload: str


class RasaReply(BaseModel):
    """One thing that the bot says."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"recipient_id": "u1", "text": "Cards take five days."}]})

    recipient_id: str
    text: str
    buttons: list[RasaButton] | None = Field(None, exclude_if=lambda buttons: buttons is None)
