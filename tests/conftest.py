"""A tiny encoder and what is exported from it, made once a session; tests that damage something copy it first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

TOPICS = {
    "card": ("my card is lost", "card stolen please block it", "where is my new card", "block my card now"),
    "money": ("send money to my friend", "the transfer is late", "money not arrived", "send the transfer now"),
    "thanks": ("thank you very much", "great thanks a lot", "thanks that helped", "thank you that was great"),
}
MAX_TOKENS = 24


@dataclass(frozen=True)
class Tiny:
    """Texts by label, an encoder of two layers that knows their words, and its graph in int8, fp32 and ONNX."""

    source: Any
    graph: Path
    topics: Mapping[str, tuple[str, ...]]

    @property
    def texts(self) -> list[str]:
        return [text for texts in self.topics.values() for text in texts]

    @property
    def truth(self) -> list[int]:
        return [at for at, texts in enumerate(self.topics.values()) for _ in texts]

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self.topics)

    def tokenizer(self) -> Any:
        from trivet.runtime.tokens import TextTokenizer

        return TextTokenizer(self.source.path / "tokenizer.json", MAX_TOKENS)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    from trivet.backbone.text import load_encoder
    from trivet.backbone.tiny import write_tiny_encoder
    from trivet.export.graph import export_graph
    from trivet.recipe.export import ExportRecipe
    from trivet.runtime.tokens import TextTokenizer

    folder = tmp_path_factory.mktemp("tiny")
    texts = [text for texts in TOPICS.values() for text in texts]
    source = write_tiny_encoder(folder / "encoder", sorted({word for text in texts for word in text.split()}), seed=1)
    graph = export_graph(
        load_encoder(source, dropout=0.0),
        TextTokenizer(source.path / "tokenizer.json", MAX_TOKENS),
        texts,
        ExportRecipe(onnx=True),
        folder / "graphs",
        outputs=("embedding",),
    )
    return Tiny(source, graph, TOPICS)


@pytest.fixture(scope="session")
def tiny_logits(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graph that answers embeddings and logits, of an encoder with a linear layer on top."""
    import torch

    from trivet.backbone.text import load_encoder
    from trivet.export.graph import export_graph
    from trivet.recipe.export import ExportRecipe

    class Classifier(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = load_encoder(tiny.source, dropout=0.0)
            with torch.random.fork_rng():
                torch.manual_seed(0)
                self.top = torch.nn.Linear(self.encoder.dim, len(tiny.labels))

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
            embedding = self.encoder(input_ids, attention_mask)
            return embedding, self.top(embedding)

    folder = tmp_path_factory.mktemp("logits")
    outputs = ("embedding", "logits")
    return export_graph(Classifier(), tiny.tokenizer(), tiny.texts, ExportRecipe(onnx=True), folder, outputs=outputs)


@pytest.fixture(scope="session")
def tiny_parts(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The parts of a classifier with a head over the tiny encoder, with weights beside it."""
    import numpy as np

    from trivet.answers.classification import ClassificationFacts
    from trivet.artifact.card import describe_run
    from trivet.artifact.parts import Parts
    from trivet.data.dataset import Licence
    from trivet.heads.analytic import AnalyticHead
    from trivet.heads.prototypes import Prototypes
    from trivet.recipe import build_recipe
    from trivet.runtime.graphs import GraphPool
    from trivet.runtime.offline import run_sorted

    pool = GraphPool()
    graph = pool.acquire(tiny.graph, precision="int8", threads=1)
    embeddings = run_sorted(graph.engine, tiny.tokenizer().encode(tiny.texts))["embedding"]
    pool.release(graph)
    truth = np.asarray(tiny.truth)
    task = {"kind": "classification", "max_tokens": MAX_TOKENS}
    recipe = build_recipe({"name": "desk", "data": {"dataset": "toy"}, "task": task})
    card = describe_run(
        recipe,
        source=tiny.source,
        licence=Licence("CC0-1.0", commercial=True),
        data_sha256={"train": "0" * 64},
        rows=len(truth),
        seconds=0.5,
        created=datetime(2026, 11, 1, tzinfo=UTC),
        notes={"epochs": 0},
    )
    weights = tmp_path_factory.mktemp("weights")
    (weights / "model.safetensors").write_bytes((tiny.source.path / "model.safetensors").read_bytes())
    (weights / "config.json").write_bytes((tiny.source.path / "config.json").read_bytes())
    head = AnalyticHead.fit(embeddings, truth, tiny.labels, expansion=64, penalties=(0.01, 0.1), seed=0)
    return Parts(
        recipe=recipe,
        facts=ClassificationFacts(tiny.labels, MAX_TOKENS, temperature=0.2, novelty_threshold=0.9),
        card=card,
        tokenizer=tiny.source.path / "tokenizer.json",
        graph=tiny.graph,
        head=head,
        prototypes=Prototypes.fit(embeddings, truth, tiny.labels),
        weights=weights,
    )


@pytest.fixture(scope="session")
def tiny_artifact(tiny_parts: Any, tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved artifact: to read, not to change."""
    from trivet.artifact.save import save_artifact

    return save_artifact(tiny_parts, tmp_path_factory.mktemp("saved") / "desk", golden_texts=tiny.texts)
