"""What a message is that belongs to no intent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trivet.answers.classification import ClassificationAnswer, ClassificationFacts
from trivet.answers.multilabel import MultilabelAnswer, MultilabelFacts
from trivet_support.schemas import Kind
from trivet_support.small_talk import is_small_talk, knows_small_talk
from trivet_support.unreadable import is_gibberish, says_nothing

if TYPE_CHECKING:
    from trivet.artifact.artifact import Artifact
    from trivet.runtime.tokens import TextTokenizer

# How many times the threshold a foreign message is at least; where novelty is no distance, how likely its best intent
# is at most. Both chosen on the validation rows of BANKING77-OOS: decision 0024.
_FOREIGN_FROM = 1.4
_NEAR_FROM = 0.3


@dataclass(frozen=True)
class Scope:
    """Tells messages that belong to no intent of a model, by rules first and then by how foreign they are.

    `is_distance`: novelty is measured from prototypes, so that twice as much is twice as far.
    """

    facts: ClassificationFacts | MultilabelFacts
    tokenizer: TextTokenizer
    is_distance: bool

    @classmethod
    def of(cls, artifact: Artifact) -> Scope:
        """That of a model by its artifact."""
        facts = artifact.facts
        assert isinstance(facts, ClassificationFacts | MultilabelFacts), "asked of models that tell intents"
        return cls(
            facts,
            artifact.tokenizer,
            is_distance=artifact.answering.yardstick is None,
        )

    def kind_of(self, text: str, answer: ClassificationAnswer | MultilabelAnswer) -> Kind | None:
        """What a message is that belongs to no intent; None: it may be answered.

        A single letter is never answered, gibberish only where the model is as sure of it as of what it has learnt.
        """
        if says_nothing(text):
            return "unreadable"
        is_talk = is_small_talk(text)
        # Asked of small talk alone, as it looks at every label.
        if is_talk and not knows_small_talk(self.facts.labels):
            return "small_talk"
        if not self._is_foreign(answer):
            return None
        if is_gibberish(text, self._count_pieces):
            return "unreadable"
        if is_talk:
            return "small_talk"
        return "near" if self._is_near(answer) else "foreign"

    def _is_near(self, answer: ClassificationAnswer | MultilabelAnswer) -> bool:
        if self.is_distance and isinstance(answer, ClassificationAnswer) and answer.novelty is not None:
            assert isinstance(self.facts, ClassificationFacts), "answers are of the facts' kind"
            return answer.novelty < _FOREIGN_FROM * (self.facts.novelty_threshold or 0.0)
        return answer.ranking[0][1] >= _NEAR_FROM

    def _is_foreign(self, answer: ClassificationAnswer | MultilabelAnswer) -> bool:
        if isinstance(answer, MultilabelAnswer):
            return answer.decision == "none"
        assert isinstance(self.facts, ClassificationFacts), "answers are of the facts' kind"
        threshold = self.facts.novelty_threshold
        return answer.novelty is not None and threshold is not None and answer.novelty > threshold

    def _count_pieces(self, words: Sequence[str]) -> list[int]:
        return [one.tokens - self.tokenizer.bare for one in self.tokenizer.encode(list(words))]
