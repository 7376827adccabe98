"""`/v1/operating-points`: how sure an answer has to be, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Body, Request, Response

from trivet.answers.classification import ClassificationFacts
from trivet.errors import InputError
from trivet_service.access import Reader, Writer
from trivet_service.audit import actor_of
from trivet_support.points.measure import MOST_ROWS, measure_precision, measure_threshold
from trivet_support.points.point import Declared, Measured, hold
from trivet_support.points.rows import read_rows
from trivet_support.points.schemas import PointAsked, PointName, PointShown, PointsShown, show_point

if TYPE_CHECKING:
    from trivet_service.context import Context
    from trivet_service.model import Model
    from trivet_support.desk.desks import Desks

_ASKED: Any = Body(
    openapi_examples={
        "a precision": {"value": {"precision": 0.98}},
        "measured on rows of yours": {"value": {"precision": 0.98, "dataset": "faq"}},
        "a threshold": {"value": {"threshold": 0.9}},
    }
)


def point_routes(context: Context, desks: Desks) -> APIRouter:
    """The operating points of the caller's tenant."""
    router, store = APIRouter(), desks.points

    def show_for(model: Model, declared: Declared) -> PointShown:
        facts = model.artifact.facts
        own = facts.operating_point if isinstance(facts, ClassificationFacts) else None
        return show_point(declared, hold(declared, model, own))

    @router.get("/v1/operating-points", summary="Every declared point, as it holds for the model that answers")
    def list_points(request: Request, caller: Reader) -> PointsShown:
        model = context.models.take_in_thread("support", request)
        return PointsShown(items=[show_for(model, one) for one in store.all(caller.tenant)])

    @router.get("/v1/operating-points/{name}", summary="One declared point, as it holds for the model that answers")
    def show(request: Request, caller: Reader, name: PointName) -> PointShown:
        return show_for(context.models.take_in_thread("support", request), store.find(caller.tenant, name))

    @router.put("/v1/operating-points/{name}", summary="Declare how sure an answer has to be; measured where rows are")
    def put(request: Request, caller: Writer, name: PointName, asked: PointAsked = _ASKED) -> PointShown:
        model = context.models.take_in_thread("support", request)
        if not isinstance(model.artifact.facts, ClassificationFacts):
            raise InputError("a model of any number of intents has a threshold each.", where="")
        declared = Declared(
            name,
            precision=asked.precision,
            threshold=asked.threshold,
            dataset=asked.dataset or "",
            table=asked.table if asked.dataset else "",
            measured=_measure(context, model, caller.tenant, asked),
        )
        kept = store.put(caller.tenant, declared, actor=actor_of(request))
        desks.change(caller.tenant)
        return show_for(model, kept)

    @router.delete("/v1/operating-points/{name}", status_code=204, summary="Forget a point")
    def delete(request: Request, caller: Writer, name: PointName) -> Response:
        store.delete(caller.tenant, name, actor=actor_of(request))
        desks.change(caller.tenant)
        return Response(status_code=204)

    return router


def _measure(context: Context, model: Model, tenant: str, asked: PointAsked) -> Measured | None:
    if asked.dataset is None:
        return None
    texts, labels = read_rows(context.settings, tenant, asked.dataset, asked.table, most=MOST_ROWS)
    if asked.precision is not None:
        return measure_precision(model, texts, labels, precision=asked.precision, name=asked.dataset)
    assert asked.threshold is not None, "a point is asked for by either"
    return measure_threshold(model, texts, labels, threshold=asked.threshold)
