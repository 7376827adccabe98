"""Trains an artifact again from its own recipe and says whether the same came out."""

from __future__ import annotations

import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trivet.artifact.artifact import Artifact
from trivet.artifact.card import PACKAGES, Card, describe_machine, describe_versions
from trivet.artifact.commit import describe_commit
from trivet.artifact.difference import Part, compare_artifacts
from trivet.artifact.documents import read_document
from trivet.artifact.layout import RECIPE, WEIGHTS
from trivet.artifact.upgrade import read_card
from trivet.errors import ArtifactError, DataError, EncoderError
from trivet.methods.progress import Progress, Silence
from trivet.recipe import Recipe
from trivet.registry.start import choose_encoder
from trivet.settings import Settings
from trivet.train import open_learning, train


@dataclass(frozen=True)
class Reproduction:
    """What a second training gave beside the first, part by part.

    `is_exact_wanted`: a head over a frozen encoder, on the same machine with the same packages, comes out to the bit;
    anything else within the card's tolerance of its golden answers. `notes` say what is not as it was then.
    """

    name: str
    is_exact_wanted: bool
    tolerance: float
    parts: tuple[Part, ...]
    notes: tuple[str, ...]
    seconds: float

    @property
    def is_exact(self) -> bool:
        """Whether every part came out the same, to the bit."""
        return all(part.same for part in self.parts)

    @property
    def is_reproduced(self) -> bool:
        """Whether what had to come out the same did."""
        return self.is_exact or (not self.is_exact_wanted and all(part.close for part in self.parts))

    def lines(self) -> list[str]:
        """For a person."""
        if self.is_exact:
            verdict = "reproduced, to the bit"
        elif self.is_reproduced:
            verdict = f"reproduced: not to the bit, but every golden answer within {self.tolerance:g}"
        else:
            wanted = "the same bits" if self.is_exact_wanted else f"golden answers within {self.tolerance:g}"
            verdict = f"NOT reproduced: wanted {wanted}"
        told = [f"{self.name}: {verdict}   {self.seconds:.1f} s"]
        told += [
            f"  {'same' if part.same else 'close' if part.close else 'OTHER':<6} {part.line()}" for part in self.parts
        ]
        return [*told, *(f"  note   {note}" for note in self.notes)]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        verdict = {"reproduced": self.is_reproduced, "exact": self.is_exact}
        return verdict | asdict(self)


def reproduce(artifact: Path, *, settings: Settings, progress: Progress | None = None) -> Reproduction:
    """Trains again what an artifact's recipe says, on the same data, and compares; the artifact is only read.

    Raises:
        ArtifactError: the artifact is damaged, answers otherwise than when it was saved, or learnt a label after its
            training.
        DataError: its data set is gone or has changed.
        EncoderError: its encoder is gone, or is another one.
    """
    # Its golden answers are compared, so they have to be those that its weights give.
    Artifact.load(artifact, threads=settings.threads).close()
    recipe, card = read_document(artifact / RECIPE, Recipe), read_card(artifact)
    if card.descent == "new label":
        raise ArtifactError(
            f"{card.name} learnt a label after its training, which its recipe does not know.",
            where=str(artifact),
            todo=f"Reproduce its parent: {card.parent_reference or card.parent[:12]}.",
        )
    _check_data(recipe, card, settings)
    _check_encoder(recipe, card, settings)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="trivet-") as scratch:
        again = Path(scratch) / "again"
        train(recipe, out=again, settings=settings, progress=progress or Silence()).close()
        parts = compare_artifacts(artifact, again, tolerance=card.golden_tolerance)
    is_frozen = not any(name.startswith(f"{WEIGHTS}/") for name in _names(artifact)) and recipe.method.kind == "head"
    changes = _changes(card)
    return Reproduction(
        card.name,
        is_frozen and not changes,
        card.golden_tolerance,
        parts,
        (*changes, *_commits(card)),
        time.perf_counter() - began,
    )


def _names(artifact: Path) -> list[str]:
    return [path.relative_to(artifact).as_posix() for path in artifact.rglob("*") if path.is_file()]


def _check_data(recipe: Recipe, card: Card, settings: Settings) -> None:
    """The data set is there, and the bytes that were learnt from are the same."""
    try:
        dataset = open_learning(recipe, settings)
    except DataError as error:
        known = ", ".join(f"{table} {sha256}" for table, sha256 in card.data.sha256.items())
        raise DataError(
            f"what {card.name} learnt from cannot be opened: {error.what}",
            where=error.where or card.data.name,
            todo=f"Put it back where it was ({card.data.name}, sha256: {known}).",
        ) from error
    for table, then in card.data.sha256.items():
        now = dataset.sha256(table) if table in dataset.tables else "none"
        if now != then:
            raise DataError(
                f"the table {table!r} is not what {card.name} learnt from (sha256 {now[:12]}, then {then[:12]}).",
                where=card.data.name,
                todo="Put back the file as it was then.",
            )


def _check_encoder(recipe: Recipe, card: Card, settings: Settings) -> None:
    source = choose_encoder(recipe.encoder, settings)
    if source.sha256 != card.encoder.sha256:
        raise EncoderError(
            f"{source.name} is not the encoder that {card.name} started from"
            f" (sha256 {source.sha256[:12]}, then {card.encoder.sha256[:12]}).",
            where=str(source.path),
            todo="Put back the encoder as it was, or train anew.",
        )


def _changes(card: Card) -> tuple[str, ...]:
    """What bits depend on and is not as it was when the artifact was made: packages and machine."""
    now, machine = describe_versions(), describe_machine()
    found = [
        f"{package} is {now.get(package, 'not installed')}, it was {card.versions[package]}"
        for package in ("python", *PACKAGES)
        if package in card.versions and now.get(package) != card.versions[package]
    ]
    if card.machine and machine != card.machine:
        found.append(f"this machine is {machine}, it was {card.machine}")
    return tuple(found)


def _commits(card: Card) -> tuple[str, ...]:
    """Another commit of the code; whether it made another model is what the comparison says."""
    commit = describe_commit()
    if not card.commit or not commit or commit == card.commit:
        return ()
    return (f"the code is at {commit}, it was at {card.commit}",)
