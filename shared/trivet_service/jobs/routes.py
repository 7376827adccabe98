"""`/v1/jobs`: long work, asked for here and done by `trivet worker`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Path, Request, Response

from trivet_service.access import Reader, Trainer
from trivet_service.audit import actor_of
from trivet_service.context import Check, Context
from trivet_service.exchange import exchange_of
from trivet_service.jobs.admission import admit
from trivet_service.jobs.asked import EXAMPLES, JobAsked
from trivet_service.jobs.feed import JobFeed, position_of
from trivet_service.jobs.job import Job
from trivet_service.jobs.queue import BY_AGE, JobQueue
from trivet_service.jobs.schemas import JobShown, JobsPage, LinesPage, list_job, show_job, show_line
from trivet_service.jobs.sightings import count_jobs, count_workers
from trivet_service.paging import Order, PageAsked, close_page, open_page
from trivet_service.problems import ProblemError
from trivet_service.proxy import location
from trivet_service.service import Service
from trivet_service.storage.errors import StoreUnavailableError
from trivet_service.streams.stream import Stream

_BY_LINE = Order("lines", (int,))
_ASKED: Any = Body(openapi_examples=EXAMPLES)
_ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {
        "description": "It waits for a worker; `Location` is where it is followed.",
        "headers": {"Location": {"schema": {"type": "string"}, "description": "The job's address."}},
    }
}
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "`log`, `progress` and one `end`; the stream closes after it.",
        "content": {
            "text/event-stream": {
                "schema": {"type": "string"},
                "example": 'id: 4\nevent: progress\ndata: {"status": "running", "progress": 0.4, "stage": "fit"}\n\n',
            }
        },
    },
    204: {"description": "`Last-Event-ID` is that of the end: there is nothing more."},
}

JobId = Annotated[str, Path(max_length=64, description="As `POST /v1/jobs` gave it.")]


def job_routes(context: Context, services: Sequence[Service]) -> APIRouter:
    """The routes over the queue of this database."""
    router, settings = APIRouter(), context.settings
    context.checks["jobs"] = lambda: check_jobs(context)

    def of(tenant: str) -> JobQueue:
        return JobQueue(context.database, tenant)

    def find(tenant: str, job_id: str) -> Job:
        found = of(tenant).find(job_id)
        if found is None:
            raise ProblemError(404, f"you have no job {job_id!r}.")
        return found

    def shown(request: Request, job: Job) -> JobShown:
        workers = context.database.everyone().read(lambda rows: count_workers(rows, now=time.time()))
        return show_job(job, root=location(request.scope, "/v1/jobs"), workers=workers)

    @router.post("/v1/jobs", status_code=202, summary="Ask for long work", responses=_ACCEPTED)
    def ask(request: Request, response: Response, caller: Trainer, asked: Annotated[JobAsked, _ASKED]) -> JobShown:
        wish = admit(asked, services, settings, tenant=caller.tenant)
        actor = actor_of(request)
        job = of(caller.tenant).submit(wish, actor, key=caller.key_id, most=settings.jobs_waiting)
        exchange_of(request.scope).note(job=job.id, kind=job.kind)
        made = shown(request, job)
        response.headers["Location"] = made.url
        return made

    @router.get("/v1/jobs", summary="Your jobs, the newest first")
    def list_jobs(request: Request, caller: Reader, asked: PageAsked) -> JobsPage:
        window = open_page(asked, BY_AGE)
        found = of(caller.tenant).page(window)
        root = location(request.scope, "/v1/jobs")
        return JobsPage(
            **close_page(
                found, window, key=lambda job: (job.created_at, job.id), render=lambda job: list_job(job, root=root)
            )
        )

    @router.get("/v1/jobs/{job_id}", summary="Where a job stands, and what came of it")
    def show(request: Request, caller: Reader, job_id: JobId) -> JobShown:
        return shown(request, find(caller.tenant, job_id))

    @router.delete("/v1/jobs/{job_id}", summary="Cancel a job", status_code=202)
    def cancel(request: Request, response: Response, caller: Trainer, job_id: JobId) -> JobShown:
        job = of(caller.tenant).cancel(job_id, actor_of(request))
        if job is None:
            raise ProblemError(404, f"you have no job {job_id!r}.")
        if job.status in ("succeeded", "failed"):
            raise ProblemError(409, f"the job has {job.status} already.", code="job_ended")
        # A worker ends the process of one that runs; one that waited is cancelled now.
        return shown(request, job)

    @router.get("/v1/jobs/{job_id}/logs", summary="What a job said")
    def show_lines(caller: Reader, job_id: JobId, asked: PageAsked) -> LinesPage:
        window = open_page(asked, _BY_LINE)
        find(caller.tenant, job_id)
        after = int(window.after[0]) if window.after else 0
        lines = of(caller.tenant).lines(job_id, after=max(0, min(after, 2**31 - 1)), limit=window.limit + 1)
        return LinesPage(**close_page(lines, window, key=lambda line: (line.sequence,), render=show_line))

    @router.get(
        "/v1/jobs/{job_id}/events",
        summary="A job as server-sent events",
        response_class=Stream,
        status_code=200,
        responses=_STREAM,
    )
    async def stream(
        request: Request, caller: Reader, job_id: JobId, last_event_id: Annotated[str, Header(max_length=64)] = ""
    ) -> Response:
        job = await asyncio.to_thread(find, caller.tenant, job_id)
        after = position_of(last_event_id)
        if after is None:
            # The standard's way to tell a reader that it need not come back.
            return Response(status_code=204)
        root = location(request.scope, "/v1/jobs")

        def render_end(ended: Job) -> dict[str, Any]:
            return show_job(ended, root=root, workers=0).model_dump(mode="json", exclude={"workers"})

        feed = JobFeed(of(caller.tenant), context.streams.follower, job, after=after, render=render_end)
        return context.streams.answer(request, caller, feed)

    return router


def check_jobs(context: Context) -> Check:
    """Who would do jobs, and how many there are: without a worker they wait, and the service is ready all the same."""
    try:
        with context.database.everyone().reading() as rows:
            return Check(
                ok=True,
                detail={
                    "workers": count_workers(rows, now=time.time()),
                    "queued": count_jobs(rows, "queued"),
                    "running": count_jobs(rows, "running"),
                },
            )
    except StoreUnavailableError:
        # The check of the store says so.
        return Check(ok=True)
