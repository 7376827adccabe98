import numpy as np
import pytest

from trivet.answers.facts import facts_from_json, facts_to_json
from trivet.answers.next_item import FIRST_ITEM, UNKNOWN, NextItemFacts, decode_next
from trivet.errors import ArtifactError, InputError

FACTS = NextItemFacts(("a", "b", "c"), 8)


def ids(*items: int) -> np.ndarray:
    return np.array(items, dtype=np.int64) + FIRST_ITEM


def test_what_was_seen_is_left_out_and_the_rest_shares_the_probability() -> None:
    (answer,) = decode_next([[9.0, 1.0, 0.0]], FACTS, histories=[ids(0)], tokens=[1], truncated=[False])
    likelier = np.e / (np.e + 1)
    assert [name for name, _ in answer.ranking] == ["b", "c"]
    np.testing.assert_allclose([chance for _, chance in answer.ranking], [likelier, 1 - likelier])
    assert (answer.decision, answer.unknown) == ("answer", 0)


def test_equal_scores_stand_in_the_order_of_the_catalogue_and_top_cuts() -> None:
    (answer,) = decode_next([[1.0, 1.0, 1.0]], FACTS, histories=[ids(1)], tokens=[9], truncated=[True], top=1)
    assert [name for name, _ in answer.ranking] == ["a"]
    assert (answer.tokens, answer.truncated) == (9, True)


def test_a_history_of_unknown_items_is_answered_by_popularity_and_says_so() -> None:
    unknown = np.array([UNKNOWN, UNKNOWN])
    (answer,) = decode_next([[0.0, 2.0, 1.0]], FACTS, histories=[unknown], tokens=[2], truncated=[False])
    assert (answer.decision, answer.unknown, answer.ranking[0][0]) == ("unsure", 2, "b")


def test_who_has_seen_everything_gets_nothing() -> None:
    (answer,) = decode_next([[0.0, 2.0, 1.0]], FACTS, histories=[ids(0, 1, 2)], tokens=[3], truncated=[False])
    assert answer.ranking == ()


@pytest.mark.parametrize("scores", [[[1.0, 2.0]], [[1.0, np.nan, 0.0]], [1.0, 2.0, 3.0]])
def test_scores_of_another_catalogue_or_no_numbers_are_refused(scores: list) -> None:
    with pytest.raises(InputError, match="for 3 items, all finite"):
        decode_next(scores, FACTS, histories=[ids(0)], tokens=[1], truncated=[False])


def test_facts_survive_json_and_bad_ones_are_named() -> None:
    assert facts_from_json(facts_to_json(FACTS)) == FACTS
    with pytest.raises(ArtifactError, match="stands twice"):
        facts_from_json({"kind": "next_item", "items": ["a", "a"], "max_tokens": 8})
