"""The support service as the kit finds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trivet_service.service import Service

if TYPE_CHECKING:
    from fastapi import APIRouter
    from starlette.middleware import Middleware

    from trivet_service.context import Context
    from trivet_service.jobs.kinds import Work
    from trivet_service.storage.domain import Domain
    from trivet_service.suites.suite import Suite


def _routes(context: Context) -> Sequence[APIRouter]:
    # Training a model of the domain needs no web framework.
    from trivet_support.brain import Brain
    from trivet_support.compat.peers import peer_routes
    from trivet_support.desk.desks import Desks
    from trivet_support.dialogue import Dialogue
    from trivet_support.growth.growth import Growth
    from trivet_support.growth.teaching import Teaching
    from trivet_support.responder import Responder
    from trivet_support.routes.desk import desk_routes
    from trivet_support.routes.explain import explain_routes
    from trivet_support.routes.inbox import inbox_routes
    from trivet_support.routes.intents import intent_routes
    from trivet_support.routes.lint import lint_routes
    from trivet_support.routes.parse import parse_routes
    from trivet_support.routes.sessions import session_routes
    from trivet_support.routes.train import train_routes

    dialogue, desks = Dialogue(context), Desks(context)
    growth = Growth(context)
    brain = Brain(context, dialogue, desks, growth)
    responder = Responder(context, brain)
    teaching = Teaching(context, growth)
    return [
        parse_routes(context, brain),
        explain_routes(context, growth),
        intent_routes(context, growth, teaching),
        inbox_routes(context, teaching),
        lint_routes(context, growth),
        train_routes(context, service),
        session_routes(dialogue),
        *peer_routes(context, brain, responder),
        *desk_routes(context, desks, responder),
    ]


def _layers(context: Context) -> list[Middleware]:
    from trivet_support.compat.peers import peer_layers

    return peer_layers(context)


def _train(work: Work) -> Mapping[str, Any]:
    # A server that only takes jobs in imports none of this.
    from trivet_support.growth.train_job import train

    return train(work)


def _domain() -> Domain:
    # Nor does it need a database.
    from trivet_support.store import support_domain

    return support_domain()


def _suite() -> Suite:
    # Nor does serving need what judging does.
    from trivet_support.judging.open import support_suite

    return support_suite()


service = Service(
    name="support",
    title="Intents of support messages",
    recipes=Path(__file__).parent / "recipes",
    dataset="sample-bank",
    routes=_routes,
    domain=_domain,
    jobs={"train": _train},
    layers=_layers,
    suite=_suite,
    companions=("support-entities",),
)
