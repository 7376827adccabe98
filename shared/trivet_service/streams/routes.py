"""`GET /v1/stream`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request

from trivet_service.access import Reader
from trivet_service.context import Context
from trivet_service.streams.event_feed import EventFeed
from trivet_service.streams.log import Wanted
from trivet_service.streams.stream import Stream

# What a number of an event may look like, in eighteen digits at most.
NUMBER = r"^[0-9]{1,18}$"
Topic = Annotated[str, Query(pattern=r"^[a-z][a-z0-9_]{0,62}$")]

_EXAMPLE = (
    ": trivet\nid: 16\nretry: 2000\n\n"
    'event: job.succeeded\ndata: {"type":"job.succeeded","timestamp":"2026-01-02T09:00:00.000+00:00","sequence":17,'
    '"topic":"jobs","subject":"3f2a","request_id":"5f2b","data":{"job_id":"3f2a"}}\nid: 17\n\n'
    ": heartbeat\n\n"
)
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events as they happen; the id of each is what to come back with.",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
    }
}


def stream_routes(context: Context) -> APIRouter:
    """The route over what the outbox of this app's database gets."""
    router = APIRouter()

    @router.get(
        "/v1/stream",
        summary="Follow what happens, from where you left off",
        response_class=Stream,
        status_code=200,
        responses=ANSWERS,
    )
    async def follow(
        request: Request,
        caller: Reader,
        topic: Annotated[
            list[Topic], Query(max_length=20, description="Only events of these topics; none given: of all.")
        ] = [],  # noqa: B006
        subject: Annotated[str, Query(max_length=256, description="Only events about this one thing.")] = "",
        after: Annotated[
            str | None, Query(pattern=NUMBER, description="Number of the last event you have; 0: all that are kept.")
        ] = None,
        last_event_id: Annotated[
            str | None,
            Header(pattern=NUMBER, description="As `after`, which it overrules: readers that come back send it."),
        ] = None,
    ) -> Stream:
        given = last_event_id if last_event_id is not None else after
        feed = EventFeed(
            context.database.of(caller.tenant),
            context.streams.follower,
            wanted=Wanted(tuple(topic), subject),
            after=None if given is None else int(given),
        )
        return context.streams.answer(request, caller, feed)

    return router
