"""Graphs in memory: one load a process, however many artifacts stand on them."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from trivet.errors import ArtifactError
from trivet.runtime.batcher import Batcher
from trivet.runtime.digests import Digests
from trivet.runtime.engine import Engine, EngineKind, Precision
from trivet.runtime.manifest import Manifest, engine_files, read_manifest
from trivet.runtime.onnx_engine import OnnxEngine
from trivet.runtime.openvino_engine import OpenVinoEngine


@dataclass(frozen=True)
class EngineChoice:
    """Which engine runs a graph, in which precision, on how many threads; where compiled graphs are kept, if at all."""

    kind: EngineKind
    precision: Precision
    threads: int
    cache: Path | None = None


class Graph:
    """A graph folder and, from its first use on, its engine and its batcher; `users` counts who holds it."""

    def __init__(self, folder: Path, manifest: Manifest, choice: EngineChoice, *, digests: Digests) -> None:
        self.folder = folder
        self.manifest = manifest
        self.hash = manifest.hash
        self.choice = choice
        self.users = 0
        self._digests = digests
        self._engine: Engine | None = None
        self._batcher: Batcher | None = None
        self._lock = threading.RLock()

    @property
    def is_loaded(self) -> bool:
        """Whether the engine is in memory."""
        return self._engine is not None

    @property
    def engine(self) -> Engine:
        """The engine, loaded by the first who asks.

        Raises:
            ArtifactError: a file of the graph is missing, damaged or cannot be compiled.
        """
        with self._lock:
            if self._engine is None:
                self._engine = self._load()
            return self._engine

    def batcher(self) -> Batcher:
        """The batcher over the engine, shared by all users."""
        with self._lock:
            if self._batcher is None:
                self._batcher = Batcher(self.engine, name=f"{self.hash[:12]}-{self.choice.precision}")
            return self._batcher

    def unload(self) -> None:
        """Answer what is queued and free the engine; the next use loads it again."""
        with self._lock:
            if self._batcher is not None:
                self._batcher.close()
            self._batcher = None
            self._engine = None

    def _load(self) -> Engine:
        for name in engine_files(self.choice.kind, self.choice.precision):
            self._digests.check(self.folder / name, self.manifest.files[name])
        choice = self.choice
        match choice.kind:
            case "openvino":
                return OpenVinoEngine(
                    self.folder, precision=choice.precision, threads=choice.threads, cache=choice.cache
                )
            case "onnx":
                return OnnxEngine(self.folder, threads=choice.threads)
        assert_never(choice.kind)


class GraphPool:
    """Graphs by content hash, engine and precision; the last user's release frees the memory."""

    def __init__(self, *, cache: Path | None = None) -> None:
        """`cache`: a folder where OpenVINO keeps compiled graphs, so that the next process starts faster."""
        self.digests = Digests()
        self._cache = cache
        self._graphs: dict[tuple[str, EngineKind, Precision], Graph] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._graphs)

    def acquire(
        self, folder: Path, *, precision: Precision, engine: EngineKind = "openvino", threads: int = 2
    ) -> Graph:
        """The graph of a folder; the same object for every folder of the same content. Who acquires it releases it.

        `threads` count for the first who asks. ONNX Runtime serves float32 only, so `precision` says nothing to it.

        Raises:
            ArtifactError: the folder is no graph, or does not hold what the engine opens.
        """
        manifest = read_manifest(folder)
        exact: Precision = "fp32" if engine == "onnx" else precision
        missing = [name for name in engine_files(engine, exact) if name not in manifest.files]
        if missing:
            raise ArtifactError(
                f"the graph holds no {missing[0]}.", where=str(folder), todo="Export it with that engine and precision."
            )
        with self._lock:
            key = (manifest.hash, engine, exact)
            if key not in self._graphs:
                choice = EngineChoice(engine, exact, threads, self._cache)
                self._graphs[key] = Graph(folder, manifest, choice, digests=self.digests)
            self._graphs[key].users += 1
            return self._graphs[key]

    def release(self, graph: Graph) -> None:
        """One user less; without users the graph leaves the pool and its memory is freed."""
        with self._lock:
            assert graph.users > 0, "a graph is released once by each who acquired it"
            graph.users -= 1
            if graph.users:
                return
            del self._graphs[(graph.hash, graph.choice.kind, graph.choice.precision)]
        graph.unload()
