"""`POST /v1/embeddings`: any encoder that is served, for clients of the OpenAI API."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import numpy as np
from fastapi import APIRouter, Body, Request
from fastapi.responses import JSONResponse

from trivet.answers.similarity import SimilarityFacts
from trivet.errors import InputError
from trivet_service.access import Reader
from trivet_service.context import Context
from trivet_service.embeddings import PATH, EmbeddingsAnswer, EmbeddingsRequest
from trivet_service.exchange import exchange_of
from trivet_service.faces import OpenAiFault
from trivet_service.limits import check_batch
from trivet_service.model import F32, Model
from trivet_service.openapi import PROBLEMS
from trivet_service.problems import Flaw, ProblemError
from trivet_service.provenance import provenance_of

_ASKED: Any = Body(
    openapi_examples={
        "one text": {"value": {"input": "card still not here"}},
        "several": {
            "value": {"input": ["card still not here", "asdf"], "model": "support", "encoding_format": "base64"}
        },
    }
)
_FAULTS: dict[int | str, dict[str, Any]] = {
    status: {"description": told["description"], "model": OpenAiFault} for status, told in PROBLEMS.items()
}
_FAULTS[422]["description"] = "Never: a body of another form is a 400 here."
_FAULTS[400]["description"] = "The body does not have this form; `param` names the field."
_FAULTS[404] = {"description": "No such model is served.", "model": OpenAiFault}


def embeddings_routes(context: Context) -> APIRouter:
    """The route over every model of this app."""
    router = APIRouter()

    @router.post(
        PATH, summary="Embeddings, as the OpenAI API gives them", responses=_FAULTS, response_model=EmbeddingsAnswer
    )
    async def embed(request: Request, _: Reader, asked: EmbeddingsRequest = _ASKED) -> JSONResponse:
        texts = [asked.input] if isinstance(asked.input, str) else asked.input
        check_batch(len(texts), limit=context.settings.max_batch, pointer="/input")
        model = await _take(context, request, asked.model)
        _check_width(model, asked.dimensions)
        encoded = await asyncio.to_thread(model.artifact.encode, texts, pointer="/input")
        outputs = await model.run(encoded)
        tokens, truncated = sum(len(text.ids) for text in encoded), sum(text.truncated for text in encoded)
        exchange_of(request.scope).note(texts=len(texts), tokens=tokens, truncated=truncated)
        provenance_of(request, model)
        rows = _cut(model, model.artifact.answering.embed(outputs), asked.dimensions)
        show = _as_base64 if asked.encoding_format == "base64" else _as_floats
        answer = {
            "object": "list",
            "data": [{"object": "embedding", "index": at, "embedding": show(row)} for at, row in enumerate(rows)],
            "model": f"{model.name}/{model.version}",
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }
        # Many numbers take a while to be written.
        return await asyncio.to_thread(JSONResponse, answer, headers={"Trivet-Truncated": str(truncated)})

    return router


async def _take(context: Context, request: Request, asked: str) -> Model:
    """The model that was asked for, by what it is called.

    Raises:
        ProblemError: 404 `model_not_found`.
    """
    for live in context.models:
        if asked in ("", live.service, live.name, f"{live.name}/{live.version}") and _embeds(live):
            model = await context.models.take(live.service, request)
            if not asked.endswith(f"/{live.version}") or model.version == live.version:
                return model
    able = ", ".join(live.service for live in context.models if _embeds(live)) or "none"
    flaw = Flaw(pointer="/model", detail=f"models that embed texts here: {able}.")
    raise ProblemError(404, f"The model `{asked}` does not exist.", code="model_not_found", errors=[flaw])


def _embeds(model: Model) -> bool:
    return "embedding" in model.artifact.graph.engine.outputs and model.artifact.facts.kind != "next_item"


def _check_width(model: Model, dimensions: int | None) -> None:
    """Refuse a width that the model was not trained to be cut to."""
    facts, whole = model.artifact.facts, model.artifact.dim
    able = sorted({*facts.dims, whole}) if isinstance(facts, SimilarityFacts) else [whole]
    if dimensions not in (None, *able):
        raise InputError(
            f"an embedding of {model.name} cannot have {dimensions} numbers.",
            where="/dimensions",
            todo=f"Use {', '.join(map(str, able))}.",
        )


def _cut(model: Model, rows: F32, dimensions: int | None) -> F32:
    facts = model.artifact.facts
    return facts.cut(rows, dimensions) if dimensions and isinstance(facts, SimilarityFacts) else rows


def _as_floats(row: F32) -> list[float]:
    # Nine decimals are more than a float32 of this size holds.
    numbers: list[float] = row.astype(np.float64).round(9).tolist()
    return numbers


def _as_base64(row: F32) -> str:
    return base64.b64encode(row.astype("<f4").tobytes()).decode()
