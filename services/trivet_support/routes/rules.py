"""`/v1/rules`: the business rules that override the model."""

from __future__ import annotations

import tomllib
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from trivet_service.access import Trainer
from trivet_service.audit import actor_of
from trivet_service.moments import moment
from trivet_service.problems import Flaw, ProblemError
from trivet_support.desk.desks import Desks
from trivet_support.rules.rule import EXAMPLE, RuleSet
from trivet_support.rules.rule_file import parse_rules
from trivet_support.rules.rulebook import read_rules
from trivet_support.rules.store import Kept

_TOML = "application/toml"
_TOML_EXAMPLE = """[[rules]]
name = "lawyers"
because = "Threats of legal action go to a person at once."
when.words = ["lawyer", "attorney"]
then = { do = "escalate", urgency = "urgent" }
"""
# The body is read by hand, so nobody else puts its schema down; the parts of it are those of what is shown.
_SCHEMA = {
    name: value
    for name, value in RuleSet.model_json_schema(ref_template="#/components/schemas/{model}").items()
    if name != "$defs"
}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": _SCHEMA, "example": EXAMPLE},
            _TOML: {"schema": {"type": "string"}, "example": _TOML_EXAMPLE},
        },
    }
}


class RulesShown(RuleSet):
    """All the rules of a tenant; `version` is also their ETag."""

    version: str
    updated_at: datetime | None


def rule_routes(desks: Desks) -> APIRouter:
    """The routes over the rules of this app's tenants."""
    router = APIRouter()

    @router.put("/v1/rules", summary="Replace all rules", openapi_extra=_BODY)
    async def put_rules(
        request: Request,
        response: Response,
        caller: Trainer,
        if_match: Annotated[str, Header(max_length=100, description="Only over rules of this ETag.")] = "",
    ) -> RulesShown:
        rules = _read(await request.body(), kind=request.headers.get("content-type", ""))
        expected = if_match.strip().removeprefix("W/").strip('"')

        def keep() -> Kept:
            read_rules(rules)
            kept = desks.rules.put(
                caller.tenant, rules, actor=actor_of(request), expected="" if expected == "*" else expected
            )
            desks.change(caller.tenant)
            return kept

        return _show(await run_in_threadpool(keep), response)

    @router.get("/v1/rules", summary="All rules")
    def show_rules(response: Response, caller: Trainer) -> RulesShown:
        return _show(desks.rules.find(caller.tenant), response)

    return router


def _read(body: bytes, *, kind: str) -> RuleSet:
    """The rules of a body, JSON or TOML.

    Raises:
        ProblemError: 400: it is neither.
        RequestValidationError: it holds no rules; each mistake has its place.
    """
    try:
        return parse_rules(body, is_toml=kind.partition(";")[0].strip() == _TOML)
    except UnicodeDecodeError as error:
        raise ProblemError(
            400, f"the body is not valid UTF-8: byte {error.start} is wrong.", code="invalid_utf8"
        ) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        flaw = Flaw(pointer="", detail=f"{error}")
        raise ProblemError(400, "the body is not valid TOML.", code="invalid_toml", errors=[flaw]) from error
    except ValidationError as error:
        found = error.errors(include_url=False)
        if found[0]["type"] == "json_invalid":
            flaw = Flaw(pointer="", detail=found[0]["msg"])
            raise ProblemError(400, "the body is not valid JSON.", code="invalid_json", errors=[flaw]) from error
        raise RequestValidationError([one | {"loc": ("body", *one["loc"])} for one in found]) from error


def _show(kept: Kept, response: Response) -> RulesShown:
    response.headers["ETag"] = f'"{kept.version}"'
    updated_at = moment(kept.updated_at) if kept.updated_at else None
    return RulesShown(version=kept.version, updated_at=updated_at, **dict(kept.rules))
