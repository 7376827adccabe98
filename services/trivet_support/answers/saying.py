"""What a tenant's own words say to a message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from trivet_support.desk.desk import Desk
from trivet_support.phrases import Occasion, ask_for, phrase
from trivet_support.replies import Reply

# A reply set of this name stands for what the bot says on an occasion: `@hand_over`.
OWN = "@"


@dataclass(frozen=True)
class Saying:
    """A tenant's desk, and what a reply depends on besides: `last` is what the bot said before."""

    desk: Desk
    variables: Mapping[str, str]
    language: str
    channel: str
    last: str = ""

    def about(self, intent: str) -> Iterator[Reply]:
        """The replies to an intent whose variables are all known, in order."""
        if (replies := self.desk.replies.get(intent)) is not None:
            for filled in replies.fill(self.variables, language=self.language, channel=self.channel):
                yield Reply(kind="template", text=filled.text, buttons=list(filled.buttons))

    def about_all(self, intents: Sequence[str]) -> Iterator[Reply]:
        """One reply to several intents of a message, where each has one whose variables are known."""
        firsts = [next(self.about(intent), None) for intent in intents]
        found = [reply for reply in firsts if reply is not None]
        if len(found) == len(intents) > 1:
            buttons = [button for reply in found for button in reply.buttons]
            yield Reply(kind="template", text="\n\n".join(reply.text for reply in found), buttons=buttons)

    def ask(self, intent: str) -> Iterator[Reply]:
        """The question for what stands between the customer and a reply, unless it was asked a moment ago."""
        replies = self.desk.replies.get(intent)
        if replies is None:
            return
        missing = replies.missing(self.variables, language=self.language, channel=self.channel)
        if missing:
            question = replies.question(missing) or ask_for(missing, self.language)
            if question != self.last:
                yield Reply(kind="clarify", text=question, asks_for=missing)

    def on(self, occasion: Occasion) -> Iterator[Reply]:
        """What is said on an occasion: the tenant's own words, then ours."""
        for reply in self.about(f"{OWN}{occasion}"):
            yield reply.model_copy(update={"kind": occasion})
        yield Reply(kind=occasion, text=phrase(occasion, self.language))
