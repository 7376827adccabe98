"""What every service of one app shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from trivet_service.doorkeeper import Doorkeeper
from trivet_service.drain import Drain
from trivet_service.logs import Lines, Logger, open_log
from trivet_service.metrics import Metrics
from trivet_service.models import Models
from trivet_service.predictions.log import PredictionLog
from trivet_service.settings import ServiceSettings
from trivet_service.storage.database import Database
from trivet_service.streams.streams import Streams
from trivet_service.webhooks.delivery import enqueue
from trivet_service.webhooks.hub import WebhookHub


@dataclass(frozen=True)
class Check:
    """One thing that `/readyz` looks at: whether it is well, and what there is to say about it."""

    ok: bool
    detail: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Context:
    """What is made once for one app: `lines` is where `log` writes, `troubles` are what kept the app from starting.

    A service adds what `/readyz` should look at to `checks`, by name. The database opens when the app starts.
    """

    settings: ServiceSettings
    models: Models
    database: Database
    doorkeeper: Doorkeeper
    metrics: Metrics
    predictions: PredictionLog
    streams: Streams
    webhooks: WebhookHub
    log: Logger
    lines: Lines
    drain: Drain = field(default_factory=Drain)
    checks: dict[str, Callable[[], Check]] = field(default_factory=dict)
    troubles: list[Exception] = field(default_factory=list)


def open_context(settings: ServiceSettings, models: Models, *, keys: bool) -> Context:
    """What an app over these models needs; without `keys` everybody may do everything."""
    lines, metrics, drain = Lines(), Metrics(), Drain()
    log = open_log(settings.log_level, lines)
    database = Database(settings.store_url)
    doorkeeper = Doorkeeper(database, asks=keys, grace_s=settings.keys_grace_s)
    return Context(
        settings=settings,
        models=models,
        database=database,
        doorkeeper=doorkeeper,
        metrics=metrics,
        predictions=PredictionLog(settings, database, log, metrics.registry),
        streams=Streams(
            settings,
            database,
            doorkeeper=doorkeeper,
            drain=drain,
            log=log,
            registry=metrics.registry,
            also=(enqueue,),
        ),
        webhooks=WebhookHub(settings, database, drain=drain, log=log, registry=metrics.registry),
        log=log,
        lines=lines,
        drain=drain,
    )
