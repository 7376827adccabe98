"""`/v1/feedback` and `/v1/predictions`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Body, FastAPI, Query, Request
from sqlalchemy import ColumnElement

from trivet_service.access import Reader, Trainer, Writer
from trivet_service.context import Check, Context
from trivet_service.exchange import exchange_of
from trivet_service.paging import Order, PageAsked, close_page, open_page, select_page
from trivet_service.predictions.feedback import Feedback, feedback, judge, keep_feedback, read_feedback
from trivet_service.predictions.log import PredictionLog, keepable
from trivet_service.predictions.prediction import Prediction, predictions, read_prediction
from trivet_service.predictions.schemas import (
    FeedbackIn,
    FeedbackPage,
    FeedbackSummary,
    FeedbackTaken,
    PredictionsPage,
    RequestId,
    show_counts,
    show_feedback,
    show_prediction,
    show_told,
)
from trivet_service.predictions.watch import FeedbackWatch, alarms_by_version, alarms_of, count_feedback, select_told
from trivet_service.problems import ProblemError
from trivet_service.storage.rows import Found, Rows

_LATEST_FEEDBACK = Order("feedback", (float, str, int), descending=True)
_LATEST_PREDICTIONS = Order("predictions", (float, str, int), descending=True)

_GIVEN: Any = Body(
    openapi_examples={
        "right": {"value": {"request_id": "5f2b6c0e4f7d4c0f9a3d0d9a4a3f5b11", "correct": True}},
        "what would have been right": {
            "value": {"request_id": "5f2b6c0e4f7d4c0f9a3d0d9a4a3f5b11", "item": 1, "label": "card_arrival"}
        },
    }
)
_NAME = "^[A-Za-z0-9_-]{0,64}$"
ServiceAsked = Annotated[str, Query(pattern=_NAME, description="Only this service.")]


def prediction_routes(context: Context) -> APIRouter:
    """The routes; while they stand, answers are written to the log."""
    log, watch = context.predictions, FeedbackWatch(context.metrics.registry)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(watch.replay, context.database)
        log.start()
        context.checks["feedback"] = lambda: Check(ok=True, detail={"waiting": log.waiting, "alarms": watch.ringing()})
        try:
            yield
        finally:
            await asyncio.to_thread(log.close)

    router = APIRouter(lifespan=lifespan)

    @router.post("/v1/feedback", summary="Say whether an answer was right, and what would have been")
    def take_feedback(request: Request, caller: Writer, asked: FeedbackIn = _GIVEN) -> FeedbackTaken:
        given = _join(asked, _find(log, caller.tenant, asked))
        outcome = context.database.of(caller.tenant).write(partial(keep_feedback, given=given))
        if outcome == "new":
            watch.hear(given)
        exchange_of(request.scope).note(feedback=outcome, joined=given.is_joined, correct=given.correct)
        return FeedbackTaken(**show_told(given), outcome=outcome)

    @router.get("/v1/feedback", summary="What was said of answers")
    def list_feedback(caller: Trainer, asked: PageAsked, service: ServiceAsked = "") -> FeedbackPage:
        window = open_page(asked, _LATEST_FEEDBACK)
        columns = (feedback.c.time, feedback.c.request_id, feedback.c.item)

        def read(rows: Rows) -> list[Found]:
            query = rows.select(feedback).where(*_only(feedback.c.service, service))
            return list(rows.fetch(select_page(query, window, columns)))

        found = context.database.of(caller.tenant).read(read)
        return FeedbackPage(**close_page(found, window, key=_key, render=lambda row: show_feedback(read_feedback(row))))

    @router.get("/v1/feedback/summary", summary="How many answers were told right, by version, and whether it alarms")
    def summarise(caller: Reader, service: ServiceAsked = "") -> FeedbackSummary:
        with context.database.of(caller.tenant).reading() as rows:
            counts, told = count_feedback(rows, service), select_told(rows, service)
        alarms = alarms_of(told)
        return FeedbackSummary(items=[show_counts(one, alarms_by_version(alarms, one.served)) for one in counts])

    @router.get("/v1/predictions", summary="What was answered, with redacted texts where they are kept")
    def list_predictions(
        caller: Trainer,
        asked: PageAsked,
        service: ServiceAsked = "",
        decision: Annotated[str, Query(pattern=_NAME, description="Only this decision.")] = "",
        request_id: Annotated[RequestId | None, Query(description="Only the answers to this request.")] = None,
    ) -> PredictionsPage:
        window = open_page(asked, _LATEST_PREDICTIONS)
        columns = (predictions.c.time, predictions.c.request_id, predictions.c.item)
        wanted = (
            *_only(predictions.c.service, service),
            *_only(predictions.c.decision, decision),
            *_only(predictions.c.request_id, request_id or ""),
        )

        def read(rows: Rows) -> list[Found]:
            return list(rows.fetch(select_page(rows.select(predictions).where(*wanted), window, columns)))

        found = context.database.of(caller.tenant).read(read)
        page = close_page(found, window, key=_key, render=lambda row: show_prediction(read_prediction(row), row.text))
        return PredictionsPage(**page)

    return router


def _find(log: PredictionLog, tenant: str, asked: FeedbackIn) -> Prediction | None:
    """The answer that is spoken of; None where it was one that is not kept.

    Raises:
        ProblemError: 404, the same whether it is another tenant's or nobody's.
    """
    found = log.find(tenant, asked.request_id, asked.item)
    if found is None and (log.keeps(asked.request_id) or log.remembers(tenant, asked.request_id)):
        raise ProblemError(404, "there is no answer of that request id and item.")
    return found


def _join(asked: FeedbackIn, answer: Prediction | None) -> Feedback:
    note = None if asked.note is None else keepable(asked.note)
    if answer is None:
        return Feedback(asked.request_id, asked.item, time.time(), asked.correct, asked.label, note)
    return Feedback(
        request_id=asked.request_id,
        item=asked.item,
        time=time.time(),
        correct=judge(answer, correct=asked.correct, label=asked.label),
        label=asked.label,
        note=note,
        service=answer.service,
        model=answer.model,
        version=answer.version,
        answered=answer.label,
        decision=answer.decision,
        promised=answer.promised,
    )


def _key(row: Found) -> tuple[float, str, int]:
    return (row.time, row.request_id, row.item)


def _only(column: ColumnElement[str], wanted: str) -> tuple[ColumnElement[bool], ...]:
    return (column == wanted,) if wanted else ()
