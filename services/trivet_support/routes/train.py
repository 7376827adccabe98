"""`POST /v1/train`: a model of one's own from everything that one has taught, corrected and had before."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from fastapi import APIRouter, Body, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from trivet.encoders.catalogue import CATALOGUE
from trivet.errors import InputError
from trivet_service.access import Trainer
from trivet_service.audit import actor_of
from trivet_service.context import Context
from trivet_service.datasets.shelf import Shelf
from trivet_service.exchange import exchange_of
from trivet_service.jobs.admission import build_recipe, own_model
from trivet_service.jobs.queue import JobQueue, Wish
from trivet_service.jobs.schemas import JobShown, show_job
from trivet_service.jobs.sightings import count_workers
from trivet_service.predictions.training_rows import training_rows
from trivet_service.proxy import location
from trivet_service.service import Service
from trivet_support.growth.grown import labels_of
from trivet_support.growth.training_set import gather_own, is_open_to

Mode: TypeAlias = Literal["head", "adapter", "full"]

# Recipe and knobs by mode.
_MODES: Mapping[Mode, tuple[str, Mapping[str, Any]]] = {
    "head": ("default", {}),
    "adapter": ("full", {"method.kind": "lora"}),
    "full": ("full", {}),
}


class TrainIn(BaseModel):
    """How thoroughly to train, and from what beside your examples."""

    model_config = ConfigDict(extra="forbid")

    mode: Mode = Field(
        "head",
        description="`head`: seconds, over the encoder as it is; `adapter`: minutes, a few weights of the encoder; "
        "`full`: all of them.",
    )
    with_base: bool | None = Field(
        None, description="Learn from the rows of the live model too; null: where they are open to you."
    )
    with_corrections: bool = Field(
        default=True, description="Learn from answers that feedback confirmed or corrected, where their texts are kept."
    )
    overrides: dict[str, str | int | float | bool] = Field(
        default_factory=dict, max_length=50, description="Knobs of the recipe by their dotted names, as for jobs."
    )
    timeout_s: float | None = Field(None, gt=0, description="Seconds that an attempt may run; null: the default.")


_ASKED: Any = Body(
    openapi_examples={"head": {"value": {"mode": "head", "with_base": False}}, "full": {"value": {"mode": "full"}}}
)
_ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {
        "description": "It waits for a worker; `Location` is where it is followed.",
        "headers": {"Location": {"schema": {"type": "string"}, "description": "The job's address."}},
    }
}


def train_routes(context: Context, service: Service) -> APIRouter:
    """The route that makes a data set of a tenant's rows, and a job of it."""
    router, settings = APIRouter(), context.settings

    @router.post(
        "/v1/train", status_code=202, summary="Train a model of your own from your examples", responses=_ACCEPTED
    )
    def train(request: Request, response: Response, caller: Trainer, asked: TrainIn = _ASKED) -> JobShown:
        tenant, shelf = caller.tenant, Shelf(settings.home, caller.tenant)
        model = context.models.take_in_thread("support", request)
        # A folder that is served is known to this server alone: a worker opens what the registry holds.
        open_to = model.version > 0 and is_open_to(model.artifact, tenant, shelf)
        if asked.with_base and not open_to:
            what = "the rows that the live model learnt from are not at hand for you."
            raise InputError(what, where="/with_base", todo="Leave it out, and train on your examples alone.")
        with_base = open_to if asked.with_base is None else asked.with_base
        store = context.database.of(tenant)
        corrections = store.read(lambda rows: training_rows(rows, "support")) if asked.with_corrections else []
        own, rows, revision = gather_own(
            context.database,
            shelf,
            tenant,
            corrections=corrections,
            known=labels_of(model.artifact) if with_base else (),
        )
        recipe, overrides = _MODES[asked.mode]
        encoder = model.artifact.recipe.encoder.name
        same = {"encoder.name": encoder} if encoder in CATALOGUE else {}
        wanted = {
            "dataset": own.name,
            "data_version": own.version,
            "columns": dict(own.columns),
            "recipe": recipe,
            "overrides": {**same, **overrides, **asked.overrides},
            "judge": True,
            "model": own_model("support", tenant),
            "revision": revision,
            "base": f"{model.name}/{model.version}" if with_base else "",
        }
        build_recipe(service, wanted, settings, tenant=tenant)
        timeout_s = asked.timeout_s or settings.job_timeout_s
        if timeout_s > settings.job_timeout_s:
            raise InputError(f"a job may run for {settings.job_timeout_s:g} s at most.", where="/timeout_s")
        wish = Wish("support", "train", wanted, timeout_s)
        job = JobQueue(context.database, tenant).submit(
            wish, actor_of(request), key=caller.key_id, most=settings.jobs_waiting
        )
        exchange_of(request.scope).note(job=job.id, kind="train", rows=rows)
        workers = context.database.everyone().read(lambda found: count_workers(found, now=time.time()))
        shown = show_job(job, root=location(request.scope, "/v1/jobs"), workers=workers)
        response.headers["Location"] = shown.url
        return shown

    return router
