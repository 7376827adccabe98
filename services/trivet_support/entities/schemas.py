"""Answers of `/v1/entities`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from trivet_service.moments import moment
from trivet_support.entities.declaration import Declaration

if TYPE_CHECKING:
    from trivet_support.entities.store import Kept

_SHOWN: dict[str, Any] = {
    "name": "order",
    "declared": {"kind": "pattern", "patterns": ["\\bORD-(\\d{4,10})\\b"], "ignore_case": True, "description": ""},
    "changed_at": "2026-11-24T15:05:00Z",
}


class EntityShown(BaseModel):
    """A declared entity."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SHOWN]})

    name: str
    declared: Declaration
    changed_at: datetime


class EntitiesShown(BaseModel):
    """Every declared entity, by name."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_SHOWN]}]})

    items: list[EntityShown]


def show_entity(kept: Kept) -> EntityShown:
    """An entity as it goes out."""
    return EntityShown(name=kept.name, declared=kept.declared, changed_at=moment(kept.changed_at))
