"""Models of random weights that learn a toy problem in a second, to test a service without training one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from trivet.answers.facts import Facts
from trivet.answers.similarity import SimilarityFacts
from trivet.artifact.card import describe_run
from trivet.artifact.parts import Parts
from trivet.artifact.save import save_artifact
from trivet.data.dataset import Licence
from trivet.encoders.catalogue import EncoderSource
from trivet.heads.analytic import AnalyticHead
from trivet.heads.prototypes import Prototypes
from trivet.recipe import Recipe, build_recipe
from trivet.recipe.export import ExportRecipe
from trivet.runtime.graphs import GraphPool
from trivet.runtime.offline import run_sorted
from trivet.runtime.tokens import TextTokenizer

MAX_TOKENS = 32


@dataclass(frozen=True)
class TinyEncoder:
    """An exported encoder that knows a few words; models saved over it share its graph."""

    source: EncoderSource
    graph: Path

    @classmethod
    def make(cls, folder: Path, words: Sequence[str], *, seed: int = 0) -> TinyEncoder:
        """Write and export an encoder of these words, in fp32; needs torch."""
        from trivet.backbone.text import load_encoder
        from trivet.backbone.tiny import write_tiny_encoder
        from trivet.export.graph import export_graph

        source = write_tiny_encoder(folder / "encoder", words, seed=seed)
        tokenizer = TextTokenizer(source.path / "tokenizer.json", MAX_TOKENS)
        texts = [" ".join(words[at : at + 1 + at % 7]) for at in range(len(words))]
        graph = export_graph(
            load_encoder(source, dropout=0.0),
            tokenizer,
            texts,
            ExportRecipe(precision="fp32"),
            folder / "graphs",
            outputs=("embedding",),
        )
        return cls(source, graph)

    def save_classifier(
        self, path: Path, examples: Mapping[str, Sequence[str]], *, dataset: str = "toy", context: str = ""
    ) -> Path:
        """An artifact with a head fitted on texts by label.

        `dataset` is where its recipe says that they lie, `context` what it calls their column of what was said before.
        """
        from trivet.methods.promises import HeldOut, promise
        from trivet.trust.novelty import leave_one_out_novelty

        labels = tuple(sorted(examples))
        texts = [text for label in labels for text in examples[label]]
        truth = np.repeat(np.arange(len(labels)), [len(examples[label]) for label in labels])
        embeddings = self._embed(texts)
        head = AnalyticHead.fit(embeddings, truth, labels, expansion=256, penalties=(0.1, 1.0, 10.0), seed=0)
        assert head.leave_one_out_scores is not None, "a fitted head keeps them"
        recipe = self._recipe(path.name, task="classification", dataset=dataset, context=context)
        scores = np.asarray(head.leave_one_out_scores, dtype=np.float64)
        held_out = HeldOut(scores, leave_one_out_novelty(embeddings, truth), truth)
        facts = promise(held_out, labels=labels, max_tokens=MAX_TOKENS, trust=recipe.trust)
        prototypes = Prototypes.fit(embeddings, truth, labels)
        return self._save(path, recipe, facts, head=head, prototypes=prototypes, golden=texts[:8])

    def save_embedder(self, path: Path, texts: Sequence[str]) -> Path:
        """An artifact that only embeds."""
        facts = SimilarityFacts(dim=self.source.dim, max_tokens=MAX_TOKENS)
        recipe = self._recipe(path.name, task="similarity")
        return self._save(path, recipe, facts, head=None, prototypes=None, golden=list(texts[:8]))

    def _recipe(self, name: str, *, task: str, dataset: str = "toy", context: str = "") -> Recipe:
        values = {
            "name": name,
            "data": {"dataset": dataset, "columns": {"context": context}},
            "task": {"kind": task, "max_tokens": MAX_TOKENS},
            "method": {"kind": "head" if task == "classification" else "full"},
            "export": {"precision": "fp32"},
        }
        return build_recipe(values)

    def _save(
        self,
        path: Path,
        recipe: Recipe,
        facts: Facts,
        *,
        head: AnalyticHead | None,
        prototypes: Prototypes | None,
        golden: Sequence[str],
    ) -> Path:
        card = describe_run(
            recipe,
            source=self.source,
            licence=Licence("CC0-1.0", commercial=True),
            data_sha256={},
            rows=0,
            seconds=0.0,
            created=datetime(2026, 1, 1, tzinfo=UTC),
            notes={},
        )
        parts = Parts(
            recipe=recipe,
            facts=facts,
            card=card,
            tokenizer=self.source.path / "tokenizer.json",
            graph=self.graph,
            head=head,
            prototypes=prototypes,
            weights=None,
        )
        return save_artifact(parts, path, golden_texts=golden)

    def _embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        pool = GraphPool()
        graph = pool.acquire(self.graph, precision="fp32", threads=1)
        tokenizer = TextTokenizer(self.source.path / "tokenizer.json", MAX_TOKENS)
        try:
            return run_sorted(graph.engine, tokenizer.encode(texts))["embedding"]
        finally:
            pool.release(graph)
