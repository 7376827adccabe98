"""What must hold of a message for a rule, ready to be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trivet.errors import InputError
from trivet_support.decision import Decision
from trivet_support.rules.wording import first_phrase, fold

if TYPE_CHECKING:
    from trivet_support.rules.opening import Opening
    from trivet_support.rules.rule import When

# What a pattern may take when it is compiled; what it takes to search is linear in the text.
_PATTERN_BYTES = 1 << 20


@dataclass(frozen=True)
class Situation:
    """A message as rules see it.

    `entities` are the kinds that it names, `turn` the how-manieth message of the customer it is, `now` seconds since
    1970 UTC.
    """

    text: str
    intent: str
    confidence: float
    decision: Decision
    now: float
    entities: frozenset[str] = frozenset()
    language: str = ""
    channel: str = ""
    turn: int = 1
    folded: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "folded", fold(self.text))


class Condition:
    """A rule's `when`, with its words folded and its pattern compiled."""

    def __init__(self, when: When, openings: Mapping[str, Opening], *, pointer: str) -> None:
        """Raises InputError where the pattern is none or hours are not declared; `where` points at it."""
        self._when = when
        self._words = tuple(map(fold, when.words))
        self._pattern = _compile(when.pattern, pointer=f"{pointer}/pattern") if when.pattern else None
        for name in ("within", "outside"):
            if getattr(when, name) and getattr(when, name) not in openings:
                what = f"there are no hours {getattr(when, name)!r}."
                raise InputError(what, where=f"{pointer}/{name}", todo="Declare them under `hours`.")
        self._within = openings.get(when.within)
        self._outside = openings.get(when.outside)

    def holds(self, here: Situation) -> bool:
        """Whether it holds; the cheap parts are looked at first."""
        when = self._when
        return (
            (not when.intents or here.intent in when.intents)
            and (not when.decisions or here.decision in when.decisions)
            and (not when.languages or here.language in when.languages)
            and (not when.channels or here.channel in when.channels)
            and (when.confidence_below is None or here.confidence < when.confidence_below)
            and (when.turns_from is None or here.turn >= when.turns_from)
            and (not when.entities or not here.entities.isdisjoint(when.entities))
            and (not self._words or first_phrase(here.folded, self._words) is not None)
            and (self._pattern is None or self._pattern.search(here.text) is not None)
            and (self._within is None or self._within.is_open(here.now))
            and (self._outside is None or not self._outside.is_open(here.now))
        )


def _compile(pattern: str, *, pointer: str) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = _PATTERN_BYTES
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        what = f"{pattern!r} is no regular expression of RE2: {_reason(error)}."
        raise InputError(what, where=pointer, todo="RE2 has no look-around and no back-references.") from error


def _reason(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
