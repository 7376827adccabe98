"""Bitext by template: questions of one template never stand on both sides, and responses become replies of ours."""

from __future__ import annotations

import numpy as np
import pytest

from trivet_support.answers.reply_set import Replies, ReplySet
from trivet_support.bitext.responses import house_facts, named_in, write_replies
from trivet_support.bitext.rows import Row, split_rows
from trivet_support.bitext.templates import find_templates
from trivet_support.measures.bitext_reply import recompute


def rows():
    verbs = {
        "cancel": ("cancel", "stop", "drop"),
        "track": ("track", "follow", "find"),
        "pay": ("pay", "settle", "owe"),
    }
    found = []
    for intent, words in verbs.items():
        for word in words:
            for frame in (
                "help me to {} order {}",
                "I want to {} order {}",
                "please {} order {}",
                "how do i {} order {}",
            ):
                for number in ("113", "8812"):
                    text = frame.format(word, number)
                    response = "Call {{Phone}} about {{Order Number Anonymized}} or {{" + intent + " Page}}."
                    found.append(Row(text, intent, "order_id", number, response))
    return found


def test_words_of_asking_numbers_forms_and_slips_make_no_other_template():
    # What stands in the questions of ten intents is how people ask.
    asked = [(f"help me with my thing {at}", f"i{at}", "", "") for at in range(10)]
    questions = [
        ("help me cancelling order 113", "cancel", "order_id", "113"),
        ("my order 8812, cancel", "cancel", "order_id", "8812"),
        *(("cancel order 1", "cancel", "order_id", "1"),) * 8,
        ("casncel order 7", "cancel", "order_id", "7"),
        *asked,
    ]
    found = find_templates(questions)
    assert set(found[:11]) == {"<order_id> cancel order"}


def test_no_template_of_an_intent_is_on_both_sides():
    every = rows()
    train, test = split_rows(every)
    told = find_templates([(row.question, row.intent, row.entity, row.value) for row in every])
    template = {(row.question, row.intent): name for row, name in zip(every, told, strict=True)}
    sides = [{(row.intent, template[row.question, row.intent]) for row in side} for side in (train, test)]
    assert len(train) + len(test) == len(every)
    assert not sides[0] & sides[1]
    assert {intent for intent, _ in sides[1]} == {"cancel", "track", "pay"}


def test_responses_become_replies_that_ask_for_most_first():
    facts = house_facts(rows())
    assert facts == {"phone": "phone"}
    plain = Row("x", "cancel", "", "", "Call {{Phone}}.")
    broken = Row("y", "cancel", "", "", "Call {{Phone}.")
    replies = write_replies([plain, broken, *rows()])["cancel"]
    assert [one["text"] for one in replies["variants"]] == [
        "Call {phone} about {order_id} or {cancel_page}.",
        "Call {phone}.",
    ]
    ready = Replies(ReplySet.model_validate(replies))
    [filled] = ready.fill(facts | {"order_id": "113"}, language="en", channel="")
    assert filled.text == "Call phone."


@pytest.mark.parametrize(
    ("row", "named"),
    [
        (Row("my Gold account", "i", "account_type", "gold", ""), {"account_type": "gold"}),
        (Row("my account", "i", "account_type", "gold", ""), {}),
        (Row("my account", "i", "", "", ""), {}),
    ],
)
def test_only_what_a_question_says_is_known_of_it(row, named):
    assert named_in(row) == named


def test_the_figure_is_computed_again_from_what_was_kept():
    kept = {"truth": ["a", "b", "a", "c"], "replied": ["a", "", "b", "c"], "kinds": []}
    assert recompute(kept) == pytest.approx(np.mean([1, 0, 0, 1]))
