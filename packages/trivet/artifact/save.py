"""Saves an artifact, whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from trivet.answers.facts import facts_to_json
from trivet.answers.tagging import TaggingFacts
from trivet.artifact.answering import Answering
from trivet.artifact.documents import write_document, write_json
from trivet.artifact.folders import link_or_copy, new_folder
from trivet.artifact.golden import Golden, GoldenAnswer, make_answers
from trivet.artifact.layout import CARD, FACTS, GOLDEN, HEADER, HEADS, RECIPE, TOKENIZER, WEIGHTS, Header, graph_folder
from trivet.artifact.parts import Parts
from trivet.artifact.sums import write_sums
from trivet.artifact.texts import check_texts
from trivet.errors import ArtifactError
from trivet.runtime.engine import Floats, Precision
from trivet.runtime.graphs import GraphPool
from trivet.runtime.manifest import NAME, Manifest, read_manifest
from trivet.runtime.offline import run_sorted
from trivet.runtime.tokens import Encoded, TextTokenizer

PRECISIONS: tuple[Precision, ...] = ("int8", "fp32")


def save_artifact(parts: Parts, path: Path, *, golden_texts: Sequence[str]) -> Path:
    """Writes the parts to a new folder and answers `golden_texts` with each precision of the graph, to compare at load.

    The files of the graph are hard links where the disk allows it: a hundred heads take the space of one encoder.

    Raises:
        ArtifactError: something is at `path` already, a part is damaged, or facts, head and graph do not go together.
        InputError: no golden text, or an empty one.
    """
    manifest = read_manifest(parts.graph)
    answering = Answering(parts.facts, parts.head, parts.prototypes, parts.yardstick)
    answering.check(tuple(manifest.outputs))
    tokenizer = TextTokenizer(
        parts.tokenizer,
        parts.facts.max_tokens,
        parts.card.encoder.prefix,
        spelled=isinstance(parts.facts, TaggingFacts),
    )
    texts = check_texts(golden_texts, pointer="/golden")
    if not texts:
        raise ArtifactError("there is no golden text to compare at load.", where=str(path))
    golden = _answer_golden(texts, tokenizer, parts.graph, manifest, answering)
    header = Header(
        task=parts.recipe.task.kind,
        graph=manifest.hash,
        encoder=parts.card.encoder.name,
        prefix=parts.card.encoder.prefix,
        head=None if parts.head is None else parts.head.describe(),
        prototypes=parts.prototypes is not None,
        yardstick=None if parts.yardstick is None else parts.yardstick.describe(),
        created=parts.card.created,
        trivet=parts.card.trivet,
    )
    with new_folder(path) as folder:
        for name in (*manifest.files, NAME):
            link_or_copy(parts.graph / name, graph_folder(folder, header) / name)
        write_document(parts.recipe, folder / RECIPE)
        write_json(facts_to_json(parts.facts), folder / FACTS)
        write_document(parts.card, folder / CARD)
        shutil.copyfile(parts.tokenizer, folder / TOKENIZER)
        write_document(golden, folder / GOLDEN)
        tensors = _tensors(parts)
        if tensors:
            (folder / HEADS).write_bytes(save(tensors))
        if parts.weights is not None:
            shutil.copytree(parts.weights, folder / WEIGHTS)
        write_document(header, folder / HEADER)
        write_sums(folder)
    return path


def _answer_golden(
    texts: list[str], tokenizer: TextTokenizer, graph: Path, manifest: Manifest, answering: Answering
) -> Golden:
    encoded = tokenizer.encode(texts)
    return Golden(
        texts=tuple(texts),
        ids=tuple(tuple(text.ids.tolist()) for text in encoded),
        answers={
            precision: _answer(encoded, graph, precision, answering)
            for precision in PRECISIONS
            if manifest.holds(precision)
        },
    )


def _answer(
    encoded: Sequence[Encoded], graph: Path, precision: Precision, answering: Answering
) -> tuple[GoldenAnswer, ...]:
    pool = GraphPool()
    loaded = pool.acquire(graph, precision=precision, threads=1)
    try:
        return make_answers(answering.tabulate(run_sorted(loaded.engine, encoded, batch_size=1)))
    finally:
        pool.release(loaded)


def _tensors(parts: Parts) -> dict[str, Floats]:
    found: dict[str, Floats] = {}
    if parts.head is not None:
        found.update({f"head.{name}": np.ascontiguousarray(rows) for name, rows in parts.head.tensors().items()})
    if parts.prototypes is not None:
        found["prototypes.means"] = np.ascontiguousarray(parts.prototypes.means)
    if parts.yardstick is not None:
        tensors = parts.yardstick.tensors()
        found.update({f"novelty.{name}": np.ascontiguousarray(rows) for name, rows in tensors.items()})
    return found
