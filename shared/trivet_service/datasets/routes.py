"""`/v1/datasets`: a tenant's own data sets, for jobs to work on."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request

from trivet.errors import DataError, InputError, OverloadError
from trivet.recipe import read_recipe
from trivet.recipe.data import DataRecipe
from trivet_service.access import Caller, Reader, Trainer
from trivet_service.audit import actor_of, record_now
from trivet_service.content_type import format_of
from trivet_service.context import Context
from trivet_service.datasets.check import AT_ONCE, Checked, check_apart
from trivet_service.datasets.schemas import DataSetDeleted, DataSetPut, DataSetShown, DataSetsPage, show_put, show_set
from trivet_service.datasets.shelf import FORMATS, NAME, DataSet, Shelf, TableFile
from trivet_service.datasets.upload import Uploaded, receive
from trivet_service.exchange import exchange_of
from trivet_service.paging import Order, PageAsked, close_page, cut_page, open_page
from trivet_service.problems import Flaw, ProblemError
from trivet_service.service import Service

_BY_NAME = Order("datasets", (str,))
# Seconds that reading a table may take, and that it may wait for others to be read.
_CHECK_S = 60.0
_WAIT_S = 10.0
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in FORMATS}
        | {"text/csv": {"schema": {"type": "string"}, "example": "text,label\nwhere is my card,card_arrival\n"}},
    }
}

Name = Annotated[
    str, Path(pattern=f"^{NAME.pattern}$", description="Small letters, digits and hyphens.", examples=["faq"])
]
Table = Literal["train", "validation", "test", "out_of_scope_test", "interactions", "items"]
Column = Annotated[str, Query(max_length=200)]


def dataset_routes(context: Context, services: Sequence[Service]) -> APIRouter:
    """The routes over the shelves of this home."""
    router, settings = APIRouter(), context.settings
    checks = threading.BoundedSemaphore(AT_ONCE)

    @router.put(
        "/v1/datasets/{name}",
        summary="Put a table into a data set of your own",
        openapi_extra=_BODY,
    )
    async def put_table(
        request: Request,
        caller: Trainer,
        name: Name,
        table: Annotated[Table, Query(description="Which table the file is.")] = "train",
        service: Annotated[
            str, Query(description="Whose recipe says how to read it; empty: the only one's, or guesses.")
        ] = "",
        text: Annotated[Column, Query(description="Column of the text.")] = "",
        label: Annotated[Column, Query(description="Column of the label.")] = "",
    ) -> DataSetPut:
        columns = {role: column for role, column in (("text", text), ("label", label)) if column}
        reading = _reading(services, service, columns)
        table_format = format_of(request.headers, FORMATS)
        shelf = Shelf(settings.home, caller.tenant)
        draft = await asyncio.to_thread(shelf.draft, table_format)
        try:
            uploaded = await receive(request, draft)
            checked = await asyncio.to_thread(_check, checks, uploaded, table, reading)
            found = await asyncio.to_thread(_store, shelf, name, table, table_format, uploaded, checked, columns)
        finally:
            draft.unlink(missing_ok=True)
        await asyncio.to_thread(_record, request, caller, "data.imported", found, table)
        exchange_of(request.scope).note(rows=checked.rows, bytes_in=uploaded.bytes)
        return show_put(found, checked)

    def _store(
        shelf: Shelf,
        name: str,
        table: str,
        table_format: str,
        uploaded: Uploaded,
        checked: Checked,
        columns: dict[str, str],
    ) -> DataSet:
        used = shelf.bytes_used()
        if used > settings.dataset_quota_bytes:
            detail = f"your data sets would take {used} bytes, more than {settings.dataset_quota_bytes}; delete some."
            raise ProblemError(413, detail, code="quota_exceeded")
        entry = TableFile(table_format, uploaded.sha256, uploaded.bytes, checked.rows, time.time())
        return shelf.put(name, table, uploaded.path, entry, columns)

    def _record(request: Request, caller: Caller, action: Any, one: DataSet, table: str) -> None:
        detail = {"version": one.version, "table": table} if table else {"version": one.version}
        record_now(context.database, caller.tenant, actor_of(request), action, f"dataset/{one.name}", detail)

    @router.get("/v1/datasets", summary="Your data sets")
    def list_sets(caller: Reader, asked: PageAsked) -> DataSetsPage:
        window = open_page(asked, _BY_NAME)
        shelf = Shelf(settings.home, caller.tenant)
        names = cut_page(shelf.names(), window, key=lambda name: (name,))
        sets = [one for one in map(shelf.find, names) if one is not None]
        return DataSetsPage(**close_page(sets, window, key=lambda one: (one.name,), render=show_set))

    @router.get("/v1/datasets/{name}", summary="One of your data sets")
    def show_one(caller: Reader, name: Name) -> DataSetShown:
        return show_set(_find(Shelf(settings.home, caller.tenant), name))

    @router.delete("/v1/datasets/{name}", summary="Delete a data set with all its versions")
    def delete_set(request: Request, caller: Trainer, name: Name) -> DataSetDeleted:
        shelf = Shelf(settings.home, caller.tenant)
        one = _find(shelf, name)
        if not shelf.delete(name):
            raise _missing(name)
        _record(request, caller, "data.deleted", one, "")
        return DataSetDeleted(name=name)

    return router


def _find(shelf: Shelf, name: str) -> DataSet:
    found = shelf.find(name)
    if found is None:
        raise _missing(name)
    return found


def _missing(name: str) -> ProblemError:
    return ProblemError(404, f"you have no data set {name!r}.")


def _check(checks: threading.BoundedSemaphore, uploaded: Uploaded, table: str, data: dict[str, Any]) -> Checked:
    """What the core finds in a table; its mistakes point at the line."""
    if not uploaded.bytes:
        raise InputError("the body is empty: send the file itself.", where="")
    if not checks.acquire(timeout=_WAIT_S):
        raise OverloadError("other tables are being read.", retry_after=_WAIT_S)
    try:
        return check_apart(uploaded.path, table=table, recipe=data, seconds=_CHECK_S)
    except DataError as error:
        flaw = Flaw(pointer="", detail=f"{error.where or table}: {error.what}")
        raise ProblemError(422, error.line(), code="bad_rows", errors=[flaw]) from error
    finally:
        checks.release()


def _reading(services: Sequence[Service], name: str, columns: dict[str, str]) -> dict[str, Any]:
    """How a table is read: as the default recipe of the service says that it is meant for, else by good guesses."""
    by_name = {service.name: service for service in services}
    if name and name not in by_name:
        detail = f"query parameter service: name one of {', '.join(by_name)}."
        raise ProblemError(422, "no such service.", errors=[Flaw(pointer="", detail=detail)])
    chosen = by_name.get(name) or (services[0] if len(services) == 1 else None)
    data = DataRecipe(dataset="upload") if chosen is None else read_recipe(chosen.recipes / "default.toml").data
    return {**data.model_dump(mode="json"), "columns": columns}
