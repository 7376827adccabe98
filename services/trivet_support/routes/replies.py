"""`/v1/replies`: what the bot says to each intent."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path
from pydantic import BaseModel, ConfigDict

from trivet_service.access import Reader, Trainer
from trivet_service.moments import moment
from trivet_service.paging import Order, Page, PageAsked, close_page, open_page
from trivet_service.problems import ProblemError
from trivet_support.answers.reply_set import EXAMPLE, Replies, ReplySet
from trivet_support.answers.store import Kept
from trivet_support.desk.desks import Desks

_SET: Any = Body(openapi_examples={"two variants": {"value": EXAMPLE}})
_SHOWN: dict[str, Any] = {
    "intent": "card_arrival",
    "variants": [{"text": "Cards take five days.", "language": None, "channels": [], "buttons": []}],
    "ask": {},
    "updated_at": "2026-11-20T10:00:00Z",
}
_BY_INTENT = Order("replies", (str,))

Intent = Annotated[
    str,
    Path(
        min_length=1,
        max_length=200,
        pattern=r"^[^/\x00]+$",
        description="An intent; or `@clarify`, `@fall_back`, `@hand_over`: what is said where nothing is known.",
        examples=["card_arrival"],
    ),
]


class RepliesShown(ReplySet):
    """The replies to an intent."""

    intent: str
    updated_at: datetime


class RepliesPage(Page[RepliesShown]):
    """A page of replies, by intent."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_SHOWN], "next_cursor": None}]})


class RepliesDeleted(BaseModel):
    """There are none to this intent any more."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"intent": "card_arrival"}]})

    intent: str


def reply_routes(desks: Desks) -> APIRouter:
    """The routes over the replies of this app's tenants."""
    router = APIRouter()

    @router.put("/v1/replies/{intent}", summary="Say what is replied to an intent")
    def put_replies(caller: Trainer, intent: Intent, asked: ReplySet = _SET) -> RepliesShown:
        # Read before it counts: a template that is none points at its place.
        Replies(asked)
        kept = desks.replies.put(caller.tenant, intent, asked)
        desks.change(caller.tenant)
        return _show(kept)

    @router.get("/v1/replies", summary="What is replied to each intent")
    def list_replies(caller: Reader, asked: PageAsked) -> RepliesPage:
        window = open_page(asked, _BY_INTENT)
        found = desks.replies.page(caller.tenant, window)
        return RepliesPage(**close_page(found, window, key=lambda kept: (kept.intent,), render=_show))

    @router.get("/v1/replies/{intent}", summary="What is replied to an intent")
    def show_replies(caller: Reader, intent: Intent) -> RepliesShown:
        kept = desks.replies.find(caller.tenant, intent)
        if kept is None:
            raise _missing(intent)
        return _show(kept)

    @router.delete("/v1/replies/{intent}", summary="Reply nothing of your own to an intent any more")
    def delete_replies(caller: Trainer, intent: Intent) -> RepliesDeleted:
        if not desks.replies.delete(caller.tenant, intent):
            raise _missing(intent)
        desks.change(caller.tenant)
        return RepliesDeleted(intent=intent)

    return router


def _missing(intent: str) -> ProblemError:
    return ProblemError(404, f"you have no replies to {intent!r}.")


def _show(kept: Kept) -> RepliesShown:
    return RepliesShown(intent=kept.intent, updated_at=moment(kept.updated_at), **dict(kept.replies))
