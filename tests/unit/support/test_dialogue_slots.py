"""MultiDoGO's slots: a label a word becomes spans of characters."""

from __future__ import annotations

from trivet_support.dialogues.slots import hash_slots, read_rows, read_spans


def row(text: str, labels: str, *, group: str = "one") -> dict[str, str]:
    return {"conversationId": group, "utterance": text, "slot-labels": labels}


def test_neighbours_of_one_label_are_one_span():
    found = read_spans("123 e 15  is mine", ["card", "card", "name", "O", "O"])
    assert found == [{"start": 0, "end": 5, "label": "card"}, {"start": 6, "end": 8, "label": "name"}]
    assert read_spans("hi there", ["O", "O"]) == []


def test_a_turn_whose_words_and_labels_are_not_as_many_is_left_out_but_was_said():
    rows = [row("hi", "O"), row("John  Doe", "name"), row(" ", ""), row("4523", "card")]
    found = list(read_rows(rows, turns=2))
    assert [one["text"] for one in found] == ["hi", "4523"]
    assert found[1]["context"] == "hi\nJohn  Doe"


def test_a_dialogue_knows_nothing_of_the_one_before_it():
    found = list(read_rows([row("hi", "O"), row("me", "O", group="two")], turns=3))
    assert [one["context"] for one in found] == ["", ""]
    assert "context" not in next(read_rows([row("hi", "O")], turns=0))


def test_each_domain_has_rows_of_its_own():
    assert hash_slots("finance") != hash_slots("media")
