"""A tenant's examples beside a model, clusters of messages, and files of examples: by numbers and texts alone."""

import numpy as np
import pytest

from trivet.errors import InputError
from trivet_support.growth.bulk import read_bulk
from trivet_support.growth.effect import Lesson, measure_effect
from trivet_support.growth.extension import Extension, combine
from trivet_support.growth.footing import Footing
from trivet_support.growth.spread import Spread
from trivet_support.inbox.cluster import find_clusters

DIM = 16


def rows(place: int, count: int, *, seed: int = 0, noise: float = 0.1) -> np.ndarray:
    found = np.random.default_rng(seed + place).normal(scale=noise, size=(count, DIM)).astype(np.float32)
    found[:, place] += 1.0
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@pytest.fixture
def prototypes():
    return np.eye(DIM, dtype=np.float32)[:4]


@pytest.fixture
def known():
    """Log chances of the four labels of the model: it takes every row for its first."""
    return np.log(np.array([[0.7, 0.1, 0.1, 0.1]]))


def test_a_row_near_to_the_examples_gets_the_new_label_and_others_keep_their_chances(prototypes, known):
    extension = Extension.fit(prototypes, Spread.round(prototypes), rows(7, 5), ["new"] * 5)
    near = combine(known, extension, rows(7, 1, seed=9), ["a", "b", "c", "d"])
    assert near.argmax() == 4
    far = combine(known, extension, rows(0, 1), ["a", "b", "c", "d"])
    assert np.exp(far).sum() == pytest.approx(1.0)
    assert far[0, :4] - far[0, 0] == pytest.approx(known[0] - known[0, 0]), "in proportion to each other"
    assert np.exp(far[0, 4]) < 0.05


def test_a_label_of_the_model_gets_what_its_examples_say_on_top(prototypes, known):
    extension = Extension.fit(prototypes, Spread.round(prototypes), rows(7, 5), ["b"] * 5)
    found = combine(known, extension, rows(7, 1, seed=9), ["a", "b", "c", "d"])
    assert found.shape == (1, 4)
    assert found.argmax() == 1


def test_an_example_that_is_taken_away_leaves_the_very_bits_of_never_having_been_there(prototypes):
    spread = Spread.measure(np.concatenate([rows(at, 20) for at in range(4)]), np.repeat(np.arange(4), 20))
    assert spread.measured
    some = np.concatenate([rows(7, 5), rows(8, 3)])
    labels = ["new"] * 5 + ["newer"] * 3
    before = Extension.fit(prototypes, spread, some, labels)
    again = Extension.fit(prototypes, spread, np.delete(np.concatenate([some, rows(9, 1)]), 8, axis=0), labels)
    assert np.array_equal(before.weights, again.weights)
    assert np.array_equal(before.offsets, again.offsets)


def test_the_effect_counts_held_out_rows_that_a_new_intent_takes(prototypes):
    held = np.concatenate([rows(at, 10, seed=3) for at in range(4)])
    truth = np.repeat(np.arange(4), 10)
    chances = np.full((40, 4), 0.02)
    chances[np.arange(40), truth] = 0.94
    footing = Footing(Spread.round(prototypes), held, np.log(chances).astype(np.float32), truth)
    nothing = Lesson(np.empty((0, DIM), np.float32), [])
    labels = ["a", "b", "c", "d"]
    apart = measure_effect(labels, prototypes, footing, nothing, Lesson(rows(7, 5), ["new"] * 5), state="ready")
    assert apart.held_out is not None
    assert (apart.held_out.rows, apart.held_out.before, apart.held_out.after, apart.passes) == (40, 40, 40, True)
    over = measure_effect(labels, prototypes, footing, nothing, Lesson(rows(2, 8, seed=3), ["new"] * 8), state="ready")
    assert over.held_out is not None
    assert over.held_out.taken > 4
    assert over.confused[0][0] == "c"
    assert not over.passes
    assert measure_effect(labels, prototypes, None, nothing, nothing, state="missing").passes


def test_alike_messages_are_groups_the_largest_first_and_named_by_their_own_words():
    texts = [
        *(f"please freeze my card {word}" for word in ("now", "today", "soon", "again", "quickly")),
        *(f"when is the shop open {word}" for word in ("today", "sunday", "tomorrow")),
        "tell me a joke",
    ]
    found = find_clusters(texts, np.concatenate([rows(1, 5), rows(2, 3), rows(3, 1)]))
    assert [len(cluster.members) for cluster in found] == [5, 3]
    assert [cluster.name for cluster in found] == ["freeze_card", "shop_open"]
    chinese = [f"冻结银行卡{end}" for end in ("吧", "呢", "了")] + [f"营业时间{end}" for end in ("吧", "呢", "了")]
    names = [one.name for one in find_clusters(chinese, np.concatenate([rows(1, 3), rows(2, 3)]))]
    assert all("冻结" in name or "银行" in name for name in names[:1])


@pytest.mark.parametrize(
    ("kind", "body", "place", "what"),
    [
        ("csv", b"text,intent\nhello,greet\n,greet\n", "/lines/3", "line 3: there is no text."),
        ("csv", b"text,intent\nhello\n", "/lines/2", "line 2: 1 cells, but the first line has 2."),
        ("csv", b"words,tag\nhello,greet\n", "/lines/1", "line 1: the columns text and intent are wanted."),
        ("csv", b'text,intent\n"two\nlines",greet\nx,a/b\n', "/lines/4", "a name has no blanks"),
        ("jsonl", b'{"text": "a", "intent": "b"}\n[1]\n', "/lines/2", "line 2 is no JSON object."),
        ("jsonl", b'{"text": "a"}\n', "/lines/1", "line 1: there is no intent."),
        ("csv", b"text,intent\nh\xff,greet\n", "/lines/2", "line 2 is not valid UTF-8."),
        ("rasa", b"nlu:\n- intent: a\n  examples: [\n", "/lines/4", "line 4 is not valid YAML."),
        ("rasa", b"intents:\n- greet\n", "/lines/1", "there is no list under `nlu`"),
        ("csv", b"text,intent\n", "", "the file holds no example."),
    ],
)
def test_a_bad_row_of_a_file_is_named_by_its_line(kind, body, place, what):
    with pytest.raises(InputError) as caught:
        read_bulk(body, kind)
    assert caught.value.where == place
    assert what in caught.value.what


def test_the_examples_of_a_rasa_file_are_read_without_their_marks():
    body = (
        'version: "3.1"\nnlu:\n- intent: book\n  examples: |\n    - to [Berlin](city) please\n'
        '    - for [two]{"entity": "number", "value": "2"}\n- synonym: two\n  examples: |\n    - 2\n'
        "- intent: faq/hours\n  examples:\n  - text: when are you open\n"
    )
    found = read_bulk(body.encode(), "rasa")
    assert [(one.intent, one.text, one.place) for one in found] == [
        ("book", "to Berlin please", "/lines/5"),
        ("book", "for two", "/lines/6"),
        ("faq", "when are you open", "/lines/12"),
    ]
