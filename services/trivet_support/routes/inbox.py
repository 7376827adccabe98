"""`/v1/inbox`: messages that somebody should look at, and what they want, in one call."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request

from trivet.errors import InputError
from trivet_service.access import Trainer
from trivet_service.context import Context
from trivet_service.paging import Order, PageAsked, Window, close_page, cut_page, open_page
from trivet_service.problems import ProblemError
from trivet_support.encoding import encoder_of
from trivet_support.growth.effect import TOLERANCE
from trivet_support.growth.grown import labels_of
from trivet_support.growth.intent import Phrase
from trivet_support.growth.intent_store import IntentStore
from trivet_support.growth.teaching import Asked, Teaching
from trivet_support.inbox.cluster import find_clusters
from trivet_support.inbox.inbox_store import LATEST, InboxStore
from trivet_support.inbox.message import Message
from trivet_support.inbox.schemas import (
    DISCARD,
    MANY,
    ONE,
    Discarded,
    DiscardMany,
    InboxPage,
    Labelled,
    LabelMany,
    LabelOne,
    MessageShown,
    Strategy,
    show_cluster,
    show_message,
)
from trivet_support.routes.intents import Force, Reason, shown

# Clusters are looked for among the latest: every pair of them is compared.
_CLUSTERED = 1_000
_BY_CLUSTER = Order("clusters", (int, int))

MessageId = Annotated[str, Path(max_length=64, description="As the inbox shows it.")]
_ONE: Any = Body(openapi_examples=ONE)
_MANY: Any = Body(openapi_examples=MANY)
_DISCARD: Any = Body(openapi_examples=DISCARD)


def inbox_routes(context: Context, teaching: Teaching) -> APIRouter:
    """The routes over the inbox of the caller's tenant."""
    router, settings = APIRouter(), context.settings

    def of(tenant: str) -> InboxStore:
        return InboxStore(context.database, tenant)

    @router.get("/v1/inbox", summary="Messages that somebody should look at")
    async def list_inbox(
        request: Request,
        caller: Trainer,
        asked: PageAsked,
        strategy: Annotated[
            Strategy,
            Query(
                description="`uncertain`: not answered for sure, the latest first; `corrected`: feedback said that the "
                "answer was wrong; `new_cluster`: both, in groups that are alike, the largest first."
            ),
        ] = "uncertain",
    ) -> InboxPage:
        window = open_page(asked, _BY_CLUSTER if strategy == "new_cluster" else LATEST)
        store = of(caller.tenant)
        await asyncio.to_thread(store.gather, days=settings.prediction_days)
        page = (
            await clustered(request, store, window)
            if strategy == "new_cluster"
            else close_page(
                await asyncio.to_thread(store.page, strategy, window),
                window,
                key=lambda one: (one.last_at, one.id),
                render=show_message,
            )
        )
        return InboxPage(**page, keeps_texts=settings.prediction_texts)

    async def clustered(request: Request, store: InboxStore, window: Window) -> dict[str, Any]:
        model = await context.models.take("support", request)
        messages, graph = await asyncio.to_thread(store.latest, _CLUSTERED), encoder_of(model.artifact)
        vectors = await asyncio.to_thread(store.vectors, graph)
        missing = [one for one in messages if one.id not in vectors]
        fresh = dict(zip([one.id for one in missing], await model.embed([one.text for one in missing]), strict=True))
        if fresh:
            await asyncio.to_thread(store.keep_vectors, graph, fresh)
            vectors |= fresh
        placed = await asyncio.to_thread(_place, messages, vectors)
        found = cut_page(placed, window, key=lambda one: one[:2])
        return close_page(found, window, key=lambda one: one[:2], render=lambda one: one[2])

    @router.post("/v1/inbox/{message_id}:label", summary="Say what a message wants: it is an example at once")
    async def label(
        request: Request,
        caller: Trainer,
        message_id: MessageId,
        body: LabelOne = _ONE,
        force: Force = False,
        reason: Reason = "",
    ) -> Labelled:
        return await teach(request, caller.tenant, [message_id], body, force=force, reason=reason)

    @router.post("/v1/inbox:label", summary="Say what several messages want, such as those of a cluster")
    async def label_many(
        request: Request, caller: Trainer, body: LabelMany = _MANY, force: Force = False, reason: Reason = ""
    ) -> Labelled:
        return await teach(request, caller.tenant, body.ids, body, force=force, reason=reason)

    @router.post("/v1/inbox/{message_id}:discard", summary="Take a message out of the inbox for good")
    def discard(caller: Trainer, message_id: MessageId) -> Discarded:
        if not of(caller.tenant).close([message_id], "discarded"):
            raise _missing([message_id])
        return Discarded(discarded=1)

    @router.post("/v1/inbox:discard", summary="Take messages out of the inbox for good")
    def discard_many(caller: Trainer, body: DiscardMany = _DISCARD) -> Discarded:
        return Discarded(discarded=of(caller.tenant).close(body.ids, "discarded"))

    async def teach(
        request: Request, tenant: str, ids: Sequence[str], body: LabelOne, *, force: bool, reason: str
    ) -> Labelled:
        store = of(tenant)
        found = await asyncio.to_thread(store.find, ids)
        if lacking := [one for one in ids if one not in found]:
            raise _missing(lacking)
        name, description = await target(request, tenant, body)
        asked = Asked(
            descriptions={name: description},
            phrases=[Phrase(name, found[one].text, f"/ids/{at}") for at, one in enumerate(ids)],
            tolerance=TOLERANCE,
            source="inbox",
            is_forced=force,
            reason=reason,
        )
        taught = await teaching.teach(request, asked)
        # After the examples: cut off in between, the messages come again, and are merged.
        closed = await asyncio.to_thread(store.close, ids, "labelled")
        return Labelled(**dict(shown(request, taught)), intent=name, labelled=closed)

    async def target(request: Request, tenant: str, body: LabelOne) -> tuple[str, str | None]:
        """The intent's name, and its description where it is made anew."""
        if body.new_intent is not None:
            return body.new_intent.name, body.new_intent.description
        assert body.intent is not None, "one of both is given"
        model = await context.models.take("support", request)
        own = await asyncio.to_thread(IntentStore(context.database, tenant).find, body.intent)
        if own is None and body.intent not in labels_of(model.artifact):
            todo = "Make it on the way with new_intent."
            raise InputError(f"there is no intent {body.intent!r}.", where="/intent", todo=todo)
        return body.intent, None

    return router


def _place(messages: Sequence[Message], vectors: dict[str, Any]) -> list[tuple[int, int, MessageShown]]:
    """Messages of clusters with the number of the cluster and their place in it."""
    import numpy as np

    if not messages:
        return []
    rows = np.stack([vectors[one.id] for one in messages])
    return [
        (number, at, show_message(messages[member], show_cluster(number, cluster)))
        for number, cluster in enumerate(find_clusters([one.text for one in messages], rows))
        for at, member in enumerate(cluster.members)
    ]


def _missing(ids: Sequence[str]) -> ProblemError:
    return ProblemError(404, f"there is no open message {ids[0]!r} in your inbox.")
