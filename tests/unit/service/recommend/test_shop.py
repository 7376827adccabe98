"""The ladder: a history, else a session, else what is popular, else what is new."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trivet.answers.similarity import Shares
from trivet_recommend.catalogue import Placement
from trivet_recommend.shop import Shop
from trivet_recommend.store import Event, Item

# Three kinds of things, each kind in a direction of its own.
KINDS = ("shoe", "tent", "lamp")


class Stocked(Shop):
    """A shop with the one placement that it is asked over."""

    def __init__(self) -> None:
        super().__init__()
        self.placement = Placement(8, Shares(1.0, 0.3, 0.5))


def shop_of(per_kind: int = 4) -> Stocked:
    shop = Stocked()
    items, vectors = [], []
    rng = np.random.default_rng(0)
    for at, kind in enumerate(KINDS):
        for number in range(per_kind):
            items.append(Item(f"{kind}{number}", f"{kind} {number}", kind.title(), f"{kind}, outdoor", float(number)))
            vectors.append(np.eye(8)[at] + 0.1 * rng.normal(size=8))
    matrix = np.asarray(vectors, dtype=np.float32)
    shop.describe(items)
    shop.placement.place(items, matrix / np.linalg.norm(matrix, axis=1, keepdims=True), shop=shop)
    return shop


def event(user: str, item: str, *, time: float = 0.0, kind: str = "view") -> Event:
    return Event(f"{user}-{item}-{time}", user, item, kind, 1.0, time)


def ask(shop: Stocked, **changes):
    asked = {"user": "", "session": (), "n": 3, "excluded": (), "category": ""} | changes
    choice = shop.recommend(shop.placement.index, shop.placement.shares, **asked)
    return choice.rung, [pick.item for pick in choice.picks], choice.picks


def test_a_user_gets_what_is_like_their_history_but_not_what_they_had():
    shop = shop_of()
    shop.record([event("u", "tent0")])
    rung, items, picks = ask(shop, user="u")
    assert rung == "personal"
    assert sorted(items) == ["tent1", "tent2", "tent3"]
    assert {pick.because for pick in picks} == {"tent0"}


def test_an_event_changes_the_next_answer():
    shop = shop_of()
    shop.record([event("u", "tent0")])
    before = ask(shop, user="u")[1]
    shop.record([event("u", "lamp0", time=1.0, kind="purchase"), event("u", "lamp1", time=2.0, kind="purchase")])
    after = ask(shop, user="u")[1]
    assert before != after
    assert after[0].startswith("lamp")


def test_what_others_took_together_comes_before_what_only_sounds_alike():
    shop = shop_of()
    for user in "abc":
        shop.record([event(user, "tent0", time=1.0), event(user, "lamp3", time=2.0)])
    shop.record([event("u", "tent0")])
    _, items, picks = ask(shop, user="u")
    assert items[0] == "lamp3"
    assert picks[0].because == "tent0"


def test_a_visitor_gets_the_session_rung_and_an_unknown_item_tells_nothing():
    shop = shop_of()
    assert ask(shop, session=["shoe1"])[0] == "session"
    assert ask(shop, session=["shoe1"])[1][0].startswith("shoe")
    assert ask(shop, session=["nothing"])[0] == "popular"


def test_nobody_in_particular_gets_what_is_popular_then_what_is_new():
    shop = shop_of()
    shop.record([event("a", "lamp2"), event("b", "lamp2"), event("c", "shoe0")])
    rung, items, picks = ask(shop, n=4)
    assert rung == "popular"
    assert items == ["lamp2", "shoe0", "lamp3", "shoe3"]
    assert {pick.because for pick in picks} == {""}


def test_a_user_who_only_disliked_things_gets_what_is_popular_without_them():
    shop = shop_of()
    shop.record([event("a", "lamp2"), event("u", "lamp2", kind="dislike")])
    rung, items, _ = ask(shop, user="u", n=50)
    assert rung == "popular"
    assert "lamp2" not in items


def test_a_category_keeps_the_others_out():
    shop = shop_of()
    shop.record([event("u", "tent0")])
    lamps = ask(shop, user="u", category="LAMP")[1]
    assert [name[:-1] for name in lamps] == ["lamp"] * 3
    assert ask(shop, user="u", category="nothing")[1] == []
    assert ask(shop, category="shoe")[1] == ["shoe3", "shoe2", "shoe1"]


def test_an_empty_shop_recommends_nothing():
    assert ask(Stocked(), user="u") == ("popular", [], ())


@settings(max_examples=60, deadline=None)
@given(
    events=st.lists(st.tuples(st.sampled_from("uvw"), st.integers(0, 13)), max_size=25),
    excluded=st.sets(st.integers(0, 13)),
    n=st.integers(1, 20),
    user=st.sampled_from(["", "u", "x"]),
)
def test_neither_what_is_excluded_nor_what_was_had_ever_appears(events, excluded, n, user):
    shop = shop_of()
    names = [*shop.placement.index.ids(), "unknown", "other"]
    shop.record([event(who, names[at], time=float(step)) for step, (who, at) in enumerate(events)])
    barred = {names[at] for at in excluded}
    _, items, _ = ask(shop, user=user, n=n, excluded=barred)
    had = {names[at] for who, at in events if who == user}
    assert not set(items) & (barred | had)
    assert len(items) == len(set(items)) == min(n, len(set(shop.placement.index.ids()) - barred - had))


def test_scores_fall_from_first_to_last():
    shop = shop_of()
    shop.record([event("u", "tent0"), event("u", "shoe2", time=1.0)])
    scores = [pick.score for pick in ask(shop, user="u", n=10)[2]]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == pytest.approx(max(scores))


def test_a_vector_of_an_older_text_does_not_undo_a_newer_one():
    shop = shop_of()
    old, new = Item("tent0", "tent 0", "", "", 0.0), Item("tent0", "a lamp now", "", "", 0.0)
    shop.describe([new])
    shop.placement.place([new], np.eye(8, dtype=np.float32)[[2]], shop=shop)
    shop.placement.place([old], np.eye(8, dtype=np.float32)[[1]], shop=shop)
    assert shop.placement.index.vectors(["tent0"])[0].tolist() == np.eye(8)[2].tolist()
    assert (shop.placement.has_text(new), shop.placement.has_text(old)) == (True, False)
