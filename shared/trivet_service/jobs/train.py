"""The job that trains: a candidate in the registry, once, however often it is begun again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from trivet.artifact.artifact import Artifact
from trivet.artifact.card import Parent
from trivet.evaluate import evaluate
from trivet.evaluation.lines import headline, remarks
from trivet.evaluation.report import Report
from trivet.evaluation.write import write_report
from trivet.pipeline import report_folder
from trivet.registry.registry import Registry, open_registry
from trivet.train import train as train_artifact
from trivet_service.jobs.admission import build_recipe
from trivet_service.jobs.kinds import Work


def train(work: Work) -> Mapping[str, Any]:
    """Train, judge, register. The artifact lies in the job's folder before it is registered, and the registry takes the
    same content once: a job that was cut off in between registers what it had trained.

    Raises:
        TrivetError: as `trivet.train.train`.
    """
    settings, request = work.settings, work.job.request
    recipe = build_recipe(work.service, request, settings, tenant=work.job.tenant)
    registry = open_registry(settings)
    place, began = work.folder / "artifact", time.perf_counter()
    if not place.exists():
        for checkpoint in sorted((work.folder / "run").rglob("step-*"))[-1:]:
            print(f"goes on from {checkpoint.name}", flush=True)
        artifact = train_artifact(
            recipe,
            out=place,
            settings=settings,
            workspace=work.folder / "run",
            progress=work.progress,
            resume=True,
            replaces=_live_parent(registry, recipe.name),
        )
    else:
        artifact = Artifact.load(place, threads=settings.threads)
    seconds = time.perf_counter() - began
    report = None
    if request["judge"]:
        work.progress.stage("judge")
        report = evaluate(artifact, settings=settings)
    artifact.close()
    work.progress.stage("register")
    version = registry.add(place, recipe.name)
    if report is not None:
        report = replace(report, version=version)
        write_report(report, report_folder(settings, recipe.name, version))
    return {
        "model": recipe.name,
        "version": version,
        "reference": f"{recipe.name}/{version}",
        "rows": artifact.card.data.rows,
        "seconds": round(seconds, 3),
        "licence_commercial": artifact.card.licence_commercial,
        **describe(recipe.name, report),
    }


def describe(name: str, report: Report | None) -> dict[str, Any]:
    """A report as the result of a job."""
    if report is None:
        return {"headline": "not judged", "remarks": [], "report": None}
    return {"headline": headline(name, report), "remarks": list(remarks(report)), "report": report.to_json()}


def _live_parent(registry: Registry, name: str) -> Parent | None:
    """The live version of a name, which a new one is to replace."""
    live = registry.aliases(name).get("live", 0)
    if not live:
        return None
    return Parent(identity=registry.identity(name, live), reference=f"{name}/{live}", descent="successor")
