"""A tenant's rules, ready to be asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

from trivet.errors import InputError
from trivet_support.answers.template import read_template
from trivet_support.rules.condition import Condition, Situation
from trivet_support.rules.contradictions import find_contradictions
from trivet_support.rules.fired import Fired
from trivet_support.rules.opening import Opening, read_hours
from trivet_support.rules.rule import (
    Escalate,
    FallBack,
    ForbidAnswer,
    ForbidPhrases,
    ForceIntent,
    HandOver,
    Rule,
    RuleSet,
    SetReply,
)
from trivet_support.rules.ruling import NO_RULING, Ban, Ruling
from trivet_support.rules.wording import fold


@dataclass(frozen=True)
class _Entry:
    rule: Rule
    condition: Condition
    fired: Fired
    ban: Ban | None


class Rulebook:
    """Rules in the order in which they are asked: by priority, then as they were written.

    The first that decides ends it: none after it decides anything, but phrases stay forbidden. The same message at the
    same moment always gets the same ruling, in a time that grows with its length and the number of rules alone.
    """

    def __init__(self, entries: tuple[_Entry, ...] = ()) -> None:
        self._entries = entries

    def judge(self, here: Situation) -> Ruling:
        """What the rules say about a message."""
        ruling = NO_RULING
        is_decided = is_forced = False
        for entry in self._entries:
            then = entry.rule.then
            if entry.ban is None and (is_decided or (is_forced and isinstance(then, ForceIntent))):
                continue
            if not entry.condition.holds(here):
                continue
            ruling = _apply(entry, ruling, here)
            if entry.ban is None:
                ruling = replace(ruling, fired=(*ruling.fired, entry.fired))
            is_decided |= entry.rule.decides
            if isinstance(then, ForceIntent):
                is_forced = True
                here = replace(here, intent=then.intent, confidence=1.0, decision="answer")
        return ruling

    def __len__(self) -> int:
        return len(self._entries)


def read_rules(rules: RuleSet) -> Rulebook:
    """Rules as they can be asked.

    Raises:
        InputError: two rules have one name or contradict each other, one can never fire, or something in one is not
            what it should be; `where` points at it, `what` names the rules.
    """
    openings = _read_openings(rules)
    seen: set[str] = set()
    entries = []
    for at, rule in enumerate(rules.rules):
        if rule.name in seen:
            raise InputError(f"there are two rules {rule.name!r}.", where=f"/rules/{at}/name")
        seen.add(rule.name)
        entries.append(_read_rule(rule, openings, pointer=f"/rules/{at}"))
    for contradiction in find_contradictions(rules.rules):
        raise InputError(contradiction.what, where=f"/rules/{contradiction.at}", todo=contradiction.todo)
    return Rulebook(tuple(sorted(entries, key=lambda entry: -entry.rule.priority)))


def _read_openings(rules: RuleSet) -> dict[str, Opening]:
    openings: dict[str, Opening] = {}
    for at, hours in enumerate(rules.hours):
        if hours.name in openings:
            raise InputError(f"there are two hours {hours.name!r}.", where=f"/hours/{at}/name")
        openings[hours.name] = read_hours(hours, pointer=f"/hours/{at}")
    return openings


def _read_rule(rule: Rule, openings: dict[str, Opening], *, pointer: str) -> _Entry:
    then = rule.then
    urgency = then.urgency if isinstance(then, Escalate) else None
    fired = Fired(name=rule.name, effect=then.do, because=rule.because, urgency=urgency)
    ban = Ban(tuple(map(fold, then.phrases)), fired) if isinstance(then, ForbidPhrases) else None
    if isinstance(then, SetReply):
        read_template(then.text, pointer=f"{pointer}/then/text")
    return _Entry(rule, Condition(rule.when, openings, pointer=f"{pointer}/when"), fired, ban)


def _apply(entry: _Entry, ruling: Ruling, here: Situation) -> Ruling:
    """The ruling with a rule's effect."""
    then = entry.rule.then
    match then:
        case ForceIntent():
            return replace(ruling, intent=then.intent, decision="answer")
        case HandOver() | Escalate():
            return replace(ruling, decision="hand_over", may_answer=False)
        case FallBack():
            return replace(ruling, decision="out_of_scope", may_answer=False)
        case SetReply():
            return replace(ruling, decision="answer", reply=then.text)
        case ForbidAnswer():
            is_answered = here.decision in ("answer", "clarify")
            return replace(ruling, decision="hand_over" if is_answered else ruling.decision, may_answer=False)
        case ForbidPhrases():
            assert entry.ban is not None, "a rule that forbids phrases has them"
            return replace(ruling, bans=(*ruling.bans, entry.ban))
        case _:
            assert_never(then)
