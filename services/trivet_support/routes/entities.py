"""`/v1/entities`: what a tenant's bot looks for in messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body, Path, Request, Response

from trivet_service.access import Reader, Writer
from trivet_service.audit import actor_of
from trivet_support.entities.declaration import Declaration
from trivet_support.entities.extraction import make_spotter
from trivet_support.entities.schemas import EntitiesShown, EntityShown, show_entity

if TYPE_CHECKING:
    from trivet_support.desk.desks import Desks

_NAME = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
EntityName = Annotated[str, Path(pattern=_NAME, description="What answers call it.", examples=["product"])]

_DECLARED: Any = Body(
    openapi_examples={
        "a list": {
            "value": {
                "kind": "list",
                "values": [
                    {"value": "Gold card", "synonyms": ["golden card", "金卡"]},
                    {"value": "Debit card", "synonyms": ["bank card", "储蓄卡"]},
                ],
            }
        },
        "a pattern": {"value": {"kind": "pattern", "patterns": ["\\bORD-(\\d{4,10})\\b"]}},
        "dates": {"value": {"kind": "date"}},
    }
)


def entity_routes(desks: Desks) -> APIRouter:
    """The entities of the caller's tenant, which every message is searched for."""
    router, store = APIRouter(), desks.entities

    @router.get("/v1/entities", summary="Every declared entity")
    def list_entities(caller: Reader) -> EntitiesShown:
        return EntitiesShown(items=[show_entity(kept) for kept in store.all(caller.tenant)])

    @router.get("/v1/entities/{name}", summary="One declared entity")
    def show(caller: Reader, name: EntityName) -> EntityShown:
        return show_entity(store.find(caller.tenant, name))

    @router.put("/v1/entities/{name}", summary="Declare an entity, or put it in the place of the one of this name")
    def put(
        request: Request, caller: Writer, name: EntityName, asked: Annotated[Declaration, _DECLARED]
    ) -> EntityShown:
        make_spotter(name, asked)
        kept = store.put(caller.tenant, name, asked, actor=actor_of(request))
        desks.change(caller.tenant)
        return show_entity(kept)

    @router.delete("/v1/entities/{name}", status_code=204, summary="Look for an entity no more")
    def delete(request: Request, caller: Writer, name: EntityName) -> Response:
        store.delete(caller.tenant, name, actor=actor_of(request))
        desks.change(caller.tenant)
        return Response(status_code=204)

    return router
