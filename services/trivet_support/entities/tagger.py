"""A model that was trained to find entities, beside the one that tells intents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trivet.answers.tagging import TaggingAnswer, TaggingFacts
from trivet_support.entities.entity import Entity

if TYPE_CHECKING:
    from trivet_service.model import Model
    from trivet_service.models import Models

# The name under which it is served: `--model support-entities=FOLDER`, or what is live under it.
COMPANION = "support-entities"


@dataclass(frozen=True)
class Tagger:
    """A model of the task tagging."""

    model: Model

    @property
    def types(self) -> tuple[str, ...]:
        """The entities that it was trained to find."""
        facts = self.model.artifact.facts
        assert isinstance(facts, TaggingFacts), "checked when it was opened"
        return facts.types

    async def find(self, texts: Sequence[str]) -> list[Sequence[Entity]]:
        """The entities of each text. Raises as `Model.read_many`; a text that fails has none."""
        answers = await self.model.read_many(texts, top=1)
        return [_entities(one) if isinstance(one, TaggingAnswer) else () for one in answers]


def open_tagger(models: Models) -> Tagger | None:
    """The tagger that is served beside the models, if one is."""
    model = models.beside(COMPANION)
    if model is None or not isinstance(model.artifact.facts, TaggingFacts):
        return None
    return Tagger(model)


def _entities(answer: TaggingAnswer) -> list[Entity]:
    return [
        Entity(
            entity=span.label,
            value=span.text,
            text=span.text,
            start=span.start,
            end=span.end,
            confidence=round(span.confidence, 4),
            extractor="model",
        )
        for span in answer.spans
    ]
