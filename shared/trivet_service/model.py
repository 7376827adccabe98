"""A model that answers: an artifact behind the batcher of its graph."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from trivet.answers.classification import ClassificationAnswer
from trivet.errors import InputError, OverloadError
from trivet.runtime.batcher import Batcher
from trivet.runtime.waiter import Outcome
from trivet_service.settings import ServiceSettings

if TYPE_CHECKING:
    from trivet.artifact.answering import Answer
    from trivet.artifact.artifact import Artifact
    from trivet.runtime.tokens import Encoded

F32: TypeAlias = npt.NDArray[np.float32]
# Is told texts and the answers that they got.
Hear: TypeAlias = Callable[[Sequence[str], Sequence[ClassificationAnswer]], None]

# Up to so many characters a text is tokenised on the event loop: less than handing it to a thread would take.
_INLINE_CHARACTERS = 4096
# Texts that wait for the engine at once where nobody waits for them: requests pass between.
_WINDOW = 32


@dataclass(frozen=True, eq=False)
class Model:
    """An artifact that answers through the batcher of its graph.

    It stays open for as long as anybody holds it, whatever is served meanwhile. `tenant` is whose own it is, empty for
    everybody's; `hear` is told what it answered.
    """

    service: str
    name: str
    version: int
    artifact: Artifact
    batcher: Batcher
    settings: ServiceSettings
    tenant: str = ""
    hear: Hear | None = None

    async def answer(self, text: str, *, top: int) -> ClassificationAnswer:
        """The answer to one text, with the `top` likeliest labels.

        Raises:
            InputError: the text holds no word; `where` is /text.
            OverloadError: it would wait longer than the deadline.
        """
        encoded = await self._encode([text], pointer="/text")
        rows = await self.batcher.async_submit(encoded[0], deadline_s=self.settings.deadline_s)
        answers = self.artifact.answering.classify(_stack([rows]), encoded, top=top)
        if self.hear is not None:
            self.hear([text], answers)
        return answers[0]

    async def read(self, texts: Sequence[str], *, top: int, pointer: str = "/text") -> list[Answer | Exception]:
        """Whatever the model tells, labels or spans, of the parts of one message: as quickly as of a single text.

        Only the first, the message itself, is heard elsewhere. Raises as `answer_many`.
        """
        encoded = await self._encode(texts, pointer=pointer)
        outcomes = await self.batcher.async_submit_many(encoded, deadline_s=self.settings.deadline_s)
        answers = await self._decode(outcomes, encoded, top=top)
        self._tell(texts[:1], answers[:1])
        return answers

    async def read_many(
        self, texts: Sequence[str], *, top: int, pointer: str = "/texts/{row}"
    ) -> list[Answer | Exception]:
        """As `answer_many`, whatever the model tells: labels, sets of them, or spans."""
        encoded = await self._encode(texts, pointer=pointer)
        outcomes = await self.batcher.async_submit_many(encoded, deadline_s=self.settings.batch_deadline_s)
        answers = await self._decode(outcomes, encoded, top=top)
        self._tell(texts, answers)
        return answers

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
            if self.hear is not None:
                self.hear([texts[at] for at in good], found)
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

    def embed_beside(self, texts: Sequence[str], *, go_on: Callable[[], None]) -> F32:
        """As `embed`, on the calling thread: a window at a time, so that requests pass between.

        Raises:
            InputError: see `answer_many`; also whatever `go_on` raises, which is asked before each window.
        """
        parts = [np.empty((0, self.artifact.dim), dtype=np.float32)]
        for start in range(0, len(texts), _WINDOW):
            encoded = self.artifact.encode(texts[start : start + _WINDOW])
            parts.append(self.artifact.answering.embed(_stack(self._wait_for(encoded, go_on=go_on))))
        return np.concatenate(parts)

    def read_beside(self, texts: Sequence[str], *, top: int) -> list[Answer]:
        """An answer a text, whatever the task, on the calling thread: a window at a time, requests pass between.

        Raises:
            InputError: see `answer_many`.
        """
        answers: list[Answer] = []
        for start in range(0, len(texts), _WINDOW):
            encoded = self.artifact.encode(texts[start : start + _WINDOW])
            rows = self._wait_for(encoded, go_on=lambda: None)
            answers += self.artifact.answering.answer(_gather(rows), encoded, top=top)
        return answers

    async def run(self, encoded: Sequence[Encoded]) -> dict[str, F32]:
        """Every output F32[N, W] of the graph, in order. Raises as the batcher, and what the engine raises on any."""
        outcomes = await self.batcher.async_submit_many(encoded, deadline_s=self.settings.batch_deadline_s)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome
        return _stack(outcomes)

    async def _decode(
        self, outcomes: Sequence[Outcome], encoded: Sequence[Encoded], *, top: int
    ) -> list[Answer | Exception]:
        """An answer an outcome, in their order, or what went wrong with that one."""
        good = [at for at, outcome in enumerate(outcomes) if not isinstance(outcome, Exception)]
        answers: list[Any] = list(outcomes)
        if not good:
            return answers
        rows, texts = _gather([outcomes[at] for at in good]), [encoded[at] for at in good]
        answering = self.artifact.answering
        if len(good) == 1:
            found = answering.answer(rows, texts, top=top)
        else:
            found = await asyncio.to_thread(answering.answer, rows, texts, top=top)
        for at, answer in zip(good, found, strict=True):
            answers[at] = answer
        return answers

    def _tell(self, texts: Sequence[str], answers: Sequence[Answer | Exception]) -> None:
        """Let whoever hears hear the answers that tell labels apart."""
        told = [(text, one) for text, one in zip(texts, answers, strict=True) if isinstance(one, ClassificationAnswer)]
        if self.hear is not None and told:
            self.hear([text for text, _ in told], [one for _, one in told])

    def _wait_for(self, encoded: Sequence[Encoded], *, go_on: Callable[[], None]) -> list[Outcome]:
        while True:
            go_on()
            try:
                waiting = [self.batcher.submit(one, deadline_s=self.settings.batch_deadline_s) for one in encoded]
                return [future.result() for future in waiting]
            except OverloadError as error:
                time.sleep(error.retry_after)

    async def _encode(self, texts: Sequence[str], *, pointer: str) -> list[Encoded]:
        try:
            if sum(map(len, texts)) <= _INLINE_CHARACTERS:
                return self.artifact.encode(texts)
            return await asyncio.to_thread(self.artifact.encode, texts)
        except InputError as error:
            row = error.where.rpartition("/")[2]
            raise InputError(error.what, where=pointer.format(row=row), todo=error.todo) from error


def _gather(rows: Sequence[Outcome]) -> dict[str, Any]:
    """As `_stack`; outputs of tokens, of which every text has another number, stay a list."""
    first = rows[0]
    assert isinstance(first, dict)
    found: dict[str, Any] = {name: [row[name] for row in rows if isinstance(row, dict)] for name in first}
    return {name: np.stack(values) if _are_alike(values) else values for name, values in found.items()}


def _are_alike(values: Sequence[F32]) -> bool:
    return len({value.shape for value in values}) == 1


def _stack(rows: Sequence[Outcome]) -> dict[str, F32]:
    first = rows[0]
    assert isinstance(first, dict)
    return {name: np.stack([row[name] for row in rows if isinstance(row, dict)]) for name in first}
