"""`trivet jobs`: what waits, runs and has ended."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trivet.errors import TrivetError
from trivet_service.commands.opened import opened_database, show_time

if TYPE_CHECKING:
    from trivet_service.jobs.job import Job

jobs = typer.Typer(add_completion=False, no_args_is_help=True, help="Jobs of the store: list, show, cancel.")
Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]
Tenant = Annotated[str, typer.Option(help="Whose jobs.")]
JobId = Annotated[str, typer.Argument(help="The id that `trivet jobs list` shows.")]
_LINES = 20


@jobs.command("list")
def list_jobs(
    tenant: Tenant = "default",
    limit: Annotated[int, typer.Option(min=1, max=500, help="Most jobs.")] = 20,
    as_json: Json = False,
) -> None:
    """The newest jobs of a tenant, the newest first."""
    from trivet_service.jobs.queue import BY_AGE, JobQueue
    from trivet_service.paging import Window

    with opened_database() as database:
        found = JobQueue(database, tenant).page(Window(BY_AGE, limit, None))[:limit]
    if as_json:
        print(json.dumps([_row(job) for job in found]))
        return
    from trivet.cli.output import print_table

    columns = ("id", "kind", "service", "status", "progress", "stage", "created", "attempts")
    print_table([_row(job) for job in found], columns=columns)


@jobs.command()
def show(job_id: JobId, tenant: Tenant = "default", as_json: Json = False) -> None:
    """One job: what was asked, what came of it, and what it said last."""
    from trivet_service.jobs.queue import JobQueue

    with opened_database() as database:
        queue = JobQueue(database, tenant)
        job = queue.find(job_id)
        lines = queue.lines(job_id, after=0, limit=10_000)[-_LINES:]
    if job is None:
        raise _unknown(job_id, tenant)
    if as_json:
        print(json.dumps(job.to_json() | {"lines": [line.line for line in lines]}))
        return
    error = job.error or {}
    facts = _row(job) | {
        "result": (job.result or {}).get("headline", ""),
        "error": " ".join(error.get(part, "") for part in ("where", "what", "todo")).strip(),
    }
    print("\n".join(f"{name:<9} {value}" for name, value in facts.items() if value != ""))
    print("\n".join(f"  {line.line}" for line in lines))


@jobs.command()
def cancel(job_id: JobId, tenant: Tenant = "default", as_json: Json = False) -> None:
    """Take a job out of the queue, or have its worker end it."""
    from trivet_service.audit import operator
    from trivet_service.jobs.queue import JobQueue

    with opened_database() as database:
        job = JobQueue(database, tenant).cancel(job_id, operator())
    if job is None:
        raise _unknown(job_id, tenant)
    if as_json:
        print(json.dumps(_row(job)))
        return
    running = "its worker ends it." if job.status == "running" else f"it is {job.status}."
    print(f"{job.id}: {running}")


def _row(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "kind": job.kind,
        "service": job.service,
        "status": job.status,
        "progress": f"{100 * job.progress:.0f} %",
        "stage": job.stage,
        "created": show_time(job.created_at),
        "attempts": job.attempts,
    }


def _unknown(job_id: str, tenant: str) -> TrivetError:
    return TrivetError(f"the tenant {tenant!r} has no job {job_id!r}.", todo="`trivet jobs list` shows them.")
