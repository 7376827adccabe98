"""Every error as one shape: RFC 9457 `application/problem+json`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from trivet.errors import ArtifactError, InputError, LicenceError, OverloadError, RegistryError, TrivetError
from trivet_service.exchange import exchange_of
from trivet_service.keys import AccessError, UnknownError
from trivet_service.proxy import asked_path
from trivet_service.storage.errors import StoreUnavailableError

MEDIA_TYPE = "application/problem+json"

# Codes that clients may rely on, one a status; a mistake of the user carries the code of its class.
_CODES: Mapping[int, str] = {
    400: "bad_request",
    401: "unauthorised",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    409: "conflict",
    413: "body_too_large",
    422: "invalid",
    429: "overloaded",
    500: "internal",
    503: "not_ready",
}


class Flaw(BaseModel):
    """One thing that is wrong with a request."""

    pointer: str = Field(description="JSON pointer into the body; empty: the body itself.", examples=["/texts/3"])
    detail: str = Field(examples=["String should have at least 1 character"])


class Problem(BaseModel):
    """What went wrong, for programs (`code`) and people (`detail`)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:trivet:problem:invalid",
                    "title": "Unprocessable Content",
                    "status": 422,
                    "detail": "the request does not have the form that the API describes.",
                    "instance": "/v1/parse",
                    "code": "invalid",
                    "errors": [{"pointer": "/text", "detail": "Field required"}],
                    "request_id": "5f2b6c0e4f7d4c0f9a3d0d9a4a3f5b11",
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    errors: list[Flaw] = Field(default_factory=list)
    request_id: str


class ProblemError(HTTPException):
    """A refusal with a code of its own, raised where a status alone says too little."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        code: str = "",
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Flaw] = (),
    ) -> None:
        super().__init__(status, detail, headers)
        self.code = code or _CODES[status]
        self.errors = tuple(errors)


def make_problem(
    status: int, detail: str, *, code: str, request_id: str, instance: str = "", errors: Sequence[Flaw] = ()
) -> Problem:
    """A problem; its type and title follow from its code and status."""
    return Problem(
        type=f"urn:trivet:problem:{code.replace('_', '-')}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=instance,
        code=code,
        errors=list(errors),
        request_id=request_id,
    )


def problem_response(
    request: Request,
    status: int,
    detail: str,
    *,
    code: str = "",
    errors: Sequence[Flaw] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem as a response, with the request's id."""
    exchange = exchange_of(request.scope)
    code = code or _CODES.get(status, "error")
    problem = make_problem(
        status, detail, code=code, errors=errors, instance=asked_path(request.scope), request_id=exchange.request_id
    )
    exchange.note(problem=problem.code)
    return JSONResponse(problem.model_dump(), status, dict(headers or {}), MEDIA_TYPE)


def handle_problems(app: FastAPI) -> None:
    """Make an app answer every error that a route raises as a problem."""
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_refusal)
    app.add_exception_handler(TrivetError, _answer_mistake)


def answer_error(request: Request, error: ProblemError | TrivetError) -> JSONResponse:
    """The problem that an error is which a layer around the routes meets."""
    return _answer_refusal(request, error) if isinstance(error, ProblemError) else _answer_mistake(request, error)


def _answer_invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    flaws = [_flaw(entry) for entry in error.errors()]
    if flaws and error.errors()[0]["type"] == "json_invalid":
        return problem_response(request, 400, "the body is not valid JSON.", code="invalid_json", errors=flaws)
    detail = "the request does not have the form that the API describes."
    return problem_response(request, 422, detail, errors=flaws)


def _flaw(entry: Mapping[str, object]) -> Flaw:
    place = entry["loc"]
    assert isinstance(place, tuple)
    message = str(entry["msg"]).removeprefix("Value error, ")
    if entry["type"] == "json_invalid":
        context = entry.get("ctx")
        reason = context.get("error", "") if isinstance(context, Mapping) else ""
        return Flaw(pointer="", detail=f"{reason} at character {place[-1]}")
    if place[0] != "body":
        return Flaw(pointer="", detail=f"{place[0]} parameter {place[-1]}: {message}")
    # Parts in angle brackets name a shape of the body, not a place in it.
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in place[1:] if str(part)[:1] != "<"]
    return Flaw(pointer="".join(f"/{part}" for part in parts), detail=message)


def _answer_refusal(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if isinstance(error, ProblemError):
        return problem_response(
            request, error.status_code, error.detail, code=error.code, errors=error.errors, headers=error.headers
        )
    if isinstance(error.__cause__, UnicodeDecodeError):
        detail = f"the body is not valid UTF-8: byte {error.__cause__.start} is wrong."
        return problem_response(request, 400, detail, code="invalid_utf8")
    details = {404: "there is nothing at this address.", 405: f"{request.method} is not allowed here."}
    detail = details.get(error.status_code, error.detail)
    return problem_response(request, error.status_code, detail, headers=error.headers)


def _answer_mistake(request: Request, error: Exception) -> JSONResponse:
    """The problem that a user's mistake is, or a loss of what we need."""
    assert isinstance(error, TrivetError)
    sentence = f"{error.what} {error.todo}".strip()
    match error:
        case OverloadError():
            seconds = str(max(1, math.ceil(error.retry_after)))
            return problem_response(request, 429, error.what, headers={"Retry-After": seconds})
        case InputError():
            return problem_response(request, 422, sentence, errors=[Flaw(pointer=error.where, detail=error.what)])
        case UnknownError():
            return problem_response(request, 404, error.what)
        case AccessError():
            return problem_response(request, 409, error.what)
        case LicenceError():
            return problem_response(request, 403, sentence, code="licence")
        case StoreUnavailableError():
            exchange_of(request.scope).note(reason=error.what)
            detail = "the database does not answer at the moment; nothing of this request is known to be stored."
            return problem_response(request, 503, detail, code="store_unavailable", headers={"Retry-After": "1"})
        case ArtifactError() | RegistryError():
            return problem_response(request, 503, "the model cannot be read at the moment.", code="model_unavailable")
        case _:
            return problem_response(request, 400, sentence)
