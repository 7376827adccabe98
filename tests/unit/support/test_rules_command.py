"""`trivet support rules check`: what a server would say of a file of rules, before it is sent."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from trivet.errors import InputError
from trivet_support.commands.support import support

GOOD = """
[[hours]]
name = "office"
zone = "Asia/Shanghai"
days = { monday = ["09:00-17:00"] }
[[rules]]
name = "lawyers"
because = "A person."
priority = 5
when.words = ["lawyer", "律师"]
then = { do = "escalate", urgency = "urgent" }
[[rules]]
name = "closed"
because = "Nobody is there."
when.outside = "office"
then = { do = "reply", text = "We are closed." }
"""


@pytest.fixture
def check(tmp_path):
    def run(text, *words, name="rules.toml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return CliRunner().invoke(support, ["rules", "check", str(tmp_path / name), *words])

    return run


def test_a_file_is_read_and_tried_on_a_message(check):
    answer = check(GOOD, "--text", "我要找律师")
    assert answer.exit_code == 0, answer.output
    assert "2 rules, in the order in which they are asked" in answer.output
    assert "lawyers: escalate (A person.)" in answer.output
    assert "closed: reply" in check(GOOD, "--text", "hello", "--at", "2026-11-29T12:00:00").output


def test_what_is_printed_as_json_is_read_again(check):
    printed = check(GOOD, "--json").output
    assert [one["name"] for one in json.loads(printed)["rules"]] == ["lawyers", "closed"]
    assert check(printed, name="rules.json").exit_code == 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('outside = "office"', 'outside = "ofice"', "there are no hours 'ofice'"),
        ('do = "escalate"', 'do = "explode"', "/rules/0/then"),
        ("priority = 5", "priority = ", "is no TOML"),
        (
            'when.outside = "office"',
            'priority = 5\nwhen.words = ["律师", "LAWYER"]',
            "'lawyers' and 'closed' contradict",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_names(check, old, new, said):
    answer = check(GOOD.replace(old, new))
    assert answer.exit_code != 0
    assert isinstance(answer.exception, InputError)
    assert said in answer.exception.line()
    assert "rules.toml" in answer.exception.line()
