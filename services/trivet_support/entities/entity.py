"""Something that a message names."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Extractor: TypeAlias = Literal["list", "pattern", "number", "money", "date", "email", "phone", "model"]


class Entity(BaseModel):
    """Characters `start` to `end` (without) of the message, and what they mean.

    Characters are code points, whatever the script: `text` is the message cut there.
    """

    model_config = ConfigDict(frozen=True)

    entity: str = Field(description="Which entity: the name under which it was declared, or its built-in kind.")
    value: str | int | float = Field(description="What it means: the first spelling of a list, a number, ISO 8601.")
    text: str
    start: int
    end: int
    confidence: float = Field(description="1 where it was found by a rule; else how alike it is, or how likely.")
    extractor: Extractor
    unit: str | None = Field(
        None, exclude_if=lambda unit: unit is None, description="Of money: the currency by ISO 4217."
    )
