"""What a customer may say to a question back."""

from __future__ import annotations

import pytest

from trivet_support.clarification import ask_about, find_pick

OPTIONS = ask_about(["card_arrival", "lost_or_stolen_card"])


@pytest.mark.parametrize(
    "text",
    [
        *(
            "the second one",
            "Second",
            "2",
            "2.",
            "option 2",
            "number two",
            "the 2nd please",
            "the latter",
            "the last one",
        ),
        *(
            "lost_or_stolen_card",
            "/lost_or_stolen_card",
            "Lost or stolen card",
            "lost or stolen card!",
            "stolen",
            "LOST",
        ),
        *(
            "it's the second one, thanks",
            "第二个",
            "第二个吧",
            "我选第二个",
            "２",
            "后者",
            "我要第二个,谢谢",
            "i mean the stolen one",
        ),
    ],
)
def test_a_choice_picks_the_second_intent(text):
    assert find_pick(text, OPTIONS) == "lost_or_stolen_card"


@pytest.mark.parametrize("text", ["the first", "1", "first one please", "the former", "arrival", "第一个", "前者"])
def test_a_choice_picks_the_first_intent(text):
    assert find_pick(text, OPTIONS) == "card_arrival"


@pytest.mark.parametrize(
    "text",
    [
        *("card", "neither", "none of these", "not the second", "both", "不是第二个", "都不是", "3", "the third one"),
        *("I want to talk to a person", "my second card has not come", "", "?!", "first of all, where is my money"),
        *("cancel the second order", "the", "one two three four"),
    ],
)
def test_what_is_no_choice_is_left_to_the_model(text):
    assert find_pick(text, OPTIONS) is None
