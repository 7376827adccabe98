"""Whether the process lives, whether it can answer, and what it has done."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from trivet_service.context import Check, Context
from trivet_service.handover import Handover
from trivet_service.metrics import MEDIA_TYPE

# A queue fuller than this is not the place for more traffic.
_FULL = 0.9


_METRICS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The text format of Prometheus.",
        "content": {
            "text/plain": {"example": 'http_requests_total{method="POST",route="/v1/parse",status="200"} 17.0'}
        },
    }
}


class Alive(BaseModel):
    """The process answers."""

    status: str = Field(examples=["alive"])


class Readiness(BaseModel):
    """Whether requests will be answered, check by check."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "ready",
                    "checks": {
                        "support.model": {
                            "ok": True, "model": "support", "version": 3, "precision": "int8", "degraded": "",
                            "restrictions": []
                        },
                        "queue.3f2a9c": {"ok": True, "waiting": 0, "full": 0.0},
                    },
                }
            ]
        }
    )  # fmt: skip

    status: str
    checks: dict[str, dict[str, Any]]


def health_routes(context: Context) -> APIRouter:
    """`/livez`, `/readyz` (alias `/healthz`) and `/metrics`; they ask for no key."""
    router = APIRouter(tags=["health"])

    @router.get("/livez", summary="Whether the process lives")
    async def livez() -> Alive:
        return Alive(status="alive")

    @router.get(
        "/readyz",
        summary="Whether requests will be answered",
        responses={503: {"model": Readiness, "description": "A check fails."}},
        response_model=Readiness,
    )
    @router.get("/healthz", summary="The same as /readyz", response_model=Readiness)
    def readyz() -> Response:
        checks = look_at(context)
        ok = all(check.ok for check in checks.values())
        readiness = Readiness(
            status="ready" if ok else "not ready",
            checks={name: {"ok": check.ok, **check.detail} for name, check in checks.items()},
        )
        return JSONResponse(readiness.model_dump(), 200 if ok else 503)

    @router.get("/metrics", summary="Counters for Prometheus", response_class=Response, responses=_METRICS)
    def metrics() -> Response:
        return Response(context.metrics.text(), media_type=MEDIA_TYPE)

    return router


def look_at(context: Context) -> dict[str, Check]:
    """Every check by name: a model a service, a queue a graph, and what the services added."""
    checks = {f"{service}.model": Check(ok=False, detail={"model": ref}) for service, ref in _missing(context)}
    handovers = [handover for handover in context.models.handovers() if handover.traffic is not None]
    checks |= {f"{handover.service}.model": _model(handover) for handover in handovers if not handover.tenant}
    if tenants := [handover for handover in context.models.handovers() if handover.tenant]:
        # Who asks here shows no key, so tenants are counted and not named.
        refused = sum(bool(handover.refusals) for handover in tenants)
        checks["tenants.models"] = Check(ok=True, detail={"opened": len(tenants), "refused": refused})
    for batcher in context.models.batchers():
        share = batcher.queue_share()
        detail: dict[str, object] = {"waiting": batcher.queue_length(), "full": round(share, 3)}
        checks[f"queue.{batcher.name}"] = Check(ok=share < _FULL, detail=detail)
    if context.drain.has_begun:
        checks["drain"] = Check(ok=False, detail={"reason": "the server has been told to stop"})
    return checks | {name: check() for name, check in context.checks.items()}


def _missing(context: Context) -> list[tuple[str, str]]:
    loaded = {model.service for model in context.models}
    return [(service, ref) for service, ref in context.models.references.items() if service not in loaded]


def _model(handover: Handover) -> Check:
    """What answers is ready, and says what is not as it should be: fp32 for int8, a version that was refused."""
    assert handover.traffic is not None, "asked of what has a model"
    model = handover.traffic.live
    detail: dict[str, object] = {
        "model": model.name,
        "version": model.version,
        "precision": model.artifact.graph.engine.precision,
        "degraded": model.artifact.degraded,
        # Who reads this should know what may only be used for research.
        "restrictions": list(model.artifact.card.restrictions),
    }
    refused = [refusal.line() for refusal in handover.refused()]
    detail |= {"refused": refused} if refused else {}
    detail |= {"registry": handover.trouble} if handover.trouble else {}
    return Check(ok=True, detail=detail)
