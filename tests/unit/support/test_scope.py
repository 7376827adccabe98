"""What a message is that belongs to no intent."""

from __future__ import annotations

import string
from collections.abc import Sequence

import pytest

from trivet.answers.classification import ClassificationAnswer, ClassificationFacts
from trivet_support.language import tell_language
from trivet_support.scope import Scope
from trivet_support.small_talk import is_small_talk
from trivet_support.unreadable import is_gibberish, says_nothing

KNOWN = {"card", "lost", "where", "is", "my", "delivery"}


def pieces(words: Sequence[str]) -> list[int]:
    """A vocabulary that knows some words, and spells the others by two letters."""
    return [1 if word.lower() in KNOWN else -(-len(word) // 2) for word in words]


class Tokenizer:
    bare = 0

    def encode(self, words):
        return [type("Encoded", (), {"tokens": count}) for count in pieces(words)]


def kind_of(text, *, novelty=0.1, labels=("card", "pin"), chance=0.99):
    facts = ClassificationFacts(labels, max_tokens=32, novelty_threshold=0.5)
    answer = ClassificationAnswer(labels[0], chance, ((labels[0], chance),), novelty, "answer", 3, truncated=False)
    return Scope(facts, Tokenizer(), is_distance=True).kind_of(text, answer)


@pytest.mark.parametrize("text", [*string.ascii_letters, "?", "7", "😀", "😀😀!", "aaaa", "...", "é"])
def test_a_single_letter_or_none_is_never_answered_however_sure_the_model_is(text):
    assert says_nothing(text)
    assert kind_of(text) == "unreadable"


@pytest.mark.parametrize("text", ["好", "はい", "네", "ok", "pin", "is my card lost"])
def test_a_syllable_of_another_script_and_a_short_word_are_read(text):
    assert not says_nothing(text)


def test_gibberish_is_what_no_vocabulary_knows():
    assert is_gibberish("sdkfjh qwert", pieces)
    assert not is_gibberish("where is my card", pieces)
    assert not is_gibberish("where is my crad", pieces)
    assert not is_gibberish("我的卡在哪里", pieces)
    assert kind_of("sdkfjhsdkf", novelty=0.6) == "unreadable"
    assert kind_of("sdkfjhsdkf", novelty=0.1) is None, "what the model has learnt is no gibberish to it"


def test_foreign_messages_are_near_or_far_by_how_many_times_the_threshold_they_are():
    assert kind_of("where is my delivery", novelty=0.4) is None
    assert kind_of("where is my delivery", novelty=0.6) == "near"
    assert kind_of("where is my delivery", novelty=0.8) == "foreign"


@pytest.mark.parametrize(
    "text", ["Hi there!", "thank you so much for your help", "ok great thanks 😊", "你好啊", "谢谢您的帮助"]
)
def test_small_talk_is_told_where_the_model_was_not_taught_it(text):
    assert is_small_talk(text)
    assert kind_of(text) == "small_talk"
    assert kind_of(text, labels=("greeting", "card")) is None


@pytest.mark.parametrize("text", ["hello, my card is lost", "你好,我的卡丢了", "good", "history", "no thanks needed"])
def test_a_greeting_in_front_of_a_wish_is_no_small_talk(text):
    assert not is_small_talk(text)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("where is my card", "en"),
        ("hi", "en"),
        ("我的iPhone坏了", "zh"),
        ("卡", "zh"),
        ("wo ist meine Karte geblieben", "other"),
        ("カードはどこですか", "other"),
        ("где моя карта", "other"),
        ("카드", "other"),
        ("12 😀", ""),
        ("\ud800 \x00", ""),
    ],
)
def test_the_language_of_a_message_is_told_by_its_script_and_then_by_its_words(text, language):
    assert tell_language(text) == language
