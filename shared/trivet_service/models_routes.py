"""`/v1/models`: what answers here, and which version is to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Body, FastAPI, Path, Request

from trivet_service import lifecycle
from trivet_service.access import Admin, Caller
from trivet_service.audit import Action, actor_of, record_now
from trivet_service.context import Context
from trivet_service.exchange import exchange_of
from trivet_service.handover import Handover
from trivet_service.lifecycle import Gate, Order
from trivet_service.models_schemas import (
    CanaryBody,
    Compared,
    PromoteBody,
    ReasonBody,
    ServedModels,
    ServedNow,
    ShadowBody,
    describe_served,
    describe_shadow,
)
from trivet_service.problems import ProblemError
from trivet_service.watch import watching

Place = Annotated[
    str,
    Path(
        pattern="^[a-z][a-z0-9-]{0,126}$",
        description="A service, or SERVICE--TENANT for a tenant's own model.",
        examples=["support"],
    ),
]

_PROMOTE: Any = Body(
    openapi_examples={
        "through its gates": {"value": {"version": 4}},
        "past them": {"value": {"version": 4, "force": True, "reason": "the old one is wrong about refunds"}},
    }
)
_REASON: Any = Body(openapi_examples={"why": {"value": {"reason": "too many refunds go to sales"}}})
_SHADOW: Any = Body(openapi_examples={"a version": {"value": {"version": 4}}, "none": {"value": {"version": None}}})
_CANARY: Any = Body(
    openapi_examples={"a tenth": {"value": {"version": 4, "share": 0.1}}, "end": {"value": {"share": 0}}}
)


def models_routes(context: Context) -> APIRouter:
    """The routes; while they stand, the registry is watched."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with watching(context):
            yield

    router = APIRouter(lifespan=lifespan)

    @router.get("/v1/models", summary="What answers here: versions, shares, what was refused")
    def show(caller: Admin) -> ServedModels:
        return ServedModels(items=[describe_served(one) for one in context.models.handovers() if _may_see(caller, one)])

    @router.get("/v1/models/{place}/shadow", summary="How often the shadow agrees with the live version")
    def show_shadow(caller: Admin, place: Place) -> Compared:
        traffic = _find(context, place, caller).traffic
        if traffic is None or traffic.shadow is None:
            raise ProblemError(404, "no version is the shadow.")
        return describe_shadow(traffic.shadow)

    @router.post("/v1/models/{place}:promote", summary="Make a version live, through its gates")
    def promote(request: Request, caller: Admin, place: Place, asked: PromoteBody = _PROMOTE) -> ServedNow:
        order = _order(context, place, caller, reason=asked.reason)
        try:
            gates = lifecycle.promote(order, asked.version, is_forced=asked.force, accepts_licence=asked.accept_licence)
        except ProblemError as error:
            if error.status_code == 409:
                _record(request, context, order, "model.refused", version=asked.version, detail={"why": error.detail})
            raise
        action: Action = "model.forced" if asked.force else "model.promoted"
        _record(request, context, order, action, version=asked.version)
        return _answer(request, order, gates)

    @router.post("/v1/models/{place}:rollback", summary="Make the version live again that was live before")
    def roll_back(request: Request, caller: Admin, place: Place, asked: ReasonBody = _REASON) -> ServedNow:
        order = _order(context, place, caller, reason=asked.reason)
        version = lifecycle.roll_back(order)
        _record(request, context, order, "model.rolled_back", version=version)
        return _answer(request, order)

    @router.post("/v1/models/{place}:shadow", summary="Let a version answer after the live one, where nobody waits")
    def set_shadow(request: Request, caller: Admin, place: Place, asked: ShadowBody = _SHADOW) -> ServedNow:
        order = _order(context, place, caller, reason=asked.reason)
        lifecycle.set_shadow(order, asked.version)
        _record(request, context, order, "model.shadowed", version=asked.version or 0)
        return _answer(request, order)

    @router.post("/v1/models/{place}:canary", summary="Let a version answer a share of the requests")
    def set_canary(request: Request, caller: Admin, place: Place, asked: CanaryBody = _CANARY) -> ServedNow:
        order = _order(context, place, caller, reason=asked.reason)
        lifecycle.set_canary(order, asked.version, asked.share)
        version = asked.version or 0
        _record(request, context, order, "model.canary", version=version, detail={"share": asked.share})
        return _answer(request, order)

    @router.post("/v1/models/{place}:refresh", summary="Look at the registry now, and try again what was refused")
    def refresh(request: Request, caller: Admin, place: Place) -> ServedNow:
        order = _order(context, place, caller, reason="")
        context.models.refresh(order.handover)
        return _answer(request, order)

    return router


def _may_see(caller: Caller, handover: Handover) -> bool:
    return caller.is_operator or handover.tenant in ("", caller.tenant)


def _find(context: Context, place: str, caller: Caller) -> Handover:
    found = context.models.handover(place)
    if found is None or not _may_see(caller, found):
        raise ProblemError(404, f"nothing is served as {place!r}.")
    return found


def _order(context: Context, place: str, caller: Caller, *, reason: str) -> Order:
    handover = _find(context, place, caller)
    if not handover.tenant and not caller.is_operator:
        raise ProblemError(403, f"{place!r} answers for all tenants: only a key of the operators may change it.")
    return Order(context.models, handover, reason, caller.key_id)


def _answer(request: Request, order: Order, gates: Sequence[Gate] = ()) -> ServedNow:
    served = describe_served(order.handover)
    return ServedNow(**dict(served), gates=list(gates), request_id=exchange_of(request.scope).request_id)


def _record(
    request: Request,
    context: Context,
    order: Order,
    action: Action,
    *,
    version: int,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Who did it, in the audit log of the caller's tenant."""
    caller: Caller = request.state.caller
    name = order.handover.source.name or order.handover.service
    exchange_of(request.scope).note(service=order.handover.service, model=name, version=version)
    told = {"reason": order.reason, **(detail or {})}
    record_now(context.database, caller.tenant, actor_of(request), action, f"{name}/{version}", told)
