"""Templates: a reply never leaves with a hole, and what is no template is refused where it is wrong."""

from __future__ import annotations

import pytest

from trivet.errors import InputError
from trivet_support.answers.reply_set import Replies, ReplySet
from trivet_support.answers.template import read_template


def test_a_template_is_filled_once_so_that_a_value_is_never_read_as_a_template():
    template = read_template("Order {order}: {state}.", pointer="")
    assert template.fill({"order": "{state}", "state": "sent"}) == "Order {state}: sent."


def test_a_blank_value_is_missing():
    template = read_template("Dear {name}, {name}{order}", pointer="")
    assert template.missing({"name": " ", "order": "1"}) == ("name",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hi {name", "character 4 is never closed"),
        ("Hi name}", "character 8 closes nothing"),
        ("Hi {{name}}", "character 4 is never closed"),
        ("Hi {user.__class__}", "'{user.__class__}' at character 4 names no variable"),
        ("Hi {0}", "names no variable"),
        ("Hi {name!r:>10}", "names no variable"),
        ("{}", "names no variable"),
    ],
)
def test_a_broken_placeholder_is_refused_with_its_place(text, said):
    with pytest.raises(InputError, match="character") as caught:
        read_template(text, pointer="/variants/0/text")
    assert said in caught.value.what
    assert caught.value.where == "/variants/0/text"


def replies(*variants, **ask):
    return Replies(ReplySet.model_validate({"variants": list(variants), "ask": ask}))


def texts(found, variables, *, language="en", channel=""):
    return [filled.text for filled in found.fill(variables, language=language, channel=channel)]


def test_the_first_variant_whose_variables_are_known_is_used():
    found = replies({"text": "Order {order} is on its way."}, {"text": "It is on its way."})
    assert texts(found, {"order": "8812"}) == ["Order 8812 is on its way.", "It is on its way."]
    assert texts(found, {}) == ["It is on its way."]


def test_the_language_of_the_customer_comes_first_then_what_has_none():
    found = replies({"text": "Hello", "language": "en"}, {"text": "您好", "language": "zh"}, {"text": "OK"})
    assert texts(found, {}, language="zh-CN") == ["您好", "OK"]
    assert texts(found, {}, language="fr") == ["OK"]


def test_a_language_that_nobody_wrote_for_gets_another_rather_than_nothing():
    assert texts(replies({"text": "Hello", "language": "en"}), {}, language="fr") == ["Hello"]


def test_a_variant_for_a_channel_stays_there():
    found = replies({"text": "Tap below.", "channels": ["app"]}, {"text": "Call us."})
    assert texts(found, {}, channel="app") == ["Tap below.", "Call us."]
    assert texts(found, {}, channel="web") == ["Call us."]


def test_a_button_with_a_missing_variable_keeps_its_variant_back():
    found = replies({"text": "Yes.", "buttons": [{"title": "Track {order}", "payload": "track"}]})
    assert texts(found, {}) == []
    assert found.missing({}, language="en", channel="") == "order"


def test_what_is_asked_for_is_what_the_nearest_variant_lacks():
    found = replies({"text": "{a} {b}"}, {"text": "{c} {a}"}, order="Which order?")
    assert found.missing({"a": "1"}, language="en", channel="") == "b"
    assert found.question("order") == "Which order?"


def test_a_broken_button_points_at_its_title():
    with pytest.raises(InputError) as caught:
        replies({"text": "Yes.", "buttons": [{"title": "Track {", "payload": "track"}]})
    assert caught.value.where == "/variants/0/buttons/0/title"
