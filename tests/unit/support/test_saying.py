"""What a tenant's own words say: to one intent, to several, on an occasion, and what is asked for."""

from __future__ import annotations

from trivet_support.answers.reply_set import Replies, ReplySet
from trivet_support.answers.saying import Saying
from trivet_support.desk.desk import Desk


def saying(*, last="", language="en", **variables):
    sets = {
        "order": {"variants": [{"text": "Order {order}.", "buttons": [{"title": "Track", "payload": "t"}]}]},
        "refund": {"variants": [{"text": "Refunds take a week."}]},
        "@fall_back": {"variants": [{"text": "Pardon?", "language": "en"}]},
    }
    desk = Desk({name: Replies(ReplySet.model_validate(one)) for name, one in sets.items()})
    return Saying(desk, variables, language, "", last)


def test_two_intents_get_both_their_replies_or_none_together():
    [both] = saying(order="1").about_all(["order", "refund"])
    assert (both.text, [one.title for one in both.buttons]) == ("Order 1.\n\nRefunds take a week.", ["Track"])
    assert list(saying().about_all(["order", "refund"])) == []
    assert list(saying(order="1").about_all(["order"])) == []
    assert list(saying(order="1").about_all(["order", "unknown"])) == []


def test_what_is_missing_is_asked_for_once():
    [asked] = saying().ask("order")
    assert (asked.kind, asked.text, asked.asks_for) == ("clarify", "Could you tell me the order, please?", "order")
    assert list(saying(last=asked.text).ask("order")) == []
    assert list(saying(order="1").ask("order")) == []
    assert list(saying().ask("refund")) == []


def test_a_tenants_own_words_come_before_those_of_the_house():
    own, house = saying().on("fall_back")
    assert (own.kind, own.text) == ("fall_back", "Pardon?")
    assert (house.kind, house.text != "Pardon?") == ("fall_back", True)
    [only] = saying(language="zh").on("hand_over")
    assert only.text == "我为您转接人工客服。"
