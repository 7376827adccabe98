"""A trained model as a folder: checked when it is loaded, served without torch."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from trivet.answers.classification import ClassificationAnswer
from trivet.answers.facts import Facts
from trivet.answers.similarity import SimilarityFacts
from trivet.artifact.answering import Answer, Answering
from trivet.artifact.card import Card
from trivet.artifact.layout import SUMS, Header
from trivet.artifact.load import Opened, choose_precision, find_mismatch, open_folder
from trivet.artifact.texts import check_texts, refuse_empty
from trivet.errors import ArtifactError, InputError
from trivet.heads.head import Head
from trivet.heads.prototypes import Prototypes
from trivet.recipe import Recipe
from trivet.runtime.engine import EngineKind, Floats, Precision
from trivet.runtime.graphs import Graph, GraphPool
from trivet.runtime.offline import run_sorted
from trivet.runtime.tokens import Encoded, TextTokenizer


@dataclass(eq=False)
class Artifact:
    """A loaded model. `degraded` is empty, or says why fp32 is served in place of int8."""

    path: Path
    header: Header
    recipe: Recipe
    card: Card
    answering: Answering
    tokenizer: TextTokenizer
    graph: Graph
    pool: GraphPool = field(repr=False)
    degraded: str = ""
    is_closed: bool = False

    @classmethod
    def load(
        cls,
        path: Path | str,
        *,
        pool: GraphPool | None = None,
        precision: Precision | None = None,
        engine: EngineKind = "openvino",
        threads: int = 2,
    ) -> Artifact:
        """The artifact in a folder, all its files checked against the sha256 they were saved with.

        Large files that the engine does not open (the other precision, torch weights) are read beside the engine's own
        start; none stays unchecked. Then the golden texts are answered: where int8 answers otherwise than when it was
        saved, fp32 is served and `degraded` says so. Artifacts of one `pool` share graphs; `precision` is the recipe's
        by default.

        Raises:
            ArtifactError: the folder is no artifact, half written, of another format, or a file is missing, foreign or
                damaged (named in `where`); or fp32 does not give the golden answers either.
        """
        folder = Path(path)
        shared = pool if pool is not None else GraphPool()
        with open_folder(folder, digests=shared.digests) as opened:
            wanted = choose_precision(opened, precision=precision, engine=engine)
            graph = shared.acquire(opened.graph, precision=wanted, engine=engine, threads=threads)
            degraded = ""
            try:
                mismatch = find_mismatch(opened, graph.engine)
                if mismatch and wanted == "int8":
                    degraded = f"{mismatch}; fp32 is served"
                    exact = shared.acquire(opened.graph, precision="fp32", engine=engine, threads=threads)
                    shared.release(graph)
                    graph = exact
                    mismatch = find_mismatch(opened, graph.engine)
                if mismatch:
                    raise ArtifactError(
                        f"the model does not answer as when it was saved: {mismatch}.",
                        where=str(folder),
                        todo="Train it again on this machine.",
                    )
                opened.finish_checks()
            except BaseException:
                shared.release(graph)
                raise
        return cls._build(folder, opened, graph, shared, degraded=degraded)

    @classmethod
    def _build(cls, folder: Path, opened: Opened, graph: Graph, pool: GraphPool, *, degraded: str) -> Artifact:
        return cls(
            path=folder,
            header=opened.header,
            recipe=opened.recipe,
            card=opened.card,
            answering=opened.answering,
            tokenizer=opened.tokenizer,
            graph=graph,
            pool=pool,
            degraded=degraded,
        )

    @property
    def facts(self) -> Facts:
        """Labels, thresholds and temperature."""
        return self.answering.facts

    @property
    def head(self) -> Head | None:
        """The head over the frozen encoder; None where the graph answers logits."""
        return self.answering.head

    @property
    def prototypes(self) -> Prototypes | None:
        """The mean of each label, the yardstick of novelty."""
        return self.answering.prototypes

    @property
    def dim(self) -> int:
        """Length of an embedding."""
        if isinstance(self.facts, SimilarityFacts):
            return self.facts.dim
        return self.graph.manifest.outputs["embedding"]

    @property
    def identity(self) -> str:
        """sha256 over all files, in hex: equal for equal content wherever it lies."""
        return hashlib.sha256((self.path / SUMS).read_bytes()).hexdigest()

    def encode(self, texts: Sequence[str], *, pointer: str = "") -> list[Encoded]:
        """The texts as the engine reads them; longer ones than `facts.max_tokens` are truncated and say so.

        Raises:
            InputError: a text is no string, empty or not valid Unicode; `where` points at it, below `pointer`.
        """
        encoded = self.tokenizer.encode(check_texts(texts, pointer=pointer))
        for row, text in enumerate(encoded):
            if text.tokens <= self.tokenizer.bare:
                raise refuse_empty(f"{pointer}/{row}")
        return encoded

    def answer(self, outputs: Mapping[str, Floats], encoded: Sequence[Encoded], *, top: int = 5) -> Sequence[Answer]:
        """An answer a row of the graph's outputs F32[N, ...], with the `top` likeliest labels.

        Raises:
            ArtifactError: the model embeds only.
        """
        return self.answering.answer(outputs, encoded, top=top)

    def predict(self, texts: Sequence[str], *, top: int = 5) -> Sequence[Answer]:
        """An answer a text, in their order, in batches of like length.

        Raises:
            InputError: see `encode`.
            ArtifactError: the model embeds only.
        """
        encoded = self.encode(texts)
        return self.answer(run_sorted(self._engine_graph().engine, encoded), encoded, top=top) if encoded else []

    def classify(self, texts: Sequence[str], *, top: int = 5) -> list[ClassificationAnswer]:
        """As `predict`, of a model that gives one label of several.

        Raises:
            InputError: see `encode`.
            ArtifactError: the model does something else.
        """
        encoded = self.encode(texts)
        if not encoded:
            return []
        return self.answering.classify(run_sorted(self._engine_graph().engine, encoded), encoded, top=top)

    def embed(self, texts: Sequence[str], *, dim: int = 0) -> Floats:
        """Embeddings F32[N, D] of unit length, in the order of the texts; `dim`: cut to it (`facts.dims`), 0: whole.

        Raises:
            InputError: see `encode`; also a dimension that the model was not trained to be cut to.
        """
        encoded = self.encode(texts)
        whole = np.empty((0, self.dim), dtype=np.float32)
        if encoded:
            whole = self.answering.embed(run_sorted(self._engine_graph().engine, encoded))
        if not dim:
            return whole
        if not isinstance(self.facts, SimilarityFacts):
            raise InputError("only a similarity model may be cut.", where="dim", todo="Leave it out.")
        return self.facts.cut(whole, dim)

    def close(self) -> None:
        """Give the graph back to the pool; a second call does nothing."""
        if not self.is_closed:
            self.is_closed = True
            self.pool.release(self.graph)

    def _engine_graph(self) -> Graph:
        if self.is_closed:
            raise ArtifactError("the artifact is closed.", where=str(self.path), todo="Load it again.")
        return self.graph
