"""Another library on the same rows: run in an environment of its own, by a program that never imports ours.

`benchmarks/peers/NAME/run.py JOB ANSWER` reads a `Job` and writes an `Answer`, both JSON.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from trivet.bench.peer_record import FOLDER, PeerRecord
from trivet.bench.provenance import current_commit, describe_machine
from trivet.bench.record import read_model, write_predictions, write_record, write_whole
from trivet.bench.verify import share_right
from trivet.bench.workbench import Workbench, judged_table
from trivet.data.splits import test_rows, training_rows
from trivet.encoders.catalogue import find_encoder
from trivet.errors import TrivetError
from trivet.evaluation.intervals import bootstrap_interval
from trivet.evaluation.predictions import index_labels
from trivet.recipe.data import DataRecipe

# Ours, asked as the others are; it runs in the environment that we run in.
OURS = "trivet"
REQUIREMENTS, PROGRAM, INSTALLED = "requirements.txt", "run.py", ".installed"


@dataclass(frozen=True)
class Peer:
    """A peer by name, what it is asked to learn, and its interpreter (None: an environment made from its list)."""

    name: str
    dataset: str = "banking77"
    encoder: str = "minilm-l6"
    seed: int = 0
    python: Path | None = None


class Job(BaseModel):
    """What a peer reads: rows, and no label of a test row."""

    train_texts: tuple[str, ...]
    train_labels: tuple[str, ...]
    test_texts: tuple[str, ...]
    seed: int
    encoder: str = Field(description="The folder of the encoder, in the layout of sentence-transformers.")
    threads: int


class Answer(BaseModel):
    """What a peer writes: a label a test text, seconds without imports and loading the encoder, versions.

    CPU seconds are those of all its threads and of the programs that it starts: a busy machine adds little to them.
    `peak_mb` is the most resident memory that it had, such programs included. 0: not told. `stopped` is "time" or
    "memory" where it ended after `steps` of `steps_planned` because of that limit, and labels as it stood then.
    """

    predicted: tuple[str, ...]
    train_seconds: float = Field(ge=0)
    predict_seconds: float = Field(ge=0)
    train_cpu_seconds: float = Field(0.0, ge=0)
    predict_cpu_seconds: float = Field(0.0, ge=0)
    peak_mb: float = Field(0.0, ge=0)
    stopped: Literal["", "time", "memory"] = ""
    steps: int = Field(0, ge=0)
    steps_planned: int = Field(0, ge=0)
    versions: dict[str, str]


def run_peer(peer: Peer, bench: Workbench, *, say: Callable[[str], None]) -> PeerRecord:
    """Has the peer learn the training rows and label the test rows, and writes its record.

    Raises:
        TrivetError: there is no such peer, it cannot be installed, it fails, or it does not answer every row.
    """
    program = _find(peer, bench.root)
    recipe = DataRecipe(dataset=peer.dataset)
    dataset = bench.open_data(recipe)
    learnt, asked = training_rows(dataset, recipe), test_rows(dataset, recipe)
    source = find_encoder(peer.encoder, bench.settings)
    job = Job(
        train_texts=tuple(learnt["text"]),
        train_labels=tuple(learnt["label"]),
        test_texts=tuple(asked["text"]),
        seed=peer.seed,
        encoder=str(source.path.resolve()),
        threads=bench.settings.threads,
    )
    python = peer.python or (Path(sys.executable) if peer.name == OURS else _environment(peer, bench, say=say))
    say(f"{peer.name} on {peer.dataset}: {len(learnt)} rows to learn, {len(asked)} to label")
    load = os.getloadavg()[0]
    answer = _ask(job, python, program, bench.root / "work" / FOLDER / peer.name)
    labels = tuple(sorted({*job.train_labels, *asked["label"]}))
    truth, predicted = index_labels(list(asked["label"]), labels), index_labels(answer.predicted, labels)
    interval = bootstrap_interval(predicted == truth, seed=peer.seed)
    path = peer_path(bench.root, peer)
    predictions = path.with_suffix(".predictions.json")
    record = PeerRecord(
        peer=peer.name,
        metric="accuracy",
        value=share_right(predicted.tolist(), truth.tolist()),
        low=interval.low,
        high=interval.high,
        seed=peer.seed,
        dataset=peer.dataset,
        split="test",
        data_sha256=dataset.sha256(judged_table(dataset)),
        train_sha256=dataset.sha256("train"),
        train_rows=len(learnt),
        encoder=peer.encoder,
        encoder_sha256=source.sha256,
        threads=job.threads,
        train_seconds=answer.train_seconds,
        predict_seconds=answer.predict_seconds,
        texts_per_second=len(asked) / max(answer.predict_seconds, 1e-9),
        train_cpu_seconds=answer.train_cpu_seconds,
        predict_cpu_seconds=answer.predict_cpu_seconds,
        peak_mb=answer.peak_mb,
        stopped=answer.stopped,
        steps=answer.steps,
        steps_planned=answer.steps_planned,
        versions=answer.versions,
        program_sha256=hash_program(peer, bench),
        command=f"trivet bench peer {peer.name} --dataset {peer.dataset} --seed {peer.seed}",
        commit=current_commit(bench.root),
        machine=describe_machine(),
        load=load,
        predictions=str(predictions.relative_to(bench.root)),
    )
    kept = {"labels": labels, "truth": truth.tolist(), "predicted": predicted.tolist()}
    write_predictions(predictions, kept)
    write_record(path, record)
    return record


def peer_path(root: Path, peer: Peer) -> Path:
    """Where the record lies: apart from ours, so that nothing takes it for one of them."""
    data = re.sub(r"[^A-Za-z0-9.-]+", "-", Path(peer.dataset).stem if "/" in peer.dataset else peer.dataset)
    seed = f"-seed-{peer.seed}" if peer.seed else ""
    return root / "records" / FOLDER / f"{peer.name}-{data}{seed}.json"


def list_peers(root: Path) -> tuple[str, ...]:
    """Names of those that can be run, ours among them."""
    return tuple(path.parent.name for path in sorted((root / FOLDER).glob(f"*/{PROGRAM}")))


def _find(peer: Peer, root: Path) -> Path:
    there = list_peers(root)
    if peer.name not in there:
        raise TrivetError(
            f"there is no peer {peer.name!r}.",
            where=str(root / FOLDER),
            todo=f"There are {', '.join(there) or 'none'}.",
        )
    return (root / FOLDER / peer.name / PROGRAM).resolve()


def _environment(peer: Peer, bench: Workbench, *, say: Callable[[str], None]) -> Path:
    """The interpreter of the peer's own environment, kept between runs and made anew when its list changes."""
    requirements = bench.root / FOLDER / peer.name / REQUIREMENTS
    folder = (bench.root / "work" / FOLDER / peer.name / "environment").resolve()
    wanted = requirements.read_text(encoding="utf-8") if requirements.exists() else ""
    python, installed = folder / "bin" / "python", folder / INSTALLED
    if not (installed.exists() and installed.read_text(encoding="utf-8") == wanted):
        if bench.settings.offline and wanted.strip():
            raise TrivetError(
                "its environment is not there, and TRIVET_OFFLINE forbids installing it.",
                where=peer.name,
                todo="Give an interpreter that has it: --python PATH.",
            )
        say(f"{peer.name}: installing {requirements}")
        log = folder.with_name("install.log")
        create = [sys.executable, "-m", "venv", "--clear", str(folder)]
        _call(create if wanted.strip() else [*create, "--without-pip"], log)
        if wanted.strip():
            pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            _call([*pip, "--requirement", str(requirements)], log)
        write_whole(installed, wanted)
    return python


