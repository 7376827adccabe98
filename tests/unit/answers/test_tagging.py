from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trivet.answers.bio import count_tags
from trivet.answers.facts import facts_from_json, facts_to_json
from trivet.answers.spelling import Spelling, Subtokens, find_units
from trivet.answers.tagging import TaggingFacts, align_spans, decode, type_probabilities
from trivet.errors import ArtifactError, InputError

FACTS = TaggingFacts(("name", "place"), 64, "all", temperature=1.5)


def spell(text: str, *tokens: tuple[int, int], words: list[int] | None = None) -> Spelling:
    offsets = np.array([(0, 0), *tokens, (0, 0)])
    return Spelling(text, offsets, np.array([-1, *(words or range(len(tokens))), -1]))


def certain(spelling: Spelling, spans: list[tuple[int, int, str]], facts: TaggingFacts) -> np.ndarray:
    """Scores that leave no doubt about these spans."""
    units = find_units(spelling, facts.subtokens)
    tags = align_spans(units, spans, {name: at for at, name in enumerate(facts.types)})
    scores = np.zeros((len(spelling.words), count_tags(len(facts.types))))
    scores[units.tokens, tags] = 40.0
    return scores


def answer(spelling: Spelling, spans: list[tuple[int, int, str]], facts: TaggingFacts = FACTS) -> Any:
    return decode([certain(spelling, spans, facts)], facts, [spelling], tokens=[9], truncated=[False])[0]


@pytest.mark.parametrize(
    ("text", "tokens", "span"),
    [
        ("我想去北京吃饭", [(at, at + 1) for at in range(7)], (3, 5, "place")),
        ("احجز في الرياض", [(0, 4), (5, 7), (8, 14)], (8, 14, "place")),
        ("🎉🎉 Zoë 🍕", [(0, 2), (3, 6), (7, 8)], (3, 6, "name")),
        # The ends that tokenizers give leave out marks that their normalisation has dropped.
        ("call Zoe\u0308 now", [(0, 4), (5, 8), (10, 13)], (5, 9, "name")),
        ("नमस्ते दिल्ली", [(0, 6), (7, 12)], (7, 13, "place")),
    ],
)
def test_spans_count_characters_in_any_script(
    text: str, tokens: list[tuple[int, int]], span: tuple[int, int, str]
) -> None:
    found = answer(spell(text, *tokens), [span])
    assert found.keys == (span,)
    assert found.spans[0].text == text[span[0] : span[1]]
    assert found.spans[0].confidence == pytest.approx(1.0, abs=1e-3)


def test_a_piece_has_no_blank_at_its_ends_and_one_of_blanks_alone_is_none() -> None:
    units = find_units(spell("a  b c", (0, 1), (1, 3), (2, 4), (4, 6)), "all")
    assert list(zip(units.starts, units.ends, strict=True)) == [(0, 1), (3, 4), (5, 6)]
    assert units.tokens.tolist() == [1, 3, 4]


@pytest.mark.parametrize(("subtokens", "pieces"), [("first", ["7", "30pm"]), ("all", ["7", "30", "pm"])])
def test_a_word_is_one_piece_or_as_many_as_it_has_tokens(subtokens: Subtokens, pieces: list[str]) -> None:
    spelling = spell("7 30pm", (0, 1), (2, 4), (4, 6), words=[0, 1, 1])
    units = find_units(spelling, subtokens)
    assert [spelling.text[a:b] for a, b in zip(units.starts, units.ends, strict=True)] == pieces


def test_texts_of_several_lengths_are_answered_as_each_alone() -> None:
    long, short = spell("ann in york", (0, 3), (4, 6), (7, 11)), spell("ann", (0, 3))
    scores = [certain(long, [(7, 11, "place")], FACTS), certain(short, [(0, 3, "name")], FACTS)]
    both = decode(scores, FACTS, [long, short], tokens=[5, 3], truncated=[False, True])
    alone = [
        decode([score], FACTS, [one], tokens=[tokens], truncated=[cut])[0]
        for score, one, tokens, cut in zip(scores, (long, short), (5, 3), (False, True), strict=True)
    ]
    assert both == alone
    assert (both[1].tokens, both[1].truncated) == (3, True)


def test_a_text_without_a_piece_has_no_spans() -> None:
    assert answer(spell("\u200b"), []).spans == ()


def test_a_doubtful_span_has_a_low_confidence() -> None:
    spelling = spell("ann", (0, 3))
    scores = np.zeros((3, 5))
    scores[1] = [1.0, 1.2, 9.0, 0.0, 9.0]
    found = decode([scores], FACTS, [spelling], tokens=[3], truncated=[False])[0]
    odds = np.exp(np.array([1.0, 1.2, 0.0]) / 1.5)
    assert found.keys == ((0, 3, "name"),)
    assert found.spans[0].confidence == pytest.approx(odds[1] / odds.sum())


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (np.zeros((3, 4)), r"shape \[3, 4\] for 5 tags"),
        (np.zeros((1, 5)), "a text that has more"),
        (np.full((3, 5), np.nan), "not a finite number"),
    ],
)
def test_scores_that_do_not_fit_are_refused(scores: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        decode([scores], FACTS, [spell("ann", (0, 3))], tokens=[3], truncated=[False])


def test_the_probability_of_a_type_is_that_of_its_plainest_token_and_padding_does_not_count() -> None:
    scores = np.zeros((1, 3, 5))
    scores[0, 0] = [10.0, 0.0, 0.0, 0.0, 0.0]
    scores[0, 1] = [0.0, 0.0, 20.0, 0.0, 0.0]
    table = type_probabilities(scores, FACTS)
    assert table.argmax(axis=1).tolist() == [1]
    np.testing.assert_allclose(table[0, :2], [0.0, 1.0], atol=1e-4)


def test_facts_survive_json() -> None:
    assert facts_from_json(facts_to_json(FACTS)) == FACTS


def test_facts_with_an_unknown_way_of_tagging_are_refused() -> None:
    with pytest.raises(ArtifactError, match="neither 'first' nor 'all'"):
        facts_from_json({**facts_to_json(FACTS), "subtokens": "last"})


@pytest.mark.parametrize("prefix", ["", "query: "])
def test_the_tokenizer_spells_a_text_without_prefix_and_context(tiny: Any, prefix: str) -> None:
    from trivet.data.context import join_context
    from trivet.runtime.tokens import TextTokenizer

    path: Path = tiny.source.path / "tokenizer.json"
    tokenizer = TextTokenizer(path, 24, prefix, spelled=True)
    texts = ["send money, to my frie\u0308nd", join_context("card, money", "block my card")]
    for text, encoded in zip(["send money, to my frie\u0308nd", "block my card"], tokenizer.encode(texts), strict=True):
        spelling = encoded.spelling
        assert spelling is not None
        assert spelling.text == text
        units = find_units(spelling, "first")
        words = [text[a:b] for a, b in zip(units.starts, units.ends, strict=True)]
        assert words == text.replace(",", " ,").split()
        one = tokenizer.encode([texts[0]])[0]
        assert one.ids.tolist() == tokenizer.encode(texts)[0].ids.tolist()
    assert tokenizer.encode(texts)[0].ids.tolist() == TextTokenizer(path, 24, prefix).encode(texts)[0].ids.tolist()
