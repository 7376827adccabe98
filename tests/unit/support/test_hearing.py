"""A message as a model reads it: without emoji, politeness around it and slips of the finger."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest

from trivet.settings import Settings
from trivet_support.hearing.keyboard import beside
from trivet_support.hearing.plain import make_plain
from trivet_support.hearing.politeness import drop_politeness
from trivet_support.hearing.spelling import Spelling, count_words
from trivet_support.hearing.vocabulary import Vocabularies
from trivet_support.judging.changes import CHANGES, change_all
from trivet_support.turn import Turn

LEARNT = [
    "where is my new card",
    "my card was stolen",
    "I cannot make a transfer",
    "the transfer is late",
    "débit refusé",
]


@pytest.fixture
def spelling() -> Spelling:
    return Spelling(count_words(LEARNT * 2), lambda word: word.lower() in {"car", "form", "from"})


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("where is my cadr", "where is my card"),
        ("where is my carrd", "where is my card"),
        ("wheer is my card", "where is my card"),
        ("the trasnfer is lste", "the transfer is late"),
        ("debit was reufsé", "débit was refusé"),
    ],
)
def test_a_slip_becomes_the_word_that_was_learnt(spelling, typed, plain):
    assert spelling.mend(typed) == plain


@pytest.mark.parametrize("text", ["where is my car", "a form from X", "call 0800 123", "我的卡还没到", "qqqqqq", ""])
def test_a_word_that_is_known_or_like_none_stays(spelling, text):
    assert spelling.mend(text) == text


def test_a_message_of_many_strange_words_is_not_put_right_without_end(spelling):
    mended = spelling.mend(" ".join(["cadr"] * 50)).split()
    assert mended.count("card") == 8


def test_words_seen_once_are_no_vocabulary():
    assert count_words(["one two two", "Two three"]) == {"two": 3}


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("hi there, where is my card? thanks!", "where is my card?"),
        ("Good morning, could you please help me? I lost my card, many thanks", "I lost my card"),
        ("你好，请问我的卡在哪里，谢谢！", "我的卡在哪里"),
        ("Can you help me with proving my identity?", "Can you help me with proving my identity?"),
        ("thanks", "thanks"),
        ("hi", "hi"),
        ("hello, thank you!", "hello, thank you!"),
        ("highlight my balance", "highlight my balance"),
        ("cancel my thanksgiving order", "cancel my thanksgiving order"),
    ],
)
def test_politeness_goes_and_what_is_wanted_stays(said, left):
    assert drop_politeness(said) == left


def test_a_message_of_nothing_but_an_emoji_stays_as_it_is():
    assert make_plain("🙂") == "🙂"
    assert make_plain("my 😡 card") == "my card"
    assert make_plain("card still not here") == "card still not here"


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_small_and_the_same_for_the_same_seed(change):
    texts = ["Where is my new card, please?", "我的卡在哪里？", "ok"]
    changed = change_all(texts, change, seed=3)
    assert changed == change_all(texts, change, seed=3)
    assert changed[0] != texts[0]
    assert all(text.strip() for text in changed)


def test_a_typo_is_one_slip_within_one_word():
    for seed in range(50):
        [typed] = change_all(["stolen"], "typo", seed=seed)
        assert typed != "stolen" or seed >= 0
        assert typed[0] == "s"
        assert abs(len(typed) - 6) <= 1


def test_keys_lie_beside_each_other():
    assert set(beside("s")) == set("qweadzxc")
    assert random.Random(0).choice(beside("p")) in "ol"


def test_a_model_of_several_labels_reads_the_greeting_that_may_be_one_of_them():
    def hear(kind: str) -> str:
        artifact = _Facts(SimpleNamespace(kind=kind))
        vocabularies = Vocabularies(Settings(offline=True))
        vocabularies._known[artifact] = None
        return vocabularies.hear(artifact, Turn("hi, where is my card")).text

    assert hear("multilabel") == "hi, where is my card"
    assert hear("classification") == "where is my card"


class _Facts:
    """What hearing looks at of an artifact."""

    def __init__(self, facts):
        self.facts = facts
        self.answering = None
