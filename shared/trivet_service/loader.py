"""Opens artifacts over graphs and batchers that they share, and closes each once nobody holds it any more."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from trivet.errors import ArtifactError
from trivet.runtime.batcher import Batcher
from trivet_service.model import Model
from trivet_service.settings import ServiceSettings

if TYPE_CHECKING:
    from trivet.artifact.artifact import Artifact
    from trivet.runtime.graphs import Graph
    from trivet.runtime.tokens import TextTokenizer


@dataclass(eq=False)
class _Bench:
    """A graph's batcher, and how many artifacts stand on it."""

    batcher: Batcher
    users: int = 0


class Loader:
    """One graph, one batcher and one tokenizer for all artifacts of the same content.

    A request holds its model by holding it: there is nothing to give back. What nobody holds is closed by a thread of
    its own, for closing waits for the engine.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        from trivet.runtime.graphs import GraphPool

        self._settings = settings
        self._pool = GraphPool(cache=settings.cache / "compiled")
        self._benches: dict[Graph, _Bench] = {}
        self._tokenizers: weakref.WeakValueDictionary[Hashable, TextTokenizer] = weakref.WeakValueDictionary()
        self._open: list[weakref.finalize[Any, Artifact]] = []
        self._lock = threading.Lock()
        # A queue that may be put into while it is being put into: the garbage collector may come in between.
        self._left: SimpleQueue[Graph | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="closing", daemon=True)
        self._thread.start()

    def open(
        self, path: Path, *, service: str, name: str, version: int, tenant: str = "", is_shared: bool = False
    ) -> Model:
        """The model in a folder, all its files and golden answers checked.

        Raises:
            ArtifactError: it is damaged, or answers otherwise than when it was saved; with `is_shared` also where it
                would bring a graph of its own.
        """
        from trivet.artifact.artifact import Artifact

        if is_shared:
            self._refuse_stranger(path)
        artifact = Artifact.load(path, pool=self._pool, threads=self._settings.engine_threads)
        with self._lock:
            is_new = artifact.graph not in self._benches
            if is_new:
                self._benches[artifact.graph] = _Bench(self._start(artifact.graph))
            bench = self._benches[artifact.graph]
            bench.users += 1
            leaving = weakref.finalize(artifact, self._left.put, artifact.graph)
            leaving.atexit = False
            self._open = [*(one for one in self._open if one.alive), leaving]
        if is_shared and is_new:
            raise self._stranger(path, artifact.graph.hash)
        self._share_tokenizer(artifact)
        return Model(service, name, version, artifact, bench.batcher, self._settings, tenant)

    def batchers(self) -> Sequence[Batcher]:
        """One a graph."""
        with self._lock:
            return [bench.batcher for bench in self._benches.values()]

    def close(self) -> None:
        """Answer what is queued, then let go of everything, whoever still holds it."""
        with self._lock:
            leaving, self._open = self._open, []
        for one in leaving:
            one()
        self._left.put(None)
        self._thread.join()

    def _start(self, graph: Graph) -> Batcher:
        settings = self._settings
        name = f"{graph.hash[:12]}-{graph.engine.precision}"
        return Batcher(graph.engine, queue_tokens=settings.queue_tokens, cache_rows=settings.cache_rows, name=name)

    def _serve(self) -> None:
        while (graph := self._left.get()) is not None:
            with self._lock:
                bench = self._benches[graph]
                bench.users -= 1
                if not bench.users:
                    # Within the lock, so that nobody opens the graph anew while its last batch runs.
                    del self._benches[graph]
                    bench.batcher.close()
                self._pool.release(graph)

    def _share_tokenizer(self, artifact: Artifact) -> None:
        """Have artifacts of one vocabulary read texts by one tokenizer: 6 MB, nearly all that a tenant's head takes."""
        from trivet.artifact.layout import TOKENIZER
        from trivet.artifact.sums import read_sums

        own = artifact.tokenizer
        key = (read_sums(artifact.path)[TOKENIZER], own.max_tokens, own.prefix, own.spelled)
        with self._lock:
            artifact.tokenizer = self._tokenizers.setdefault(key, own)

    def _refuse_stranger(self, path: Path) -> None:
        """Look at the name of the graph before megabytes of it are read."""
        from trivet.artifact.documents import read_json
        from trivet.artifact.layout import HEADER

        header = read_json(path / HEADER)
        graph = str(header.get("graph", "")) if isinstance(header, dict) else ""
        with self._lock:
            is_there = any(known.hash == graph for known in self._benches)
        if not is_there:
            raise self._stranger(path, graph)

    def _stranger(self, path: Path, graph: str) -> ArtifactError:
        return ArtifactError(
            f"it stands on a graph of its own ({graph[:12]}), not on one that is in memory.",
            where=str(path),
            todo="Train a head over the encoder of the model that everybody has.",
        )
