"""Attribution on the served graph, by a head and by logits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from trivet.answers.similarity import SimilarityFacts
from trivet.artifact.answering import Answering
from trivet.artifact.artifact import Artifact
from trivet.errors import ArtifactError, InputError
from trivet.explain.attribution import attribute, check_explained
from trivet.explain.explanation import explain
from trivet.explain.file import explain_file
from trivet.explain.neighbours import open_examples

TEXT = "block my card now"


@pytest.mark.parametrize("which", ["desk", "desk_with_logits"])
def test_weights_are_what_the_probability_loses_as_predict_tells_it(which: str, request: Any) -> None:
    artifact: Artifact = request.getfixturevalue(which)
    answer = artifact.predict([TEXT])[0]
    (found,) = attribute(artifact, [TEXT], [answer.label])

    def chance(text: str) -> float:
        ranking = artifact.predict([text], top=len(artifact.facts.labels))[0].ranking  # type: ignore[union-attr]
        return dict(ranking)[answer.label]

    assert (found.label, found.rows) == (answer.label, 2 * 4)
    # int8 may differ by a step of its grid between one batch and another.
    assert found.chance == pytest.approx(answer.confidence, abs=0.02)
    alone = chance(TEXT) - chance("my card now")
    beside = chance("block card now") - chance("card now")
    assert found.words[0].weight == pytest.approx((alone + beside) / 2, abs=0.03)


@pytest.mark.parametrize("which", ["desk", "desk_with_logits"])
def test_the_same_text_gets_the_same_weights_whatever_stands_beside_it(which: str, request: Any) -> None:
    artifact: Artifact = request.getfixturevalue(which)
    texts = [TEXT, "thank you very much", "money not arrived"]
    labels = [answer.label for answer in artifact.predict(texts)]
    together, again = attribute(artifact, texts, labels), attribute(artifact, texts, labels)
    assert together == again
    for text, label, one in zip(texts, labels, together, strict=True):
        (alone,) = attribute(artifact, [text], [label])
        for word, other in zip(one.words, alone.words, strict=True):
            assert (word.start, word.end) == (other.start, other.end)
            assert word.weight == pytest.approx(other.weight, abs=0.03)


def test_words_point_at_characters_of_the_text(desk: Artifact) -> None:
    text = "  block\tmy 'card', now!"
    (found,) = explain(desk, [text])
    assert [word.text for word in found.attribution.words] == ["block", "my", "card", "now"]
    assert all(text[word.start : word.end] == word.text for word in found.attribution.words)
    assert found.answer == desk.predict([text])[0]


def test_ranked_words_come_heaviest_first(desk: Artifact) -> None:
    weights = [word.weight for word in explain(desk, [TEXT])[0].attribution.ranked]
    assert weights == sorted(weights, reverse=True)


def test_no_texts_have_no_explanations(desk: Artifact) -> None:
    assert explain(desk, []) == []


@pytest.mark.parametrize("text", ["", "   ", None])
def test_an_empty_text_is_pointed_at(desk: Artifact, text: Any) -> None:
    with pytest.raises(InputError) as caught:
        explain(desk, [TEXT, text])
    assert caught.value.where == "/1"


def test_a_model_that_embeds_only_is_told(desk: Artifact) -> None:
    with pytest.raises(ArtifactError, match="answers of the kind similarity are not explained"):
        check_explained(Answering(SimilarityFacts(dim=8, max_tokens=24), None, None))


def test_a_file_becomes_a_row_a_text(desk: Artifact, rows_file: Path, settings: Any, tmp_path: Path, tiny: Any) -> None:
    import pyarrow.parquet as pq

    out, said = tmp_path / "why.parquet", []
    examples = open_examples(desk, settings, say=said.append)
    rows = explain_file(desk, rows_file, out, column="", examples=examples, k=2, settings=settings, say=said.append)
    found = pq.read_table(out).to_pylist()
    assert (rows, [row["text"] for row in found]) == (12, tiny.texts)
    assert [row["label"] for row in found] == [answer.label for answer in desk.predict(tiny.texts)]
    for row in found:
        assert "".join(word["text"] for word in row["words"]) == row["text"].replace(" ", "")
        assert row["examples"][0]["text"] == row["text"]
        assert len(row["examples"]) == 2
    assert said == ["embedding 12 training rows, this once", "  12/12", "  12/12"]
    with pytest.raises(InputError, match="the file exists"):
        explain_file(desk, rows_file, out, column="", examples=None, k=0, settings=settings, say=said.append)


def test_a_bad_row_leaves_no_file(desk: Artifact, settings: Any, tmp_path: Path) -> None:
    source, out = tmp_path / "texts.csv", tmp_path / "why.parquet"
    source.write_text("text\nmy card\n\u200b\n", encoding="utf-8")
    with pytest.raises(InputError):
        explain_file(desk, source, out, column="", examples=None, k=0, settings=settings, say=print)
    assert [path.name for path in tmp_path.iterdir() if "why" in path.name] == []


def test_attribution_of_a_closed_model_is_refused(desk_path: Path) -> None:
    closed = Artifact.load(desk_path, threads=1)
    closed.close()
    with pytest.raises(ArtifactError, match="closed"):
        explain(closed, [TEXT])


def test_a_colder_model_gives_its_words_other_weights(desk: Artifact) -> None:
    # The weights are of calibrated probabilities: they follow the temperature.
    facts = replace(desk.facts, temperature=0.02)  # type: ignore[type-var]
    colder = replace(desk, answering=replace(desk.answering, facts=facts))
    label = desk.predict([TEXT])[0].label
    assert attribute(colder, [TEXT], [label])[0].chance > attribute(desk, [TEXT], [label])[0].chance
