"""The whole road of a tagger over a tiny encoder: trained, saved, loaded, judged, asked for a file."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trivet.answers.tagging import TaggingAnswer, TaggingFacts
from trivet.artifact.artifact import Artifact
from trivet.bench.measure_spans import measure_spans, recompute_spans
from trivet.data.context import join_context
from trivet.encoders.catalogue import EncoderSource
from trivet.errors import ArtifactError, DataError
from trivet.evaluate import evaluate
from trivet.evaluation.gates import check_gates
from trivet.evaluation.lines import headline
from trivet.evaluation.read import read_report, recompute
from trivet.evaluation.report import Report
from trivet.evaluation.write import write_report
from trivet.predict import predict_file
from trivet.recipe import Recipe, build_recipe
from trivet.recipe.gates import GatesRecipe
from trivet.runtime.offline import run_sorted
from trivet.settings import Settings
from trivet.train import train

FILLERS = [f"filler{at}" for at in range(6)]
THINGS = [f"thing{at}" for at in range(12)]


def make_rows(count: int, *, seed: int) -> list[dict[str, Any]]:
    """After `card` things are of one type and after `money` of another, so words alone do not tell; some span two."""
    random = np.random.default_rng(seed)
    rows = []
    for at in range(count):
        key = ("card", "money")[at % 2]
        things = " ".join(random.choice(THINGS, size=1 + at % 3 % 2))
        before = f"{random.choice(FILLERS)}, {key} "
        text = f"{before}{things} {random.choice(FILLERS)}"
        span = {"start": len(before), "end": len(before) + len(things), "label": f"of {key}"}
        rows.append({"text": text, "spans": [span]} if at % 5 else {"text": f"{random.choice(FILLERS)} {key}"})
    return rows


def write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toy")
    write_rows(folder / "train.jsonl", make_rows(1200, seed=1))
    write_rows(folder / "test.jsonl", make_rows(60, seed=2))
    return folder


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("settings")
    return Settings(home=folder / "home", cache=folder / "cache", threads=1, offline=True)


@pytest.fixture(scope="module")
def wanted(source: EncoderSource, data: Path) -> Recipe:
    training = {"epochs": 6, "batch_size": 16, "learning_rate": 2e-3, "head_learning_rate": 1e-2, "bf16": "off"}
    return build_recipe(
        {
            "name": "toy-tags",
            "data": {"dataset": str(data)},
            "task": {"kind": "tagging", "max_tokens": 32},
            "encoder": {"name": str(source.path)},
            "method": {"kind": "full"},
            "training": {**training, "label_smoothing": 0.0},
            "export": {"calibration_rows": 32, "golden_rows": 8, "max_int8_loss": 0.2, "onnx": True},
        }
    )


@pytest.fixture(scope="module")
def tagger(wanted: Recipe, surroundings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    return train(wanted, out=tmp_path_factory.mktemp("saved") / "tagger", settings=surroundings)


@pytest.fixture(scope="module")
def report(tagger: Artifact, surroundings: Settings) -> Report:
    return evaluate(tagger, settings=surroundings)


def test_a_tagger_finds_what_only_the_words_before_tell(tagger: Artifact) -> None:
    found = tagger.predict(["filler1, card thing2 thing3 filler4", "filler0, money thing2 filler2"])
    assert [type(one) for one in found] == [TaggingAnswer, TaggingAnswer]
    first, second = (one for one in found if isinstance(one, TaggingAnswer))
    assert first.keys == ((14, 27, "of card"),)
    assert second.keys == ((15, 21, "of money"),)
    assert first.spans[0].text == "thing2 thing3"
    assert first.spans[0].confidence > 0.5


def test_context_stands_outside_of_the_count(tagger: Artifact) -> None:
    text = "card thing2 thing3 filler4"
    alone, joined = tagger.predict([f"filler1, {text}", join_context("filler1,", text)])
    assert isinstance(alone, TaggingAnswer)
    assert isinstance(joined, TaggingAnswer)
    assert alone.keys == ((14, 27, "of card"),)
    assert joined.keys == ((5, 18, "of card"),)
    assert joined.spans[0].text == text[5:18]


def test_facts_and_graph_say_that_it_answers_tokens(tagger: Artifact) -> None:
    assert isinstance(tagger.facts, TaggingFacts)
    assert tagger.facts.types == ("of card", "of money")
    assert dict(tagger.graph.manifest.outputs) == {"embedding": 32, "token_logits": 5}
    assert tagger.card.int8 is not None
    assert tagger.card.notes["validation_f1"] > 0.9
    assert tagger.card.notes["validation_spans_out_of_reach"] == 0


@pytest.mark.parametrize("kind", ["int8", "fp32", "onnx"])
def test_an_answer_does_not_depend_on_the_company(tagger: Artifact, kind: str) -> None:
    texts = [row["text"] for row in make_rows(40, seed=3)]
    loaded = (
        Artifact.load(tagger.path, engine="onnx")
        if kind == "onnx"
        else Artifact.load(tagger.path, precision="fp32" if kind == "fp32" else "int8")
    )
    encoded = loaded.encode(texts)
    alone = run_sorted(loaded.graph.engine, encoded, batch_size=1)["token_logits"]
    together = run_sorted(loaded.graph.engine, encoded, batch_size=32)["token_logits"]
    assert alone.shape == (40, max(len(text.ids) for text in encoded), 5)
    np.testing.assert_allclose(alone, together, atol=1e-3 if kind != "int8" else 0.2)
    assert (alone.argmax(axis=2) == together.argmax(axis=2)).all()
    loaded.close()


def test_the_artifact_is_the_same_after_loading(tagger: Artifact) -> None:
    texts = [row["text"] for row in make_rows(20, seed=4)]
    again = Artifact.load(tagger.path)
    assert not again.degraded
    assert again.predict(texts) == tagger.predict(texts)
    again.close()


def test_the_report_beats_the_dictionary_and_recomputes(report: Report, tmp_path: Path) -> None:
    assert (report.kind, report.main, report.rows) == ("tagging", "f1", 60)
    assert report.main_score.value > 0.9
    assert set(report.baselines) == {"word-tags", "frozen-logistic"}
    assert report.baselines["word-tags"].verdict == "superior"
    assert {one.label for one in report.per_class} == {"of card", "of money"}
    write_report(report, tmp_path / "report")
    assert recompute(tmp_path / "report") == dict(report.metrics)
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "F1 of spans" in page
    assert "word-tags" in page
    assert "of money" in page
    assert read_report(tmp_path / "report").main_score == report.main_score
    assert "2 types" in headline("toy", report)


def test_a_tagger_passes_its_gates_beside_itself_and_a_worse_one_does_not(report: Report) -> None:
    gates = GatesRecipe(beat_baseline="word-tags")
    assert check_gates(report, gates, live=report).passed
    table = report.predictions
    assert table is not None
    worse = replace(report, predictions=table.assign(predicted="[]"))
    assert not check_gates(worse, gates, live=report).passed


def test_a_file_is_answered_with_spans_and_its_contexts_are_read(
    tagger: Artifact, surroundings: Settings, tmp_path: Path
) -> None:
    import pyarrow.parquet as pq

    asked = write_rows(tmp_path / "asked.jsonl", [{"text": "card thing2", "context": "filler3"}, {"text": "filler1"}])
    out = tmp_path / "out.parquet"
    predict_file(tagger, asked, out, column="text", settings=surroundings, say=lambda _: None)
    rows = pq.read_table(out).to_pylist()
    assert [row["text"] for row in rows] == ["card thing2", "filler1"]
    (span,) = rows[0]["spans"]
    assert (span["label"], span["start"], span["end"], span["text"]) == ("of card", 5, 11, "thing2")
    assert rows[1]["spans"] == []


@pytest.mark.parametrize("macro", [False, True])
def test_the_benchmark_recomputes_from_the_spans_that_it_keeps(
    tagger: Artifact, wanted: Recipe, surroundings: Settings, report: Report, *, macro: bool
) -> None:
    measured = measure_spans(tagger, wanted, surroundings, seed=0, macro=macro)
    kept = json.loads(json.dumps(measured.kept))
    value = report.metrics["macro_f1" if macro else "f1"].value
    assert recompute_spans(kept, macro=macro) == pytest.approx(value, abs=1e-12)
    assert measured.low <= value <= measured.high
    assert measured.baselines["word-tags"].paired_p is not None
    assert measured.baselines["word-tags"].paired_p < 0.05


def test_int8_is_refused_where_it_costs_more_f1_than_allowed(wanted: Recipe, surroundings: Settings) -> None:
    from trivet.export.judge import refuse_loss

    with pytest.raises(ArtifactError, match=r"int8 loses 30\.0 points of span F1"):
        refuse_loss(0.3, wanted.export, rows=10, metric="span F1")


def test_rows_without_spans_cannot_be_learnt(wanted: Recipe, surroundings: Settings, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "labels.jsonl", [{"text": f"card {at}", "label": "ab"[at % 2]} for at in range(20)])
    recipe = wanted.model_copy(update={"data": wanted.data.model_copy(update={"dataset": str(rows)})})
    with pytest.raises(DataError, match="the rows have no spans"):
        train(recipe, out=tmp_path / "out", settings=surroundings)
