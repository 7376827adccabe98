"""The models that a process serves: artifacts by service, over graphs that they share."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from trivet.answers.classification import ClassificationAnswer
from trivet.errors import ArtifactError, InputError, RegistryError
from trivet.runtime.batcher import Batcher
from trivet.runtime.waiter import Outcome
from trivet_service.settings import ServiceSettings

if TYPE_CHECKING:
    from trivet.artifact.artifact import Artifact
    from trivet.runtime.graphs import GraphPool
    from trivet.runtime.tokens import Encoded

F32: TypeAlias = npt.NDArray[np.float32]

# Up to so many characters a text is tokenised on the event loop: less than handing it to a thread would take.
_INLINE_CHARACTERS = 4096


@dataclass(frozen=True, eq=False)
class Model:
    """An artifact that answers through the batcher of its graph."""

    service: str
    name: str
    version: int
    artifact: Artifact
    batcher: Batcher
    settings: ServiceSettings

    async def answer(self, text: str, *, top: int) -> ClassificationAnswer:
        """The answer to one text, with the `top` likeliest labels.

        Raises:
            InputError: the text holds no word; `where` is /text.
            OverloadError: it would wait longer than the deadline.
        """
        encoded = await self._encode([text], pointer="/text")
        rows = await self.batcher.async_submit(encoded[0], deadline_s=self.settings.deadline_s)
        return self.artifact.answering.classify(_stack([rows]), encoded, top=top)[0]

    async def answer_many(
        self, texts: Sequence[str], *, top: int, pointer: str = "/texts/{row}"
    ) -> list[ClassificationAnswer | Exception]:
        """An answer a text in order, or what went wrong with that text alone.

        Raises:
            InputError: a text holds no word; `where` is `pointer` with the number of the text in place of {row}.
            OverloadError: they would wait longer than the deadline.
        """
        encoded = await self._encode(texts, pointer=pointer)
        outcomes = await self.batcher.async_submit_many(encoded, deadline_s=self.settings.batch_deadline_s)
        good = [at for at, outcome in enumerate(outcomes) if not isinstance(outcome, Exception)]
        answers: list[Any] = list(outcomes)
        if good:
            found = await asyncio.to_thread(
                self.artifact.answering.classify,
                _stack([outcomes[at] for at in good]),
                [encoded[at] for at in good],
                top=top,
            )
            for at, answer in zip(good, found, strict=True):
                answers[at] = answer
        return answers

    async def embed(self, texts: Sequence[str], *, pointer: str = "/texts/{row}") -> F32:
        """Embeddings F32[N, D] of texts. Raises as `answer_many`, and whatever the engine raises on any of them."""
        encoded = await self._encode(texts, pointer=pointer)
        outcomes = await self.batcher.async_submit_many(encoded, deadline_s=self.settings.batch_deadline_s)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome
        if not texts:
            return np.empty((0, self.artifact.dim), dtype=np.float32)
        return self.artifact.answering.embed(_stack(outcomes))

    async def run(self, encoded: Sequence[Encoded]) -> dict[str, F32]:
        """Every output F32[N, W] of the graph, in order. Raises as the batcher, and what the engine raises on any."""
        outcomes = await self.batcher.async_submit_many(encoded, deadline_s=self.settings.batch_deadline_s)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome
        return _stack(outcomes)

    async def _encode(self, texts: Sequence[str], *, pointer: str) -> list[Encoded]:
        try:
            if sum(map(len, texts)) <= _INLINE_CHARACTERS:
                return self.artifact.encode(texts)
            return await asyncio.to_thread(self.artifact.encode, texts)
        except InputError as error:
            row = error.where.rpartition("/")[2]
            raise InputError(error.what, where=pointer.format(row=row), todo=error.todo) from error


class Models:
    """Loads what the services ask for; every graph once a process, whoever stands on it."""

    def __init__(self, settings: ServiceSettings, references: Mapping[str, str]) -> None:
        self.settings = settings
        self.references = dict(references)
        self._models: dict[str, Model] = {}
        self._pool: GraphPool | None = None

    def load(self) -> None:
        """Open the artifact of every service: a folder, or `name`, `name/3`, `name@live` of the registry; only once.

        Raises:
            RegistryError, ArtifactError: one is missing or damaged; names what to do.
        """
        from trivet.runtime.graphs import GraphPool

        if self._pool is not None:
            return
        self._pool = GraphPool(cache=self.settings.cache / "compiled")
        for service, reference in self.references.items():
            self._models[service] = self._open(service, reference, self._pool)

    def of(self, service: str) -> Model:
        """The model of a service."""
        return self._models[service]

    def __iter__(self) -> Iterator[Model]:
        return iter(self._models.values())

    def batchers(self) -> list[Batcher]:
        """One a graph."""
        return list({id(model.batcher): model.batcher for model in self}.values())

    def close(self) -> None:
        """Answer what is queued, then let go of the artifacts."""
        for batcher in self.batchers():
            batcher.close()
        for model in self:
            model.artifact.close()
        self._models.clear()

    def _open(self, service: str, reference: str, pool: GraphPool) -> Model:
        from trivet.artifact.artifact import Artifact

        name, version, path = find_artifact(reference, self.settings, service=service)
        artifact = Artifact.load(path, pool=pool, threads=self.settings.engine_threads)
        batcher = next((model.batcher for model in self if model.artifact.graph is artifact.graph), None)
        return Model(service, name, version, artifact, batcher or self._start(artifact), self.settings)

    def _start(self, artifact: Artifact) -> Batcher:
        graph, settings = artifact.graph, self.settings
        name = f"{graph.hash[:12]}-{graph.engine.precision}"
        return Batcher(graph.engine, queue_tokens=settings.queue_tokens, cache_rows=settings.cache_rows, name=name)


def find_artifact(reference: str, settings: ServiceSettings, *, service: str) -> tuple[str, int, Path]:
    """Name, version and folder of an artifact; version 0 for a folder that no registry numbered.

    Raises:
        RegistryError: the registry does not hold it; says how to train one.
        ArtifactError: a path where there is no artifact.
    """
    folder = Path(reference).expanduser()
    if folder.is_dir():
        return folder.name, 0, folder
    if "/" in reference and not reference.rsplit("/", 1)[1].isdigit():
        raise ArtifactError("there is no such folder.", where=reference, todo=f"Give a folder, or {service}@live.")
    # A server of folders needs no registry, nor the file systems that one may lie on.
    from trivet.registry.registry import open_registry

    registry = open_registry(settings)
    try:
        name, version = registry.resolve(reference)
    except RegistryError as error:
        raise RegistryError(error.what, where=error.where, todo=f"{error.todo} Or `trivet train {service}`.") from error
    return name, version, registry.fetch(f"{name}/{version}")


def _stack(rows: Sequence[Outcome]) -> dict[str, F32]:
    first = rows[0]
    assert isinstance(first, dict)
    return {name: np.stack([row[name] for row in rows if isinstance(row, dict)]) for name in first}
