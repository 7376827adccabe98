"""Rules that contradict each other, and rules that can never fire."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trivet_support.rules.rule import ForceIntent, Rule, When
from trivet_support.rules.wording import fold

_LISTS = ("intents", "entities", "languages", "channels", "decisions")


@dataclass(frozen=True)
class Contradiction:
    """What is wrong with the rule at place `at`, and what to do about it."""

    at: int
    what: str
    todo: str


def find_contradictions(rules: Sequence[Rule]) -> Iterator[Contradiction]:
    """Every rule that cannot do what it says beside the others, once each; both rules are named.

    It is found where the conditions show it: two of equal priority and condition that want different things, and one
    whose condition another, asked before it, includes. That words of one rule happen to stand in texts of another is
    what priorities are for.
    """
    order = sorted(range(len(rules)), key=lambda at: -rules[at].priority)
    for later, at in enumerate(order):
        rule = rules[at]
        if rule.when.within and rule.when.within == rule.when.outside:
            what = f"the rule {rule.name!r} can never fire: {rule.when.within!r} cannot be open and closed at once."
            yield Contradiction(at, what, "Name one of the two.")
            continue
        for earlier in range(later):
            other = rules[order[earlier]]
            between = [rules[one] for one in order[earlier + 1 : later]]
            if _excludes(other, rule) and _includes(other.when, rule.when) and _sees_alike(other, between):
                yield _contradiction(at, rule, other)
                break


def _contradiction(at: int, rule: Rule, other: Rule) -> Contradiction:
    if rule.priority == other.priority and _includes(rule.when, other.when):
        if rule.then == other.then:
            what = f"the rules {other.name!r} and {rule.name!r} are the same."
            return Contradiction(at, what, "Leave one out.")
        what = (
            f"the rules {other.name!r} and {rule.name!r} contradict each other: of the same priority and condition, "
            f"one wants {other.then.do}, the other {rule.then.do}."
        )
        return Contradiction(at, what, "Give them different priorities or conditions.")
    what = f"the rule {rule.name!r} can never fire: wherever it would, {other.name!r} has decided before."
    return Contradiction(at, what, "Give it a higher priority, or narrow the condition of the other.")


def _excludes(other: Rule, rule: Rule) -> bool:
    """Whether a rule has no effect once another, asked before it, has fired."""
    if other.decides:
        # Some effects of a decision are none on some messages; see `forbid_answer`.
        return rule.decides or isinstance(rule.then, ForceIntent)
    return isinstance(other.then, ForceIntent) and isinstance(rule.then, ForceIntent)


def _sees_alike(other: Rule, between: Sequence[Rule]) -> bool:
    """Whether both rules see the same: a forced intent between them changes what the later one sees."""
    looks = other.when.intents or other.when.decisions or other.when.confidence_below is not None
    return not looks or not any(isinstance(one.then, ForceIntent) for one in between)


def _includes(wide: When, narrow: When) -> bool:
    """Whether `wide` surely holds wherever `narrow` does."""
    if wide.words and not (narrow.words and set(map(fold, narrow.words)) <= set(map(fold, wide.words))):
        return False
    for name in _LISTS:
        mine, others = getattr(wide, name), getattr(narrow, name)
        if mine and not (others and set(others) <= set(mine)):
            return False
    if wide.confidence_below is not None and not (
        narrow.confidence_below is not None and narrow.confidence_below <= wide.confidence_below
    ):
        return False
    if wide.turns_from is not None and not (narrow.turns_from is not None and narrow.turns_from >= wide.turns_from):
        return False
    return all(getattr(wide, name) in ("", getattr(narrow, name)) for name in ("pattern", "within", "outside"))
