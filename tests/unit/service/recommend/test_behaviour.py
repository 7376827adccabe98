"""What users did, as the next answer sees it."""

from __future__ import annotations

import pytest

from trivet_recommend.behaviour import LONGEST, POPULAR_FOR_S, Behaviour
from trivet_recommend.store import Event


def behaviour_of(*steps: tuple[str, str, float], event: str = "view") -> Behaviour:
    behaviour = Behaviour()
    for at, (user, item, time) in enumerate(steps):
        behaviour.record(Event(str(at), user, item, event, 1.0, time))
    return behaviour


def test_a_history_is_in_order_of_time_whatever_order_it_came_in():
    behaviour = behaviour_of(("u", "late", 3.0), ("u", "early", 1.0), ("u", "middle", 2.0))
    assert [seen.item for seen in behaviour.history("u")] == ["early", "middle", "late"]


def test_a_history_keeps_only_its_latest_part():
    behaviour = behaviour_of(*(("u", f"i{at}", float(at)) for at in range(LONGEST + 50)))
    assert len(behaviour.history("u")) == LONGEST
    assert behaviour.history("u")[-1].item == f"i{LONGEST + 49}"


def test_items_of_one_history_go_together_by_cosine():
    behaviour = behaviour_of(("u", "a", 1.0), ("u", "b", 2.0), ("v", "a", 1.0), ("v", "b", 2.0), ("w", "b", 1.0))
    assert behaviour.companions("a") == {"b": pytest.approx(2 / (2 * 3) ** 0.5)}
    assert behaviour.companions("b") == {"a": pytest.approx(2 / (2 * 3) ** 0.5)}


def test_steps_far_apart_do_not_go_together():
    behaviour = behaviour_of(*(("u", f"i{at}", float(at)) for at in range(8)))
    assert "i7" in behaviour.companions("i2")
    assert "i7" not in behaviour.companions("i1")


def test_an_item_does_not_go_with_itself():
    assert behaviour_of(("u", "a", 1.0), ("u", "a", 2.0)).companions("a") == {}


def test_what_is_disliked_goes_with_nothing_and_is_not_popular():
    behaviour = behaviour_of(("u", "a", 1.0), ("u", "b", 2.0), event="dislike")
    assert behaviour.companions("a") == {}
    assert behaviour.popular() == []
    assert [seen.weight for seen in behaviour.history("u")] == [-1.0, -1.0]


def test_later_events_make_an_item_more_popular_than_older_ones():
    behaviour = behaviour_of(("u", "old", 0.0), ("v", "old", 0.0), ("w", "new", 3 * POPULAR_FOR_S))
    assert behaviour.popularity("new") == 1.0
    assert 0.0 < behaviour.popularity("old") < 1.0
    assert behaviour.popularity("unknown") == 0.0


def test_an_unknown_user_has_no_history():
    assert Behaviour().history("u") == []
