"""Train, judge, register, promote: what `trivet train` and the demo do in one go."""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from trivet.artifact.artifact import Artifact
from trivet.artifact.card import Card, Parent
from trivet.errors import ArtifactError, DataError, GateError, LicenceError
from trivet.evaluate import evaluate
from trivet.evaluation.lines import headline, remarks
from trivet.evaluation.promotion import Promotion, promote
from trivet.evaluation.read import read_report
from trivet.evaluation.report import Report
from trivet.evaluation.write import write_report
from trivet.methods.progress import Progress
from trivet.recipe import Recipe
from trivet.registry.open import open_artifact
from trivet.registry.registry import Registry, open_registry
from trivet.settings import Settings
from trivet.train import train


@dataclass(frozen=True)
class Outcome:
    """What came of a training run; `reference` is empty for an artifact outside the registry."""

    name: str
    path: Path
    reference: str
    seconds: float
    report: Report | None
    aliases: tuple[str, ...]
    refused: str
    card: Card

    def headline(self) -> str:
        """Name, size, score with its interval, a baseline, seconds."""
        if self.report is None:
            return f"{self.name:<10} not judged   {self.seconds:.1f} s"
        return f"{headline(self.name, self.report)}   {self.seconds:.1f} s"

    def to_json(self) -> dict[str, Any]:
        """Plain values for `--json` and for the summary on screen."""
        return {
            "name": self.name,
            "headline": self.headline(),
            "remarks": [*(remarks(self.report) if self.report else []), *_warnings(self.card)],
            "path": str(self.path),
            "reference": self.reference,
            "seconds": round(self.seconds, 3),
            "report": self.report.to_json() if self.report else None,
            "aliases": list(self.aliases),
            "refused": self.refused,
            "next": f"trivet serve {self.name}" if "live" in self.aliases else "",
        }


def train_and_register(
    recipe: Recipe,
    *,
    settings: Settings,
    out: Path | None = None,
    workspace: Path | None = None,
    resume: bool = False,
    judge: bool = True,
    go_live: bool = True,
    accepted: str = "",
    progress: Progress,
) -> Outcome:
    """Trains, then opens the test rows and judges, registers the artifact and makes it live where its gates pass.

    One for research only goes live where `accepted` says who accepts that. The seconds are those of training and
    export; judging is not counted.
    """
    if out is not None and out.exists():
        raise ArtifactError("something is there already.", where=str(out), todo="Remove it, or name another folder.")
    registry = None if out is not None else open_registry(settings)
    with tempfile.TemporaryDirectory(prefix="trivet-") as scratch:
        place = out or Path(scratch) / recipe.name
        began = time.perf_counter()
        artifact = train(
            recipe,
            out=place,
            settings=settings,
            workspace=workspace,
            progress=progress,
            resume=resume,
            replaces=None if registry is None else _live_parent(registry, recipe.name),
        )
        seconds = time.perf_counter() - began
        report = _judge(artifact, settings, progress, version=0) if judge else None
        card = artifact.card
        artifact.close()
        if registry is None:
            return Outcome(recipe.name, place, "", seconds, report, (), "", card)
        version = registry.add(place, recipe.name)
        if report is not None:
            report = replace(report, version=version)
            write_report(report, report_folder(settings, recipe.name, version))
        refused = "" if report is not None or not go_live else "it was not judged."
        if go_live and report is not None:
            try:
                _promote(registry, recipe, report, settings=settings, accepted=accepted)
            except (GateError, LicenceError) as error:
                refused = error.line()
        aliases = tuple(alias for alias, at in registry.aliases(recipe.name).items() if at == version)
        return Outcome(
            recipe.name,
            registry.fetch(f"{recipe.name}/{version}"),
            f"{recipe.name}/{version}",
            seconds,
            report,
            aliases,
            refused,
            card,
        )


def _live_parent(registry: Registry, name: str) -> Parent | None:
    """The live version of a name, which a new one is to replace."""
    live = registry.aliases(name).get("live", 0)
    if not live:
        return None
    return Parent(identity=registry.identity(name, live), reference=f"{name}/{live}", descent="successor")


def _warnings(card: Card) -> list[str]:
    """What a person should know about where a model comes from."""
    found = [f"for research only: {'; '.join(card.restrictions)}"] if not card.licence_commercial else []
    conflicts = card.notes.get("conflicts")
    return [*found, str(conflicts)] if conflicts else found


def _promote(
    registry: Registry,
    recipe: Recipe,
    report: Report,
    *,
    settings: Settings,
    force: bool = False,
    reason: str = "",
    accepted: str = "",
) -> Promotion:
    """Promotes through the gates; the live version is first judged on the same rows, where it knows their labels."""
    name, live = recipe.name, registry.aliases(recipe.name).get("live", 0)
    return promote(
        registry,
        name,
        report.version,
        recipe.gates,
        reports=settings.home / "reports",
        compare=live in (0, report.version) or _judge_live(live, recipe, report, settings=settings),
        force=force,
        reason=reason,
        accepted=accepted,
    )


def _judge_live(live: int, recipe: Recipe, report: Report, *, settings: Settings) -> bool:
    """Gives the live version a report on the rows of `report`; False where it does not know their labels."""
    folder = report_folder(settings, recipe.name, live)
    try:
        known = read_report(folder)
    except ArtifactError:
        known = None
    if known is not None and (known.main, known.data_sha256) == (report.main, report.data_sha256):
        return True
    artifact = open_artifact(f"{recipe.name}/{live}", settings)
    try:
        judged = evaluate(artifact, settings=settings, data=recipe.data, version=live, with_baselines=False)
    except DataError:
        return False
    finally:
        artifact.close()
    write_report(judged, folder)
    return True


def report_folder(settings: Settings, name: str, version: int) -> Path:
    """Where the report of a version lies."""
    return settings.home / "reports" / name / str(version)


def promote_version(
    reference: str, *, settings: Settings, force: bool = False, reason: str = "", accepted: str = ""
) -> Promotion:
    """Makes a registered version live through the gates of its own recipe; judges it first where it has no report.

    Raises:
        GateError: a gate refuses it and `force` is not given, or `force` comes without a reason.
        LicenceError: it is for research only, and `accepted` names nobody who accepts that.
    """
    registry = open_registry(settings)
    name, version = registry.resolve(reference)
    artifact = open_artifact(f"{name}/{version}", settings)
    folder = report_folder(settings, name, version)
    try:
        report = read_report(folder)
    except ArtifactError:
        shutil.rmtree(folder, ignore_errors=True)
        report = evaluate(artifact, settings=settings, version=version)
        write_report(report, folder)
    recipe = artifact.recipe
    artifact.close()
    return _promote(registry, recipe, report, settings=settings, force=force, reason=reason, accepted=accepted)


def _judge(artifact: Artifact, settings: Settings, progress: Progress, *, version: int) -> Report:
    progress.stage("judge")
    return evaluate(artifact, settings=settings, version=version)
