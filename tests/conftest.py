"""A tiny encoder and what is exported from it, made once a session; a server over it; databases.

Tests that damage an artifact copy it first.
"""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
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
PROGRAM = (sys.executable, "-c", "from trivet.cli.main import run; run()")


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


@pytest.fixture(scope="session")
def legs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """An artifact a service, over one tiny encoder of random weights: to read, not to change."""
    from trivet_service.tiny import TinyEncoder

    folder = tmp_path_factory.mktemp("legs")
    texts = [text for texts in TOPICS.values() for text in texts]
    encoder = TinyEncoder.make(folder / "encoder", sorted({word for text in texts for word in text.split()}))
    return {
        "support": encoder.save_classifier(folder / "support", TOPICS),
        "finance": encoder.save_classifier(folder / "finance", TOPICS),
        "recommend": encoder.save_embedder(folder / "recommend", texts),
    }


@dataclass(frozen=True)
class Served:
    """A `trivet serve` that listens; `began` is the time.perf_counter() at which it was started."""

    address: str
    pid: int
    began: float


Serve = Callable[..., AbstractContextManager[Served]]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Serve:
    """Start `trivet serve` on a free port, in a process and a folder of its own; it ends with the block."""

    @contextmanager
    def start(*words: str, environment: Mapping[str, str], program: Sequence[str] = PROGRAM) -> Iterator[Served]:
        folder = tmp_path_factory.mktemp("served")
        command = [*program, "serve", *words, "--port", "0"]
        began = time.perf_counter()
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(
                command, env=dict(environment), cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True
            )
        try:
            assert process.stdout is not None
            found = re.search(r"http://[^ ]+", process.stdout.readline())
            assert found, (folder / "log").read_text()[-3000:]
            yield Served(found.group(), process.pid, began)
        finally:
            process.terminate()
            process.communicate(timeout=30)

    return start


# What `trivet demo` prints on the samples, a pattern a line, in this order; other lines may stand between.
SCORE = r"\d{1,3}\.\d \[\d{1,3}\.\d-\d{1,3}\.\d\]"
ASKED = r"\$ curl http://127\.0\.0\.1:\d+/v1/"
DEMO = (
    rf"support +\d+ labels +accuracy {SCORE}  TF-IDF \d+\.\d +\d+\.\d s",
    rf"finance +3 labels +accuracy {SCORE}  TF-IDF \d+\.\d +\d+\.\d s",
    rf"recommend +\d+ items +NDCG@10 {SCORE}  popular \d+\.\d +\d+\.\d s",
    rf"{ASKED}parse .*'\{{\"text\":\"card still not here\"\}}'",
    r" *-> card_arrival 0\.\d\d +answer \(promise: at most \d+ % wrong, coverage \d+ %\) +\(\d+ ms\)",
    rf"{ASKED}parse .*'\{{\"text\":\"asdf\"\}}'",
    r" *-> out of scope, hand over +\(\d+ ms\)",
    rf"{ASKED}analyze .*",
    r" *-> negative -\d\.\d\d +\(\d+ ms\)",
    rf"{ASKED}recommendations .*",
    r" *-> [^;]+ \([^;]+\); [^;]+ \([^;]+\); [^;]+ \([^;]+\) +\(\d+ ms\)",
    r"Yours: +trivet train support my\.csv && trivet serve support.*",
    r"Open http://127\.0\.0\.1:\d+/docs",
)


@pytest.fixture(scope="session")
def check_demo() -> Callable[[str], None]:
    """Fails on a text that is not what `trivet demo` prints; names the first pattern without its line."""

    def check(text: str) -> None:
        lines = iter(text.splitlines())
        for pattern in DEMO:
            assert any(re.fullmatch(pattern, line.rstrip()) for line in lines), f"no line like {pattern}\nin\n{text}"

    return check


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A PostgreSQL server of the session."""
    from trivet_service.testing_postgres import running_postgres

    # The path of a socket may hold about a hundred characters, fewer than the folders of pytest have.
    with tempfile.TemporaryDirectory(prefix="pg-") as folder, running_postgres(Path(folder) / "data") as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind, for one test."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'database' / 'store.db'}"
        return
    with request.getfixturevalue("postgres").database() as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Any]:
    """That database with the tables of the kit, open as in a process of its own."""
    from trivet_service.storage.database import Database
    from trivet_service.storage.kit import kit_domain

    opened = Database(database_url)
    opened.open([kit_domain()])
    yield opened
    opened.close()
