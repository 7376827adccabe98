"""A bot of Rasa is read as Rasa reads it, and what is wrong in it is pointed at by file and line."""

from __future__ import annotations

import json

import pytest

from trivet.errors import DataError
from trivet_support.switching.imported import Row
from trivet_support.switching.rasa_bot import read_bot

NLU = """version: "3.1"
nlu:
- intent: greet
  metadata: {sentiment: positive}
  examples: |
    - hey
    - hello there

    - hey
- intent: book
  examples: |
    - a table in [Rome](city) please
    - fly to [the eternal city](city:Rome)
    - from [LA]{"entity": "city", "role": "from", "value": "Los Angeles"} to [Rome](city)
    - for [two](number) people
- intent: faq/opening_hours
  examples:
  - text: |
      when are you open
    metadata: {source: log}
  - are you open on sundays
- synonym: Los Angeles
  examples: |
    - L.A.
- lookup: city
  examples: |
    - Paris
- regex: account
  examples: |
    - \\d{8}
- regex: help_words
  examples: |
    - help|aid
"""
DOMAIN = """version: "3.1"
intents: [greet, {book: {use_entities: [city]}}, never_said]
entities: [city, account, number]
responses:
  utter_greet: [{text: Hey}]
"""


@pytest.fixture
def bot(tmp_path):
    (tmp_path / "data" / "nlu").mkdir(parents=True)
    (tmp_path / "data" / "nlu" / "all.yml").write_text(NLU)
    (tmp_path / "data" / "stories.yml").write_text("stories:\n- story: a\n  steps: []\n")
    (tmp_path / "domain.yml").write_text(DOMAIN)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "broken.yml").write_text("nlu: [")
    return tmp_path


def test_examples_lose_their_marks_and_intents_keep_their_names(bot):
    imported = read_bot(bot)
    assert imported.parts["train"] == [
        Row("hey", "greet"),
        Row("hello there", "greet"),
        Row("a table in Rome please", "book"),
        Row("fly to the eternal city", "book"),
        Row("from LA to Rome", "book"),
        Row("for two people", "book"),
        Row("when are you open", "faq/opening_hours"),
        Row("are you open on sundays", "faq/opening_hours"),
    ]
    assert any("never_said" in note for note in imported.notes)
    assert any("help_words" in note for note in imported.notes)


def test_entities_keep_values_synonyms_lookup_tables_and_patterns(bot):
    account, city, number = read_bot(bot).entities
    assert (account.entity, account.patterns) == ("account", ("\\d{8}",))
    assert city.values == {"Los Angeles": ("L.A.", "LA"), "Paris": (), "Rome": ("the eternal city",)}
    assert (number.entity, number.values) == ("number", {"two": ()})


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("nlu:\n- intent: greet\n  examples: |\n    - hey\n   - ho\n", 5, "no YAML"),
        ("nlu:\n- intent: greet\n\texamples: x\n", 3, "no YAML"),
        ("nlu:\n  intent: greet\n", 2, "no list"),
        ("nlu:\n- greet: |\n    - hey\n", 2, "none of intent"),
        ("nlu:\n- intent:\n  examples: |\n    - hey\n", 2, "no name"),
        ("nlu:\n- intent: [a]\n  examples: |\n    - hey\n", 2, "no text"),
        ("nlu:\n- intent: a\n  examples: {b: c}\n", 3, "no text"),
        ('nlu:\n- intent: a\n  examples: |\n    - hey\n    - [Rome]{"entity": city}\n', 5, "no JSON"),
        ('nlu:\n- intent: a\n  examples: |\n    - [Rome]{"role": "to"}\n', 4, "no name"),
        ("nlu:\n- intent: a\n  examples:\n  - texts: hey\n", 4, "no `text`"),
    ],
)
def test_what_is_wrong_is_named_by_file_and_line(tmp_path, text, line, said):
    path = tmp_path / "nlu.yml"
    path.write_text(text)
    with pytest.raises(DataError, match=said) as refused:
        read_bot(path)
    assert refused.value.where == f"{path}:{line}"


def test_lines_without_a_dash_are_passed_over_and_named(tmp_path):
    path = tmp_path / "nlu.yml"
    path.write_text("nlu:\n- intent: a\n  examples: |\n    - hey\n    ho\n")
    imported = read_bot(path)
    assert imported.parts["train"] == [Row("hey", "a")]
    assert imported.notes[0].startswith(f"{path}:5:")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("nlu.md", "## intent:greet\n- hey\n", "Rasa 1"),
        ("nlu.yml", "stories: []\n", "no intent"),
        ("nlu.yml", "", "no intent"),
        ("nlu.yml", "nlu:\n", "no intent"),
        ("nlu.yml", "&a [*a]", "no intent"),
    ],
)
def test_files_without_training_data_are_refused(tmp_path, name, text, said):
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=said):
        read_bot(tmp_path)
    with pytest.raises(DataError, match="nothing at this path"):
        read_bot(tmp_path / "nowhere")


def test_results_of_rasa_tell_its_answer_to_every_row(bot):
    results = bot / "results"
    results.mkdir()
    wrong = {"text": "hey", "intent": "greet", "intent_prediction": {"name": "book", "confidence": 0.4}}
    (results / "intent_errors.json").write_text(json.dumps([wrong]))
    report = {"weighted avg": {"support": 8, "recall": 0.875}, "accuracy": 0.875}
    (results / "intent_report.json").write_text(json.dumps(report))
    peer = read_bot(bot).peer
    assert (peer.score, peer.rows) == (0.875, 8)
    assert (peer.predicted["hey"], peer.predicted["hello there"], len(peer.predicted)) == ("book", "greet", 8)
    (results / "intent_report.json").write_text(json.dumps({"weighted avg": {"support": 20}, "accuracy": 0.9}))
    assert read_bot(bot).peer.predicted == {}, "the report is about other rows"
    (results / "intent_report.json").write_text("{}")
    with pytest.raises(DataError, match="no report of intents"):
        read_bot(bot)
    (results / "intent_report.json").write_text("{")
    with pytest.raises(DataError, match="no JSON") as refused:
        read_bot(bot)
    assert refused.value.where.endswith("intent_report.json:1")


def test_a_split_of_rasas_own_is_learnt_and_judged(bot):
    split = bot / "train_test_split"
    split.mkdir()
    (split / "training_data.yml").write_text(NLU)
    (split / "test_data.yml").write_text(
        "nlu:\n- intent: greet\n  examples: |\n    - good day\n- intent: new\n  examples: |\n    - x\n"
    )
    imported = read_bot(bot)
    assert imported.parts["test"] == [Row("good day", "greet")]
    assert len(imported.parts["train"]) == 8
    assert any("'new' is not learnt" in note for note in imported.notes)
