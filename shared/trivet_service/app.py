"""Makes one HTTP app of services."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from starlette.middleware import Middleware

import trivet
from trivet_service.access import AccessGate
from trivet_service.access_routes import key_routes, tenant_routes
from trivet_service.audit_routes import audit_routes
from trivet_service.context import Check, Context
from trivet_service.datasets.routes import dataset_routes
from trivet_service.deadlines import Deadline
from trivet_service.departures import Departures
from trivet_service.documentation import page
from trivet_service.doors import kept_doors
from trivet_service.drain import Farewell
from trivet_service.embeddings import PATH as EMBEDDINGS
from trivet_service.embeddings_routes import embeddings_routes
from trivet_service.faces import OpenAiFaults
from trivet_service.health import health_routes
from trivet_service.idempotency import Ledger
from trivet_service.in_flight import InFlight
from trivet_service.jobs.routes import job_routes
from trivet_service.json_bodies import JsonBodies
from trivet_service.limits import BodyLimit
from trivet_service.model_metrics import ModelMetrics
from trivet_service.models_routes import models_routes
from trivet_service.observe import Observe
from trivet_service.openapi import PROBLEMS, describe
from trivet_service.predictions.routes import prediction_routes
from trivet_service.problems import handle_problems
from trivet_service.proxy import RootPath
from trivet_service.rate_limits import RateLimits, read_rates
from trivet_service.retries import Retries
from trivet_service.service import Service
from trivet_service.storage.kit import kit_domain
from trivet_service.streams.routes import stream_routes
from trivet_service.webhooks.routes import webhook_routes


def create_app(services: Sequence[Service], context: Context) -> FastAPI:
    """An app with the routes of the services, which loads their models when it starts."""
    app = FastAPI(
        title="Trivet: " + ", ".join(service.name for service in services),
        version=trivet.__version__,
        description="Answers with calibrated confidence, and where each came from. The key decides the tenant; "
        "/v1/t/TENANT/... stands for /v1/... and has to agree with it.",
        lifespan=_lifespan(services, context),
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        # An address that is nearly right is not found: a redirect would carry a host name that a proxy may not have.
        redirect_slashes=False,
        middleware=_layers(services, context, openapi=lambda: app.openapi()),
    )
    handle_problems(app)
    app.include_router(health_routes(context))
    for service in services:
        for router in service.routes(context):
            app.include_router(router, tags=[service.name], responses=PROBLEMS)
    app.include_router(embeddings_routes(context), tags=["openai"])
    app.include_router(prediction_routes(context), tags=["feedback"], responses=PROBLEMS)
    app.include_router(dataset_routes(context, services), tags=["datasets"], responses=PROBLEMS)
    app.include_router(job_routes(context, services), tags=["jobs"], responses=PROBLEMS)
    app.include_router(stream_routes(context), tags=["streams"], responses=PROBLEMS)
    app.include_router(webhook_routes(context), tags=["webhooks"], responses=PROBLEMS)
    for access in (key_routes, tenant_routes, audit_routes):
        app.include_router(access(context), tags=["access"], responses=PROBLEMS)
    # Last, so that the registry is watched once every service has opened what it needs.
    app.include_router(models_routes(context), tags=["models"], responses=PROBLEMS)

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(page())

    describe(app)
    app.state.context = context
    return app


def _layers(
    services: Sequence[Service], context: Context, *, openapi: Callable[[], dict[str, Any]]
) -> list[Middleware]:
    """What stands around the routes, outermost first."""
    settings = context.settings
    rates = read_rates(settings.rate)
    ledger = Ledger(context.database, owner=uuid.uuid4().hex)
    return [
        Middleware(RootPath, root=settings.root_path),
        Middleware(Observe, metrics=context.metrics, log=context.log),
        Middleware(Farewell, drain=context.drain),
        Middleware(OpenAiFaults, paths=frozenset({EMBEDDINGS})),
        *(layer for service in services if service.layers is not None for layer in service.layers(context)),
        Middleware(AccessGate, doorkeeper=context.doorkeeper),
        *([Middleware(RateLimits, rates=rates)] if rates else []),
        Middleware(InFlight, most=settings.max_in_flight),
        Middleware(JsonBodies),
        Middleware(Departures),
        Middleware(Deadline, seconds=settings.request_s, upload_s=settings.upload_s),
        Middleware(
            BodyLimit,
            max_bytes=settings.max_body_bytes,
            seconds=settings.receive_s,
            upload_bytes=settings.upload_bytes,
            upload_s=settings.upload_s,
        ),
        Middleware(Retries, ledger=ledger, openapi=openapi),
    ]


def _lifespan(services: Sequence[Service], context: Context) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            async with _database(services, context), kept_doors(context), _events(context), _models(context):
                yield
        except Exception as error:
            # The server would only log it; the command line says it in one line.
            context.troubles.append(error)
            raise

    return lifespan


@asynccontextmanager
async def _database(services: Sequence[Service], context: Context) -> AsyncIterator[None]:
    domains = [kit_domain(), *(service.domain() for service in services if service.domain is not None)]
    await asyncio.to_thread(context.database.open, domains)
    context.checks["store"] = lambda: Check(ok=context.database.is_well())
    try:
        yield
    finally:
        await asyncio.to_thread(context.database.close)


@asynccontextmanager
async def _events(context: Context) -> AsyncIterator[None]:
    async with context.streams.running(), context.webhooks.running():
        yield


@asynccontextmanager
async def _models(context: Context) -> AsyncIterator[None]:
    try:
        await asyncio.to_thread(context.models.load)
        context.metrics.registry.register(ModelMetrics(context.models))
        context.metrics.watch(context.models.batchers)
        yield
    finally:
        # Requests in flight have ended by now; what is still queued is answered.
        await asyncio.to_thread(context.models.close)
