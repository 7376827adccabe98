"""What a message names: places in any script, values as programs read them, and declarations that cannot be."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from trivet.errors import InputError
from trivet_support.entities.declaration import BUILT_IN
from trivet_support.entities.extraction import Extraction, find_entities, make_built_in, make_spotter
from trivet_support.entities.store import DECLARATION

# A Tuesday.
WRITTEN = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def find(text, *kinds, language="en", **declared):
    spotters = {kind: make_built_in(kind, kind) for kind in kinds}
    spotters |= {name: make_spotter(name, DECLARATION.validate_python(one)) for name, one in declared.items()}
    found = find_entities(text, spotters, language=language, written=WRITTEN)
    for one in found:
        assert text[one.start : one.end] == one.text
    return found


def values(text, *kinds, language="en"):
    return [one.value for one in find(text, *kinds, language=language)]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("I paid $1,234.50 for it", "en", [(1234.5, "USD")]),
        ("a refund of 20 euros", "en", [(20, "EUR")]),
        ("send 1.234,50 € please", "en", [(1234.5, "EUR")]),
        ("twenty five dollars were taken", "en", [(25, "USD")]),
        ("I was charged 99 cents", "en", [(0.99, "USD")]),
        ("3.5 EUR twice", "en", [(3.5, "EUR")]),
        ("退款200元", "zh", [(200, "CNY")]),
        ("我花了¥300", "zh", [(300, "CNY")]),
        ("退一百二十块钱", "zh", [(120, "CNY")]),
        ("５０元", "zh", [(50, "CNY")]),
        ("order 8812 please", "en", []),
    ],
)
def test_an_amount_of_money_has_a_value_and_a_currency(text, language, expected):
    assert [(one.value, one.unit) for one in find(text, "money", language=language)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("it came yesterday", ["2026-11-23"]),
        ("next friday at 5pm", ["2026-11-27T17:00"]),
        ("two weeks ago", ["2026-11-10"]),
        ("in 3 hours", ["2026-11-24T15:00"]),
        ("on 2026-12-01 then", ["2026-12-01"]),
        ("the meeting is at 15:30 on March 3rd", ["2026-03-03T15:30"]),
        ("I may go, wait a second", []),
        ("I paid $1,234.50 yesterday", ["2026-11-23"]),
        ("三天前买的", ["2026-11-21"]),
        ("明天下午三点半", ["2026-11-25T15:30"]),
        ("2026年12月1日到", ["2026-12-01"]),
        ("下周五还没到", ["2026-12-04"]),
        ("上个月", ["2026-10-24"]),
        ("十二月三十五号", []),
    ],
)
def test_a_date_is_told_as_seen_from_when_the_message_was_written(text, expected):
    assert values(text, "date") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I have one card and two hundred and five points", [1, 205]),
        ("order 8812, 2 items, 1,500 points, -5 degrees", [8812, 2, 1500, -5]),
        ("三张卡,二十五笔", [3, 25]),
        ("看一下", []),
        ("code A12B and 12/05", []),
    ],
)
def test_numbers_are_read_in_digits_and_in_words(text, expected):
    assert values(text, "number") == expected


def test_addresses_are_normalised():
    found = find("Call +44 20 7946 0958 or write to Me@Example.org", "email", "phone")
    assert [(one.entity, one.value) for one in found] == [("phone", "+442079460958"), ("email", "me@example.org")]
    assert values("打13800138000", "phone", language="zh") == ["+8613800138000"]


PRODUCTS = {
    "kind": "list",
    "values": [{"value": "MacBook Pro", "synonyms": ["mbp"]}, {"value": "iPhone", "synonyms": ["苹果手机"]}],
}


def test_names_of_a_list_are_found_misspelt_and_in_other_words_with_how_alike_they_are():
    [exact, misspelt, eastern] = find("my MBP, a mackbook  pro and 👍🏽苹果手机坏了", product=PRODUCTS)
    assert (exact.value, exact.confidence) == ("MacBook Pro", 1.0)
    assert misspelt.value == "MacBook Pro"
    assert 0.85 <= misspelt.confidence < 1
    assert (eastern.value, eastern.text) == ("iPhone", "苹果手机")
    assert find("a mackbook pro", product=PRODUCTS | {"fuzzy": 1}) == []


def test_one_slip_in_six_letters_is_taken_and_one_in_five_is_not():
    cities = {"kind": "list", "values": [{"value": "London"}, {"value": "Paris"}]}
    assert [one.value for one in find("from Londn to parts of it", city=cities)] == ["London"]


def test_a_group_of_a_pattern_is_its_value_and_its_place_counts_characters():
    [order] = find("😀 订单ORD-8812吗", order={"kind": "pattern", "patterns": ["ord-(\\d+)"]})
    assert (order.value, order.text, order.start) == ("8812", "ORD-8812", 4)


def test_of_what_overlaps_the_longest_stays():
    found = find("refund 20 euros by next friday at 5pm", *BUILT_IN)
    assert [(one.entity, one.text) for one in found] == [("money", "20 euros"), ("date", "next friday at 5pm")]


@pytest.mark.parametrize(
    ("declared", "where", "said"),
    [
        ({"kind": "pattern", "patterns": ["a", "(b"]}, "/patterns/1", "missing )"),
        ({"kind": "pattern", "patterns": ["(?=a)b"]}, "/patterns/0", "invalid perl operator"),
        ({"kind": "pattern", "patterns": ["x*"]}, "/patterns/0", "where nothing stands"),
        ({"kind": "pattern", "patterns": ["((a{100}){100}){100}"]}, "/patterns/0", "no pattern"),
        (
            {"kind": "list", "values": [{"value": "Gold", "synonyms": ["top"]}, {"value": "Oak", "synonyms": ["TOP"]}]},
            "/values/1/synonyms/0",
            "'TOP' stands for 'Gold' and for 'Oak'",
        ),
        ({"kind": "list", "values": [{"value": "!!"}]}, "/values/0/value", "no letter"),
    ],
)  # fmt: skip
def test_a_declaration_that_cannot_be_is_refused_with_its_place_and_reason(declared, where, said):
    with pytest.raises(InputError) as caught:
        make_spotter("x", DECLARATION.validate_python(declared))
    assert caught.value.where == where
    assert said in caught.value.what


def test_an_unknown_kind_is_named():
    with pytest.raises(ValidationError, match="'number', 'money', 'date', 'email' or 'phone'"):
        DECLARATION.validate_python({"kind": "colour"})


def test_a_request_names_declared_entities_or_built_in_kinds():
    extraction = Extraction({"product": make_spotter("product", DECLARATION.validate_python(PRODUCTS))})
    assert set(extraction.choose(None)) == {"product"}
    assert set(extraction.choose(["date", "product"])) == {"date", "product"}
    with pytest.raises(InputError) as caught:
        extraction.choose(["date", "colour"])
    assert caught.value.where == "/entities/1"


def test_hostile_texts_take_no_longer_than_others():
    hostile = ["1 " * 2000, "(a+)+" * 800, "in 3 hours " * 300, "一二三" * 1300, "twenty and " * 350, "@." * 2000]
    find("warm up tomorrow 3 pm", *BUILT_IN)
    began = time.process_time()
    for text in hostile:
        find(text, *BUILT_IN, order={"kind": "pattern", "patterns": ["(a+)+$", "(x?){30}x{30}"]}, product=PRODUCTS)
    assert time.process_time() - began < 4
