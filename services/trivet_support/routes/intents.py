"""`/v1/intents`: what a tenant's customers want, in the tenant's own words; the next message is answered by it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request

from trivet_service.access import Reader, Trainer
from trivet_service.audit import actor_of
from trivet_service.content_type import format_of
from trivet_service.context import Context
from trivet_service.exchange import exchange_of
from trivet_service.paging import PageAsked, close_page, open_page
from trivet_service.problems import ProblemError
from trivet_support.growth.bulk import FORMATS, read_bulk
from trivet_support.growth.effect import TOLERANCE
from trivet_support.growth.grown import labels_of
from trivet_support.growth.growth import Growth
from trivet_support.growth.intent import Intent, Phrase
from trivet_support.growth.intent_store import BY_AGE, BY_NAME, IntentStore, page_of
from trivet_support.growth.schemas import (
    EffectShown,
    ExampleRemoved,
    ExamplesIn,
    ExamplesPage,
    IntentChanged,
    IntentPatch,
    IntentPut,
    IntentRemoved,
    IntentShown,
    IntentsPage,
    Name,
    show_effect,
    show_example,
    show_intent,
)
from trivet_support.growth.teaching import Asked, Taught, Teaching

_PUT: Any = Body(
    openapi_examples={
        "with examples": {
            "value": {
                "description": "wants their card blocked for a while",
                "examples": ["freeze my card please", "put my card on hold", "can I block my card for a week"],
            }
        },
        "only described": {"value": {"description": "wants their card blocked for a while"}},
    }
)
_PATCH: Any = Body(openapi_examples={"description": {"value": {"description": "wants their card blocked"}}})
_ADD: Any = Body(openapi_examples={"one": {"value": {"examples": ["my card should rest for some days"]}}})
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string"}} for kind in FORMATS}
        | {
            "text/csv": {"schema": {"type": "string"}, "example": "text,intent\nclose my account,close_account\n"},
            "application/x-ndjson": {
                "schema": {"type": "string"},
                "example": '{"text": "I want to open an account", "intent": "open_account"}\n',
            },
        },
    }
}

IntentName = Annotated[Name, Path(description="Name of the intent.", examples=["card_freeze"])]
ExampleId = Annotated[str, Path(max_length=64, description="As the list of examples shows it.")]
Tolerance = Annotated[
    float,
    Query(ge=0, le=TOLERANCE, description="Share of held-out rows of other intents that may be right no more."),
]
Force = Annotated[bool, Query(description="Pass over the gate; wants a reason.")]
Reason = Annotated[str, Query(max_length=500, description="Why, for the audit log.")]
DryRun = Annotated[bool, Query(description="Only tell the effect.")]


def intent_routes(context: Context, growth: Growth, teaching: Teaching) -> APIRouter:
    """The routes over the intents of the caller's tenant; while they stand, the process follows the database."""
    router = APIRouter(lifespan=lambda _: growth.running())

    def of(tenant: str) -> IntentStore:
        return IntentStore(context.database, tenant)

    async def known(request: Request) -> tuple[str, ...]:
        model = await context.models.take("support", request)
        return labels_of(model.artifact)

    def find(tenant: str, name: str, labels: Sequence[str]) -> Intent:
        found = of(tenant).find(name)
        if found is None and name not in labels:
            raise _missing(name)
        return found or _of_model(name)

    @router.get("/v1/intents", summary="What your customers may want, by name")
    async def list_intents(request: Request, caller: Reader, asked: PageAsked) -> IntentsPage:
        window, labels = open_page(asked, BY_NAME), await known(request)
        own = {one.name: one for one in await asyncio.to_thread(of(caller.tenant).all)}
        every = {name: own.get(name) or _of_model(name) for name in {*labels, *own}}
        page = close_page(
            page_of(list(every.values()), window),
            window,
            key=lambda one: (one.name,),
            render=lambda one: show_intent(one, known=one.name in labels),
        )
        return IntentsPage(**page)

    @router.get("/v1/intents/{name}", summary="An intent")
    async def show(request: Request, caller: Reader, name: IntentName) -> IntentShown:
        labels = await known(request)
        return show_intent(await asyncio.to_thread(find, caller.tenant, name, labels), known=name in labels)

    @router.put("/v1/intents/{name}", summary="Make an intent, or make it what you say")
    async def put(
        request: Request,
        _: Trainer,
        name: IntentName,
        body: IntentPut = _PUT,
        tolerance: Tolerance = TOLERANCE,
        dry_run: DryRun = False,
        force: Force = False,
        reason: Reason = "",
    ) -> IntentChanged:
        asked = Asked(
            descriptions={name: body.description},
            phrases=_phrases(name, body.examples or ()),
            replaced=frozenset({name}) if body.examples is not None else frozenset(),
            tolerance=tolerance,
            is_dry=dry_run,
            is_forced=force,
            reason=reason,
        )
        return shown(request, await teaching.teach(request, asked))

    @router.patch("/v1/intents/{name}", summary="Describe an intent anew")
    async def patch(request: Request, caller: Trainer, name: IntentName, body: IntentPatch = _PATCH) -> IntentShown:
        if not await asyncio.to_thread(of(caller.tenant).describe, name, body.description):
            raise _missing(name)
        labels = await known(request)
        return show_intent(await asyncio.to_thread(find, caller.tenant, name, labels), known=name in labels)

    @router.delete("/v1/intents/{name}", summary="Take an intent away with its examples")
    async def delete(request: Request, caller: Trainer, name: IntentName) -> IntentRemoved:
        labels = await known(request)
        removed = await asyncio.to_thread(of(caller.tenant).remove, name, actor_of(request))
        if removed is None:
            if name in labels:
                detail = f"the live model learnt {name!r}: train one without it, and it is gone."
                raise ProblemError(409, detail, code="known_by_model")
            raise _missing(name)
        await answer_anew(request)
        return IntentRemoved(name=name, removed=removed, known_by_model=name in labels)

    @router.get("/v1/intents/{name}/examples", summary="The examples of an intent that you gave, oldest first")
    async def list_examples(request: Request, caller: Trainer, name: IntentName, asked: PageAsked) -> ExamplesPage:
        window, labels = open_page(asked, BY_AGE), await known(request)
        await asyncio.to_thread(find, caller.tenant, name, labels)
        found = await asyncio.to_thread(of(caller.tenant).page_of_examples, name, window)
        return ExamplesPage(**close_page(found, window, key=lambda one: (one.created_at, one.id), render=show_example))

    @router.post("/v1/intents/{name}/examples", summary="Give an intent further examples")
    async def add_examples(
        request: Request,
        caller: Trainer,
        name: IntentName,
        body: ExamplesIn = _ADD,
        tolerance: Tolerance = TOLERANCE,
        dry_run: DryRun = False,
        force: Force = False,
        reason: Reason = "",
    ) -> IntentChanged:
        labels = await known(request)
        await asyncio.to_thread(find, caller.tenant, name, labels)
        asked = Asked(
            descriptions={name: None},
            phrases=_phrases(name, body.examples),
            tolerance=tolerance,
            is_dry=dry_run,
            is_forced=force,
            reason=reason,
        )
        return shown(request, await teaching.teach(request, asked))

    @router.delete("/v1/intents/{name}/examples/{example_id}", summary="Take an example away")
    async def remove_example(
        request: Request, caller: Trainer, name: IntentName, example_id: ExampleId
    ) -> ExampleRemoved:
        if not await asyncio.to_thread(of(caller.tenant).remove_example, name, example_id):
            raise ProblemError(404, f"{name!r} has no example {example_id!r}.")
        return ExampleRemoved(id=example_id, answers=await answer_anew(request))

    @router.get("/v1/intents/{name}/effect", summary="What your examples of an intent do to the other answers")
    async def effect(request: Request, caller: Reader, name: IntentName) -> EffectShown:
        labels = await known(request)
        await asyncio.to_thread(find, caller.tenant, name, labels)
        found = await teaching.measure_without(request, name)
        if found is None:
            raise ProblemError(409, "the live model cannot answer by examples.", code="cannot_grow")
        return show_effect(found)

    @router.post("/v1/intents:bulk", summary="Many intents with their examples, from a file", openapi_extra=_FILE)
    async def bulk(
        request: Request,
        _: Trainer,
        tolerance: Tolerance = TOLERANCE,
        dry_run: DryRun = False,
        force: Force = False,
        reason: Reason = "",
    ) -> IntentChanged:
        phrases = await asyncio.to_thread(read_bulk, await request.body(), format_of(request.headers, FORMATS))
        asked = Asked(
            descriptions={phrase.intent: None for phrase in phrases},
            phrases=phrases,
            source="bulk",
            tolerance=tolerance,
            is_dry=dry_run,
            is_forced=force,
            reason=reason,
        )
        return shown(request, await teaching.teach(request, asked))

    async def answer_anew(request: Request) -> bool:
        tenant = request.state.caller.tenant
        model = await context.models.take("support", request)
        return await teaching.answer_by(model, tenant, await asyncio.to_thread(of(tenant).revision))

    return router


def shown(request: Request, taught: Taught) -> IntentChanged:
    """What came of a change, which the log is told in numbers as well."""
    changed = taught.changed
    exchange_of(request.scope).note(examples_added=changed.added if changed else 0)
    return IntentChanged(
        added=changed.added if changed else 0,
        merged=changed.merged if changed else 0,
        removed=changed.removed if changed else 0,
        created=list(changed.created) if changed else [],
        revision=changed.revision if changed else 0,
        answers=taught.answers,
        stored=changed is not None,
        effect=None if taught.effect is None else show_effect(taught.effect),
    )


def _phrases(intent: str, texts: Sequence[str]) -> list[Phrase]:
    return [Phrase(intent, text.strip(), f"/examples/{at}") for at, text in enumerate(texts)]


def _of_model(name: str) -> Intent:
    return Intent(name, "", 0.0, 0.0)


def _missing(name: str) -> ProblemError:
    return ProblemError(404, f"there is no intent {name!r}.")
