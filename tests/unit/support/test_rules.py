"""Business rules: which applies, in what order, and which sets of them are refused."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from trivet.errors import InputError
from trivet_support.rules.condition import Situation
from trivet_support.rules.rule import RuleSet
from trivet_support.rules.rulebook import read_rules
from trivet_support.rules.wording import fold, has_phrase

OFFICE = {
    "name": "office",
    "zone": "Europe/Berlin",
    "days": {"monday": ["09:00-12:30", "13:30-17:00"], "sunday": ["22:00-24:00"]},
    "holidays": ["12-25", "2026-11-23"],
}


def rule(name, do="hand_over", *, priority=0, when=None, **then):
    return {"name": name, "because": "so.", "priority": priority, "when": when or {}, "then": {"do": do, **then}}


def book(*rules, hours=()):
    return read_rules(RuleSet.model_validate({"rules": list(rules), "hours": list(hours)}))


def here(text="where is my card", *, intent="card", confidence=0.9, decision="answer", now=0.0, **known):
    return Situation(text=text, intent=intent, confidence=confidence, decision=decision, now=now, **known)


def fired(found, situation):
    return [(one.name, one.effect) for one in found.judge(situation).fired]


def moment(*parts):
    return datetime(*parts, tzinfo=UTC).timestamp()


def test_the_rule_of_highest_priority_decides_alone():
    found = book(
        rule("low", "fall_back", when={"words": ["card"]}), rule("high", priority=9, when={"words": ["where"]})
    )
    assert fired(found, here()) == [("high", "hand_over")]
    assert fired(found, here("my card")) == [("low", "fall_back")]


def test_of_equal_priority_the_first_decides():
    found = book(rule("one", "fall_back", when={"words": ["card"]}), rule("two", when={"words": ["where"]}))
    assert fired(found, here()) == [("one", "fall_back")]


def test_a_forced_intent_is_what_rules_of_less_priority_see():
    found = book(
        rule("blocked", "force_intent", intent="fraud", priority=5, when={"words": ["stolen"]}),
        rule("fraud", "escalate", urgency="urgent", when={"intents": ["fraud"]}),
    )
    ruling = found.judge(here("my card was stolen"))
    assert (ruling.intent, ruling.decision) == ("fraud", "hand_over")
    assert [one.urgency for one in ruling.fired] == [None, "urgent"]
    assert fired(found, here()) == []


def test_phrases_stay_forbidden_whatever_else_is_decided():
    found = book(rule("person", priority=5), rule("no", "forbid_phrases", phrases=["Guaranteed", "by tomorrow"]))
    ruling = found.judge(here())
    assert ruling.ban_on(["It is GUARANTEED to come"]).fired.name == "no"
    assert ruling.ban_on(["by\u00a0 tomorrow"]) is not None
    assert ruling.ban_on(["unguaranteed", "by tomorrows"]) is None


def test_every_condition_has_to_hold():
    when = {
        "words": ["card"],
        "pattern": "^where",
        "intents": ["card"],
        "entities": ["order"],
        "languages": ["en"],
        "channels": ["web"],
        "decisions": ["answer"],
        "confidence_below": 0.95,
        "turns_from": 2,
    }
    found = book(rule("all", when=when))
    known = {"entities": frozenset({"order"}), "language": "en", "channel": "web", "turn": 2}
    assert fired(found, here(**known))
    for name, other in {"entities": frozenset(), "language": "zh", "channel": "app", "turn": 1}.items():
        assert not fired(found, here(**known | {name: other})), name
    assert not fired(found, here("a card", **known))
    assert not fired(found, here(confidence=0.95, **known))


@pytest.mark.parametrize(
    ("text", "phrase", "found"),
    [
        ("Ich möchte eine ÜBERWEISUNG", "überweisung", True),
        ("überweisungen", "überweisung", False),
        ("sue   you", "sue you", True),
        ("issue", "sue", False),
        ("我要投诉你们", "投诉", True),
        ("c++?", "c++", True),
        ("ｌａｗｙｅｒ", "lawyer", True),
    ],
)
def test_words_are_whole_whatever_their_case_and_script(text, phrase, found):
    assert has_phrase(fold(text), fold(phrase)) is found


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        (moment(2026, 11, 30, 8, 0), True),
        (moment(2026, 11, 30, 7, 59), False),
        (moment(2026, 11, 30, 11, 30), False),
        # In summer Berlin is two hours ahead.
        (moment(2026, 7, 6, 7, 0), True),
        (moment(2026, 11, 23, 9, 0), False),
        (moment(2028, 12, 25, 9, 0), False),
        (moment(2026, 11, 29, 22, 59), True),
        (moment(2026, 11, 29, 23, 0), False),
    ],
)
def test_hours_are_those_of_the_zone_but_on_holidays(now, is_open):
    found = book(rule("closed", "reply", text="We are closed.", when={"outside": "office"}), hours=[OFFICE])
    assert bool(fired(found, here(now=now))) is not is_open


@pytest.mark.parametrize(
    ("hours", "where"),
    [
        ({"zone": "Mars/Olympus"}, "/hours/0/zone"),
        ({"zone": "../../etc/passwd"}, "/hours/0/zone"),
        ({"days": {"monday": ["22:00-06:00"]}}, "/hours/0/days/monday/0"),
        ({"days": {"monday": ["9-17"]}}, "/hours/0/days/monday/0"),
        ({"days": {"monday": ["09:00-24:30"]}}, "/hours/0/days/monday/0"),
        ({"days": {"monday": []}}, "/hours/0/days"),
        ({"holidays": ["31.12."]}, "/hours/0/holidays/0"),
        ({"holidays": ["2026-02-30"]}, "/hours/0/holidays/0"),
    ],
)
def test_hours_that_cannot_be_are_refused(hours, where):
    with pytest.raises(InputError) as caught:
        book(hours=[OFFICE | hours])
    assert caught.value.where == where


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (rule("a"), rule("b", "fall_back"), "contradict each other"),
        (
            rule("a", when={"words": ["Card", "pin"]}),
            rule("b", "fall_back", when={"words": ["pin", "card"]}),
            "contradict",
        ),
        (rule("a"), rule("b"), "are the same"),
        (rule("a", "force_intent", intent="x"), rule("b", "force_intent", intent="y"), "contradict each other"),
        (rule("a", priority=1), rule("b", "fall_back", when={"words": ["x"]}), "can never fire"),
        (
            rule("b", "fall_back", when={"turns_from": 5}),
            rule("a", priority=1, when={"turns_from": 3}),
            "can never fire",
        ),
        (
            rule("a", priority=1, when={"confidence_below": 0.5}),
            rule("b", "reply", text="Hm.", when={"confidence_below": 0.4, "channels": ["web"]}),
            "can never fire",
        ),
    ],
)
def test_contradictory_rules_are_refused_with_both_names(first, second, said):
    with pytest.raises(InputError, match=said) as caught:
        book(first, second)
    assert "'a'" in caught.value.what
    assert "'b'" in caught.value.what


def test_a_rule_that_is_open_and_closed_at_once_can_never_fire():
    with pytest.raises(InputError, match="open and closed at once"):
        book(rule("never", when={"within": "office", "outside": "office"}), hours=[OFFICE])


@pytest.mark.parametrize(
    "rules",
    [
        (rule("a", when={"words": ["x"]}), rule("b", "fall_back", when={"words": ["y"]})),
        (rule("a", priority=1, when={"words": ["x"]}), rule("b", "fall_back")),
        (rule("a"), rule("b", "forbid_phrases", phrases=["x"])),
        (rule("a", "forbid_phrases", phrases=["x"]), rule("b", "forbid_phrases", phrases=["y"])),
        # The forced intent makes the later one fire where the earlier has not.
        (
            rule("a", priority=2, when={"intents": ["fraud"]}),
            rule("f", "force_intent", intent="fraud", priority=1, when={"words": ["stolen"]}),
            rule("b", "fall_back", when={"intents": ["fraud"], "languages": ["zh"]}),
        ),
    ],
)
def test_rules_that_can_both_fire_are_taken(rules):
    assert len(book(*rules)) == len(rules)


@pytest.mark.parametrize(
    ("broken", "where"),
    [
        (rule("a", when={"pattern": "(?=x)"}), "/rules/0/when/pattern"),
        (rule("a", when={"pattern": "(a"}), "/rules/0/when/pattern"),
        (rule("a", when={"within": "office"}), "/rules/0/when/within"),
        (rule("a", "reply", text="Hi {name"), "/rules/0/then/text"),
    ],
)
def test_a_rule_that_cannot_be_read_points_at_its_place(broken, where):
    with pytest.raises(InputError) as caught:
        book(broken)
    assert caught.value.where == where


def test_a_hundred_rules_cost_a_message_less_than_a_millisecond_and_no_pattern_takes_forever():
    found = book(
        *(rule(f"r{at}", priority=at, when={"words": [f"word{at}", f"other {at}"]}) for at in range(98)),
        rule("greedy", priority=200, when={"pattern": "(a+)+$"}),
        rule("wide", priority=199, when={"pattern": "(x|xx)*y"}),
    )
    began = time.perf_counter()
    for _ in range(100):
        found.judge(here())
    assert (time.perf_counter() - began) / 100 < 0.005
    began = time.perf_counter()
    found.judge(here("a" * 50_000 + "!" + "x" * 50_000))
    assert time.perf_counter() - began < 2.0
