"""The job that trains a support model: as every service does, after the rows of a tenant's growth were put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trivet_service.jobs.kinds import Work


def train(work: Work) -> Mapping[str, Any]:
    """Train what was asked for; a request with `base` learns from the rows of that model as well.

    Raises:
        TrivetError: as the kit's own; also where the rows of the base cannot be read.
    """
    from trivet_service.jobs.train import train as train_asked

    base = work.job.request.get("base", "")
    if not base:
        return train_asked(work)
    from trivet.registry.open import open_artifact
    from trivet_service.datasets.shelf import Shelf
    from trivet_service.storage.database import Database
    from trivet_service.storage.kit import kit_domain
    from trivet_support.growth.training_set import merge_base, read_own
    from trivet_support.growth.trainings import note_training
    from trivet_support.store import support_domain

    request, tenant = work.job.request, work.job.tenant
    work.progress.stage("gather")
    shelf = Shelf(work.settings.home, tenant)
    artifact = open_artifact(base, work.settings)
    try:
        merged, counts = merge_base(artifact, read_own(shelf, request["data_version"]), shelf, work.settings)
    finally:
        artifact.close()
    database = Database(work.settings.store_url)
    database.open([kit_domain(), support_domain()])
    try:
        # Before anything is registered: a model whose examples nobody knows would be told them twice.
        note_training(database, tenant, merged.version, request["revision"])
    finally:
        database.close()
    asked = {**request, "dataset": merged.name, "data_version": merged.version, "columns": dict(merged.columns)}
    told = train_asked(replace(work, job=replace(work.job, request=asked)))
    return {**told, "gathered": dict(counts)}
