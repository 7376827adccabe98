"""What the rules decide about one message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trivet_support.decision import Decision
from trivet_support.rules.fired import Fired
from trivet_support.rules.wording import first_phrase, fold
from trivet_support.schemas import Intent, Parsed, Wanted


@dataclass(frozen=True)
class Ban:
    """Phrases, folded, that a rule keeps from leaving in a reply."""

    phrases: tuple[str, ...]
    fired: Fired


@dataclass(frozen=True)
class Ruling:
    """What rules change: None and nothing where none says otherwise.

    `reply` is a template that a rule set; without `may_answer` nothing of the tenant's is said. What is forbidden to
    leave has only fired once it was about to.
    """

    intent: str | None = None
    decision: Decision | None = None
    reply: str | None = None
    may_answer: bool = True
    bans: tuple[Ban, ...] = ()
    fired: tuple[Fired, ...] = ()

    def overrule(self, parsed: Parsed) -> Parsed:
        """What was made of the message, as the rules have it.

        A forced intent is certain by declaration, and what the model promised holds for its own decisions alone.
        """
        if not self.fired:
            return parsed
        changed: dict[str, Any] = {"rules": list(self.fired)}
        if self.intent is not None:
            changed |= {"intent": Intent(name=self.intent, confidence=1.0)}
            changed |= {"intents": [Wanted(name=self.intent, confidence=1.0)]}
        if self.decision is not None:
            changed |= {"decision": self.decision}
            changed |= {} if self.decision == "answer" else {"intents": []}
        if self.is_changed:
            changed |= {"promise": None}
        return parsed.model_copy(update=changed)

    @property
    def is_changed(self) -> bool:
        """Whether it is another intent or decision than the model's."""
        return self.intent is not None or self.decision is not None

    def ban_on(self, texts: Sequence[str]) -> Ban | None:
        """The rule that keeps these texts from leaving, if one does."""
        folded = [fold(text) for text in texts] if self.bans else []
        return next((ban for ban in self.bans if any(first_phrase(text, ban.phrases) for text in folded)), None)


NO_RULING = Ruling()
