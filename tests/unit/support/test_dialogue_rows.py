"""Rows of messages behind their history: the same string in training and in serving."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from trivet.data.context import split_context
from trivet.data.sources import open_dataset
from trivet.errors import DataError
from trivet.recipe.data import DataRecipe
from trivet.settings import Settings
from trivet_support.commands.dialogues import dialogues
from trivet_support.dialogues.example import Example
from trivet_support.dialogues.multidogo import read_multidogo
from trivet_support.dialogues.own import Columns, read_own
from trivet_support.dialogues.rows import spoil
from trivet_support.history import LONGEST, Reads, compose, read_column
from trivet_support.turn import Said

HISTORY = (Said("user", "where is my order"), Said("bot", "It is on\nits way."), Said("user", "thanks"))
READS = Reads(2, bot=True)


def write_chats(path, *, chats: int = 30):
    rows = ["chat,who,message,intent"]
    for at in range(chats):
        rows += [f"c{at},user,my card {at},card", f"c{at},agent,send it back?,", f"c{at},user,yes,return_card"]
    path.write_text("\n".join(rows) + "\n")
    return path


def test_the_last_turns_stand_in_front_and_the_message_is_told_apart():
    text, turns = compose("when", HISTORY, reads=READS, fits=lambda _: True)
    assert (text, turns) == ("bot: It is on its way.\nuser: thanks\nuser: \x1d when", 2)
    assert split_context(text)[1] == "when"


def test_a_model_of_customers_turns_is_given_no_bot():
    text, turns = compose("when", HISTORY, reads=Reads(3, bot=False), fits=lambda _: True)
    assert "bot" not in text
    assert turns == 2


def test_the_oldest_turns_go_first_where_not_all_fit_and_the_message_stays_whole():
    message = "m" * 50
    text, turns = compose(message, HISTORY, reads=Reads(3, bot=True), fits=lambda one: len(one) < 85)
    assert turns == 1
    assert text.endswith(message)
    assert compose(message, HISTORY, reads=READS, fits=lambda one: len(one) < 60) == (message, 0)
    long = compose("hi", [Said("user", "x" * 10_000)], reads=READS, fits=lambda _: True)[0]
    assert len(long) < LONGEST + 40


@pytest.mark.parametrize("reads", [Reads(1, bot=True), Reads(3, bot=False), Reads(99, bot=True)])
def test_the_name_of_the_column_carries_what_is_read(reads):
    assert read_column(reads.column) == reads


@pytest.mark.parametrize("name", ["", "context", "last_0_turns", "last_3_bot_turns", "my_last_3_turns"])
def test_other_columns_of_context_are_none_of_ours(name):
    assert read_column(name) is None


def test_a_share_of_training_rows_loses_its_history_or_gets_anothers():
    examples = [Example(f"m{at}", ("a",), (Said("user", f"h{at}"),), str(at)) for at in range(1000)]
    spoilt = spoil(examples, dropped=0.2, wrong=0.1, seed=0)
    assert [one.text for one in spoilt] == [one.text for one in examples]
    bare = sum(not one.history for one in spoilt)
    other = sum(bool(one.history) and one.history != was.history for one, was in zip(spoilt, examples, strict=True))
    assert 170 <= bare <= 230
    assert 75 <= other <= 125


def test_the_command_makes_a_data_set_of_ones_own_chats(tmp_path, tiny):
    chats = write_chats(tmp_path / "chats.csv")
    words = [str(chats), "--out", str(tmp_path / "rows"), "--turns", "2", "--encoder", str(tiny.source.path)]
    columns = ["--text", "message", "--label", "intent", "--dialogue", "chat", "--role", "who"]
    done = CliRunner().invoke(dialogues, [*words, *columns, "--dropped", "0", "--wrong", "0", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["context"] == "last_2_turns"
    assert sum(part["rows"] for part in told["parts"].values()) == 60
    recipe = DataRecipe(dataset=str(tmp_path / "rows"), columns={"context": told["context"]})
    opened = open_dataset(recipe, Settings())
    rows = opened.frame("train")
    assert set(rows["context"]) == {"0", "2"}
    answer = rows[rows["label"] == "return_card"].iloc[0]
    asked = rows[(rows["group"] == answer["group"]) & (rows["label"] == "card")].iloc[0]["text"]
    assert answer["text"] == f"user: {asked}\nbot: send it back?\nuser: \x1d yes"
    groups = [set(opened.frame(part)["group"]) for part in ("train", "validation", "test")]
    assert not groups[0] & groups[1] | groups[0] & groups[2] | groups[1] & groups[2]


def test_json_lines_bring_their_history(tmp_path):
    path = tmp_path / "chats.jsonl"
    row = {"text": "yes", "label": "return", "history": [{"role": "assistant", "text": "Send it back?"}]}
    path.write_text(json.dumps(row) + "\n")
    [example] = [one for part in read_own(path, Columns()).parts.values() for one in part]
    assert example.history == (Said("bot", "Send it back?"),)


@pytest.mark.parametrize(
    ("line", "columns", "said"),
    [
        ("c1,wizard2,hi,greet", Columns(dialogue="chat", role="who"), "chats.csv:2: the role 'wizard2'"),
        ("c1,user,,greet", Columns(dialogue="chat", role="who"), "chats.csv:2: the text"),
        ("c1,user,hi,greet", Columns(dialogue="talk"), "has no column 'talk'"),
        ("c1,user,hi,", Columns(dialogue="chat"), "no message with a label"),
    ],
)
def test_a_bad_file_of_chats_is_named_with_its_line(tmp_path, line, columns, said):
    path = tmp_path / "chats.csv"
    path.write_text(f"chat,who,text,label\n{line}\n")
    with pytest.raises(DataError, match=r"chats\.csv") as error:
        read_own(path, columns)
    assert said in error.value.line()


def test_turns_of_multidogo_follow_each_other_within_a_conversation():
    header = "conversationId\tturnNumber\tutteranceId\tutterance\tslot-labels\tintent"
    rows = [
        "a\t0\tu1\thi\tO\tgreet",
        'a\t2\tu2\t"my ""card"""\tO O\tlost<div>block',
        "a\t4\tu3\t\tO\tx",
        "b\t0\tu4\tyo\tO\tgreet",
    ]
    content = "\n".join([header, *rows]).encode()
    found = read_multidogo(lambda path: content if path == "finance/train.tsv" else header.encode(), "finance")
    first, second, third = found.parts["train"]
    assert (second.text, second.labels, second.history) == ('my "card"', ("lost",), (Said("user", "hi"),))
    assert (first.history, third.history) == ((), ())
