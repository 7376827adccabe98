"""Jobs that have changed what a service holds in memory: it is told once they have succeeded."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from trivet_service.jobs.job import Job, read_job
from trivet_service.jobs.tables import jobs
from trivet_service.storage.errors import StoreUnavailableError
from trivet_service.storage.rows import Rows

if TYPE_CHECKING:
    from trivet_service.context import Context

_KINDS = ("import", "rebuild")
# Seconds between two looks, and by how much the clocks of a server and a worker may differ.
_LOOK_S = 1.0
_SKEW_S = 300.0


@asynccontextmanager
async def followed(
    context: Context, service: str, call: Callable[[Job], None], *, known: Collection[str]
) -> AsyncIterator[None]:
    """Within the block, call `call` in a thread with each import or rebuild of a service that succeeds.

    Not with those that are `known` from `ended_jobs`. What it raises is logged; after a loss of the database it is
    called again.
    """
    following = asyncio.create_task(_follow(context, service, call, set(known)))
    try:
        yield
    finally:
        following.cancel()


def ended_jobs(context: Context, service: str) -> set[str]:
    """The ids of the imports and rebuilds of a service that have succeeded lately."""
    return {job.id for job in _find(context, service)}


async def _follow(context: Context, service: str, call: Callable[[Job], None], known: set[str]) -> None:
    while True:
        await asyncio.sleep(_LOOK_S)
        with suppress(StoreUnavailableError):
            found = await asyncio.to_thread(_find, context, service)
            known.intersection_update({job.id for job in found})
            for job in found:
                if job.id not in known:
                    await _take_over(context, call, job)
                    known.add(job.id)


async def _take_over(context: Context, call: Callable[[Job], None], job: Job) -> None:
    try:
        await asyncio.to_thread(call, job)
    except StoreUnavailableError:
        raise
    except Exception as error:
        context.log.error("job not taken over", job=job.id, kind=job.kind, error=type(error).__name__)
    else:
        context.log.info("job taken over", job=job.id, kind=job.kind, tenant=job.tenant)


def _find(context: Context, service: str) -> list[Job]:
    """Jobs that succeeded lately, the oldest first."""

    def read(rows: Rows) -> list[Job]:
        query = rows.select(jobs).where(
            jobs.c.finished_at > time.time() - _SKEW_S,
            jobs.c.status == "succeeded",
            jobs.c.service == service,
            jobs.c.kind.in_(_KINDS),
        )
        return [read_job(row) for row in rows.fetch(query.order_by(jobs.c.finished_at))]

    return context.database.everyone().read(read)
