"""Opens an artifact: every check but the engine's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from trivet.answers.classification import ClassificationFacts
from trivet.answers.facts import facts_from_json
from trivet.answers.multitask import MultitaskFacts
from trivet.answers.tagging import TaggingFacts
from trivet.artifact.answering import Answering
from trivet.artifact.card import Card
from trivet.artifact.documents import check_document, read_document, read_json
from trivet.artifact.golden import Golden
from trivet.artifact.layout import (
    FACTS,
    GOLDEN,
    HEADER,
    HEADS,
    RECIPE,
    TOKENIZER,
    Header,
    graph_folder,
    is_large,
)
from trivet.artifact.sums import check_names, read_sums
from trivet.artifact.upgrade import check_format, read_card
from trivet.errors import ArtifactError
from trivet.heads.load import load_head
from trivet.heads.prototypes import Prototypes
from trivet.recipe import Recipe
from trivet.runtime.digests import Digests
from trivet.runtime.engine import Engine, EngineKind, Floats, Precision
from trivet.runtime.manifest import Manifest, read_manifest
from trivet.runtime.offline import run_sorted
from trivet.runtime.tokens import TextTokenizer
from trivet.trust.yardstick import load_yardstick


@dataclass(frozen=True)
class Opened:
    """Everything that an artifact holds beside its engine; large files are still being checked."""

    header: Header
    recipe: Recipe
    card: Card
    answering: Answering
    tokenizer: TextTokenizer
    golden: Golden
    graph: Path
    manifest: Manifest
    checks: Future[None]

    def finish_checks(self) -> None:
        """Wait until the large files are checked.

        Raises:
            ArtifactError: one of them is damaged.
        """
        self.checks.result()


@contextmanager
def open_folder(folder: Path, *, digests: Digests) -> Iterator[Opened]:
    """The parts of an artifact, checked and read, while another thread checks its large files.

    Raises:
        ArtifactError: the folder is no artifact, half written or of another format, or a file is missing, foreign or
            damaged.
    """
    sums = read_sums(folder)
    header = _read_header(folder, sums, digests)
    check_names(folder, sums)
    small = {name: sha256 for name, sha256 in sums.items() if not is_large(name)}
    _check(folder, small, digests)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="checks") as background:
        large = {name: sha256 for name, sha256 in sums.items() if name not in small}
        checks = background.submit(_check, folder, large, digests)
        yield _read_parts(folder, header, checks)


def choose_precision(opened: Opened, *, precision: Precision | None, engine: EngineKind) -> Precision:
    """What was asked for, else the recipe's; fp32 for the engine that serves nothing else."""
    if engine == "onnx":
        return "fp32"
    return precision or opened.recipe.export.precision


def find_mismatch(opened: Opened, engine: Engine) -> str:
    """Where the engine answers a golden text otherwise than when the artifact was saved; empty where it does nowhere.

    Raises:
        ArtifactError: the tokenizer cuts the texts otherwise.
    """
    encoded = opened.tokenizer.encode(opened.golden.texts)
    opened.golden.check_ids(encoded)
    # One by one: every new batch size costs the engine memory, and single texts are what it will be asked first.
    table = opened.answering.tabulate(run_sorted(engine, encoded, batch_size=1))
    return opened.golden.find_mismatch(table, precision=engine.precision, tolerance=opened.card.golden_tolerance)


def _read_header(folder: Path, sums: Mapping[str, str], digests: Digests) -> Header:
    path = folder / HEADER
    digests.check(path, sums[HEADER])
    # Before anything else is read: another format may have other files.
    values = read_json(path)
    check_format(values.get("format") if isinstance(values, dict) else None, where=str(path))
    return check_document(values, Header, where=str(path))


def _check(folder: Path, sums: Mapping[str, str], digests: Digests) -> None:
    for name, sha256 in sums.items():
        digests.check(folder / name, sha256)


def _read_parts(folder: Path, header: Header, checks: Future[None]) -> Opened:
    facts = facts_from_json(read_json(folder / FACTS))
    tensors = _read_tensors(folder / HEADS)
    head, prototypes = None, None
    if header.head is not None:
        head = load_head(header.head, _below(tensors, "head."))
    if header.prototypes and isinstance(facts, ClassificationFacts | MultitaskFacts):
        description = {"kind": "prototypes", "labels": facts.labels}
        means = load_head(description, _below(tensors, "prototypes."))
        assert isinstance(means, Prototypes), "a head of the kind that was asked for"
        prototypes = means
    yardstick = None
    if header.yardstick is not None:
        yardstick = load_yardstick(header.yardstick, _below(tensors, "novelty."))
    answering = Answering(facts, head, prototypes, yardstick)
    graph = graph_folder(folder, header)
    manifest = read_manifest(graph)
    answering.check(tuple(manifest.outputs))
    return Opened(
        header=header,
        recipe=read_document(folder / RECIPE, Recipe),
        card=read_card(folder),
        answering=answering,
        tokenizer=TextTokenizer(
            folder / TOKENIZER, facts.max_tokens, header.prefix, spelled=isinstance(facts, TaggingFacts)
        ),
        golden=read_document(folder / GOLDEN, Golden),
        graph=graph,
        manifest=manifest,
        checks=checks,
    )


def _read_tensors(path: Path) -> dict[str, Floats]:
    if not path.exists():
        return {}
    try:
        return {name: np.asarray(rows, dtype=np.float32) for name, rows in load_file(path).items()}
    except (SafetensorError, OSError, ValueError) as error:
        raise ArtifactError(f"cannot read the tensors ({error}).", where=str(path), todo="Train again.") from error


def _below(tensors: Mapping[str, Floats], prefix: str) -> dict[str, Floats]:
    return {name.removeprefix(prefix): rows for name, rows in tensors.items() if name.startswith(prefix)}
