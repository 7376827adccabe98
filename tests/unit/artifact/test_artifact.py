import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trivet.answers.similarity import SimilarityFacts
from trivet.artifact.artifact import Artifact
from trivet.artifact.save import save_artifact
from trivet.errors import ArtifactError, InputError
from trivet.recipe import build_recipe
from trivet.runtime.graphs import GraphPool
from trivet.runtime.offline import run_sorted
from trivet.runtime.tokens import pad


@pytest.fixture(scope="module")
def artifact(tiny_artifact: Path) -> Artifact:
    return Artifact.load(tiny_artifact, threads=1)


def test_it_answers_what_it_learnt(artifact: Artifact, tiny: Any) -> None:
    answers = artifact.predict(tiny.texts)
    assert [answer.label for answer in answers] == [tiny.labels[at] for at in tiny.truth]
    assert all(0 < answer.confidence <= 1 for answer in answers)
    assert artifact.degraded == ""
    assert artifact.graph.engine.precision == "int8"


def test_everything_comes_back_as_it_was_saved(artifact: Artifact, tiny_parts: Any, tiny: Any) -> None:
    assert artifact.recipe == tiny_parts.recipe
    assert artifact.facts == tiny_parts.facts
    assert artifact.card == tiny_parts.card
    assert artifact.head is not None
    assert artifact.prototypes is not None
    embeddings = artifact.embed(tiny.texts)
    assert np.array_equal(artifact.head.scores(embeddings), tiny_parts.head.scores(embeddings))
    assert np.array_equal(artifact.prototypes.means, tiny_parts.prototypes.means)


def test_answers_do_not_depend_on_the_order_or_the_number_of_texts(artifact: Artifact, tiny: Any) -> None:
    forward = artifact.predict(tiny.texts)
    backward = artifact.predict(tiny.texts[::-1])[::-1]
    alone = [artifact.predict([text])[0] for text in tiny.texts]
    for one, two, three in zip(forward, backward, alone, strict=True):
        assert one.label == two.label == three.label
        assert one.confidence == pytest.approx(two.confidence, abs=0.02)
        assert one.confidence == pytest.approx(three.confidence, abs=0.02)


def test_rows_of_the_engine_become_the_answers_of_predict(artifact: Artifact, tiny: Any) -> None:
    encoded = artifact.encode(tiny.texts)
    assert artifact.answer(run_sorted(artifact.graph.engine, encoded), encoded) == artifact.predict(tiny.texts)


def test_as_many_labels_are_ranked_as_asked(artifact: Artifact) -> None:
    assert [len(artifact.predict(["my card"], top=top)[0].ranking) for top in (1, 2, 9)] == [1, 2, 3]