def _ask(job: Job, python: Path, program: Path, work: Path) -> Answer:
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="trivet-") as desk:
        question, reply = Path(desk) / "job.json", Path(desk) / "answer.json"
        question.write_text(job.model_dump_json(), encoding="utf-8")
        _call([str(python), str(program), str(question), str(reply)], work / "run.log", threads=job.threads)
        answer = read_model(reply, Answer)
    if len(answer.predicted) != len(job.test_texts):
        raise TrivetError(f"answered {len(answer.predicted)} of {len(job.test_texts)} texts.", where=str(program))
    strange = next((label for label in answer.predicted if label not in set(job.train_labels)), None)
    if strange is not None:
        raise TrivetError(f"answered {strange!r}, which is no label of the training rows.", where=str(program))
    return answer


def _call(command: Iterable[str], log: Path, *, threads: int = 1) -> None:
    """Runs a program without our packages on its path; what it prints goes to the log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    ours = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    quiet = {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": str(threads)}
    with log.open("w", encoding="utf-8") as output:
        try:
            done = subprocess.run(list(command), env=ours | quiet, stdout=output, stderr=output, check=False)
        except OSError as error:
            raise TrivetError(f"cannot run it ({error.strerror}).", where=next(iter(command))) from error
    if done.returncode:
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        raise TrivetError(f"ended with {done.returncode}: {''.join(last)}", where=str(log), todo="Read it there.")


def hash_program(peer: Peer, bench: Workbench) -> str:
    """sha256 of the program and of its list of packages; of ours, of the code of the core and its recipes as well."""
    program = _find(peer, bench.root)
    digest = hashlib.sha256(program.read_bytes())
    requirements = program.with_name(REQUIREMENTS)
    digest.update(requirements.read_bytes() if requirements.exists() else b"")
    if peer.name == OURS:
        digest.update(bench.code.hash(bench.code.core()).encode())
        for recipe in sorted((bench.root / "recipes").glob("*shot.toml")):
            digest.update(recipe.read_bytes())
    return digest.hexdigest()
