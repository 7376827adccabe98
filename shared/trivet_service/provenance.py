"""Where an answer came from."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from pydantic import BaseModel, Field

from trivet_service.exchange import exchange_of
from trivet_service.model import Model


class Provenance(BaseModel):
    """Which model answered, to which request, in what time."""

    model: str = Field(description="Name of the model in the registry.")
    version: int = Field(description="Its version; 0: served from a folder.")
    request_id: str
    latency_ms: float = Field(description="From the arrival of the request to its answer.")


# For the examples of the OpenAPI file.
EXAMPLE: dict[str, Any] = {
    "model": "support",
    "version": 3,
    "request_id": "5f2b6c0e4f7d4c0f9a3d0d9a4a3f5b11",
    "latency_ms": 3.1,
}


def provenance_of(request: Request, model: Model) -> dict[str, str | int | float]:
    """The fields of `Provenance` for a request; the canonical log line learns of the model as well."""
    exchange = exchange_of(request.scope)
    exchange.note(service=model.service, model=model.name, version=model.version)
    return {
        "model": model.name,
        "version": model.version,
        "request_id": exchange.request_id,
        "latency_ms": exchange.elapsed_ms(),
    }
