"""`POST /v1/intents:lint`: what is wrong with the examples that a tenant has, or is about to bring."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from trivet_service.access import Trainer
from trivet_service.content_type import format_of
from trivet_service.context import Context
from trivet_service.exchange import exchange_of
from trivet_service.problems import Flaw, ProblemError
from trivet_support.growth.bulk import FORMATS, read_bulk
from trivet_support.growth.grown import labels_of
from trivet_support.growth.growth import Growth
from trivet_support.growth.intent import MAX_ROWS, Example
from trivet_support.growth.intent_store import IntentStore
from trivet_support.growth.lint import Code, Issue, Row, Severity, lint_meaning, lint_rows

_SHOWN = 500
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": False,
        "description": "A file as for `/v1/intents:bulk`; without one, what you have is looked at.",
        "content": {kind: {"schema": {"type": "string"}} for kind in FORMATS}
        | {"text/csv": {"schema": {"type": "string"}, "example": "text,intent\nclose my account,close_account\n"}},
    }
}


class IssueShown(BaseModel):
    """One thing to mend; `where` is an example's id, an intent, or a line of the file."""

    code: Code
    severity: Severity
    message: str
    where: str
    suggestion: str
    intents: list[str]


class Linted(BaseModel):
    """What was found, errors first; beyond 500 issues the others are only counted."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "examples": 12,
                    "intents": 3,
                    "issues": [
                        {
                            "code": "few_examples",
                            "severity": "warning",
                            "message": "'card_freeze' has 3 examples: many messages that want it will be missed.",
                            "where": "/intents/card_freeze",
                            "suggestion": "Give it 5 at least; twenty are better.",
                            "intents": ["card_freeze"],
                        }
                    ],
                    "counts": {"few_examples": 1},
                    "left_out": 0,
                }
            ]
        }
    )

    examples: int
    intents: int
    issues: list[IssueShown]
    counts: dict[str, int] = Field(description="Issues by code.")
    left_out: int


def lint_routes(context: Context, growth: Growth) -> APIRouter:
    """The route over the examples of the caller's tenant, or over a file."""
    router = APIRouter()

    @router.post("/v1/intents:lint", summary="What to mend in your examples, or in a file of them", openapi_extra=_FILE)
    async def lint(request: Request, caller: Trainer) -> Linted:
        model = await context.models.take("support", request)
        artifact, body = model.artifact, await request.body()
        labels = labels_of(artifact)
        if body.strip():
            rows, empty = await _read(request, body), list[str]()
            # What is told by meaning: of a file everything, of what is kept all that the model has not learnt.
            meant, vectors = rows, await model.embed([row.text for row in rows])
        else:
            store = IntentStore(context.database, caller.tenant)
            held = await asyncio.to_thread(growth.build, model, caller.tenant)
            rows = [_row(one) for one in await asyncio.to_thread(store.examples)]
            own = await asyncio.to_thread(store.all)
            empty = [one.name for one in own if not one.examples and one.name not in labels]
            meant, vectors = [_row(one) for one in held.examples], held.rows
        found = await asyncio.to_thread(lint_rows, rows, empty, max_tokens=artifact.tokenizer.max_tokens)
        if artifact.prototypes is not None:
            found += await asyncio.to_thread(lint_meaning, meant, vectors, labels, artifact.prototypes.means)
        exchange_of(request.scope).note(issues=len(found))
        return _shown(found, rows)

    return router


async def _read(request: Request, body: bytes) -> list[Row]:
    phrases = await asyncio.to_thread(read_bulk, body, format_of(request.headers, FORMATS))
    if len(phrases) > MAX_ROWS:
        flaw = Flaw(pointer="", detail=f"{len(phrases)} examples; at most {MAX_ROWS} go into one request.")
        raise ProblemError(413, flaw.detail, code="batch_too_large", errors=[flaw])
    return [Row(phrase.intent, phrase.text, phrase.place) for phrase in phrases]


def _row(one: Example) -> Row:
    return Row(one.intent, one.text, one.id)


def _shown(found: list[Issue], rows: list[Row]) -> Linted:
    ordered = sorted(found, key=lambda one: one.severity)
    counts: dict[str, int] = {}
    for one in ordered:
        counts[one.code] = counts.get(one.code, 0) + 1
    return Linted(
        examples=len(rows),
        intents=len({row.intent for row in rows}),
        issues=[
            IssueShown(
                code=one.code,
                severity=one.severity,
                message=one.message,
                where=one.where,
                suggestion=one.suggestion,
                intents=list(one.intents),
            )
            for one in ordered[:_SHOWN]
        ],
        counts=counts,
        left_out=max(0, len(ordered) - _SHOWN),
    )