def test_embeddings_have_unit_length(artifact: Artifact, tiny: Any) -> None:
    embeddings = artifact.embed(tiny.texts)
    assert embeddings.shape == (12, tiny.source.dim)
    assert np.linalg.norm(embeddings, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_no_texts_get_no_answers(artifact: Artifact, tiny: Any) -> None:
    assert artifact.predict([]) == []
    assert artifact.embed([]).shape == (0, tiny.source.dim)


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u200b"])
def test_an_empty_text_is_pointed_at(artifact: Artifact, text: str) -> None:
    with pytest.raises(InputError, match=r"^/2: the text is empty\. Send"):
        artifact.predict(["my card", "money", text])
    with pytest.raises(InputError, match=r"^/texts/0: the text is empty\."):
        artifact.encode([text], pointer="/texts")


def test_a_text_over_the_limit_is_answered_and_says_that_it_was_truncated(artifact: Artifact) -> None:
    answers = artifact.predict(["my card is lost " * 30, "my card is lost"])
    assert [(answer.tokens, answer.truncated) for answer in answers] == [(122, True), (6, False)]
    assert answers[0].label == "card"


def test_a_model_without_labels_embeds_and_does_not_answer(tiny: Any, tiny_parts: Any, tmp_path: Path) -> None:
    task = {"kind": "similarity", "max_tokens": 24}
    recipe = build_recipe({"name": "shop", "data": {"dataset": "toy"}, "task": task, "method": {"kind": "full"}})
    facts = SimilarityFacts(dim=tiny.source.dim, max_tokens=24)
    parts = replace(tiny_parts, recipe=recipe, facts=facts, head=None, prototypes=None, weights=None)
    artifact = Artifact.load(save_artifact(parts, tmp_path / "shop", golden_texts=tiny.texts), threads=1)
    assert artifact.embed(["my card"]).shape == (1, tiny.source.dim)
    with pytest.raises(ArtifactError, match="embeds only"):
        artifact.predict(["my card"])


def test_a_tuned_classifier_answers_by_the_logits_of_its_graph(
    tiny: Any, tiny_logits: Path, tiny_parts: Any, tmp_path: Path
) -> None:
    parts = replace(tiny_parts, graph=tiny_logits, head=None)
    artifact = Artifact.load(save_artifact(parts, tmp_path / "tuned", golden_texts=tiny.texts), threads=1)
    best = run_sorted(artifact.graph.engine, artifact.encode(tiny.texts))["logits"].argmax(axis=1)
    assert [answer.label for answer in artifact.predict(tiny.texts)] == [tiny.labels[at] for at in best]


def test_embeddings_of_a_loaded_artifact_are_those_of_torch(tiny_artifact: Path, tiny: Any) -> None:
    import torch

    from trivet.backbone.text import load_encoder

    ids, mask = pad(tiny.tokenizer().encode(tiny.texts))
    with torch.no_grad():
        wanted = load_encoder(tiny.source, dropout=0.0).eval()(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()
    found = Artifact.load(tiny_artifact, precision="fp32", threads=1).embed(tiny.texts)
    assert np.abs(found - wanted).max() <= 1e-4


@pytest.mark.parametrize(("engine", "precision"), [("openvino", "int8"), ("openvino", "fp32"), ("onnx", "fp32")])
def test_every_engine_and_precision_gives_the_same_labels(
    tiny_artifact: Path, tiny: Any, engine: Any, precision: Any
) -> None:
    artifact = Artifact.load(tiny_artifact, engine=engine, precision=precision, threads=1)
    assert artifact.degraded == ""
    assert (artifact.graph.engine.kind, artifact.graph.engine.precision) == (engine, precision)
    assert [answer.label for answer in artifact.predict(tiny.texts)] == [tiny.labels[at] for at in tiny.truth]


def test_a_hundred_heads_hold_one_graph_in_memory(tiny_parts: Any, tiny: Any, tmp_path: Path) -> None:
    pool = GraphPool()
    saved = []
    for temperature in (0.1, 0.2, 0.3, 0.4):
        parts = replace(tiny_parts, facts=replace(tiny_parts.facts, temperature=temperature), weights=None)
        saved.append(save_artifact(parts, tmp_path / f"saved-{temperature}", golden_texts=tiny.texts[:4]))
    copies = [shutil.copytree(saved[at % 4], tmp_path / str(at)) for at in range(100)]
    artifacts = [Artifact.load(path, pool=pool, threads=1) for path in copies]
    assert len({artifact.identity for artifact in artifacts}) == 4
    assert len(pool) == 1
    assert len({id(artifact.graph.engine) for artifact in artifacts}) == 1
    for artifact in artifacts[:99]:
        artifact.close()
    assert artifacts[99].predict(["my card is lost"])[0].label == "card"
    artifacts[99].close()
    assert len(pool) == 0


def test_a_closed_artifact_says_so_and_closes_only_once(tiny_artifact: Path) -> None:
    pool = GraphPool()
    artifact = Artifact.load(tiny_artifact, pool=pool, threads=1)
    artifact.close()
    artifact.close()
    assert len(pool) == 0
    with pytest.raises(ArtifactError, match="is closed"):
        artifact.predict(["my card"])


def test_the_identity_depends_on_the_content_alone(tiny_artifact: Path, tiny_parts: Any, tmp_path: Path) -> None:
    shutil.copytree(tiny_artifact, tmp_path / "copy")
    assert Artifact.load(tmp_path / "copy", threads=1).identity == Artifact.load(tiny_artifact, threads=1).identity


def test_loading_and_answering_needs_no_library_of_training(tiny_artifact: Path) -> None:
    program = (
        "import sys\n"
        "from trivet.artifact.artifact import Artifact\n"
        f"print(Artifact.load({str(tiny_artifact)!r}, threads=1).predict(['my card is lost'])[0].label)\n"
        "heavy = ('torch', 'peft', 'transformers', 'sklearn', 'pandas', 'scipy', 'nncf', 'onnxruntime', 'faiss')\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], env=os.environ, capture_output=True, text=True, check=False)
    assert done.stdout.split("\n")[:2] == ["card", "[]"], done.stderr[-2000:]
