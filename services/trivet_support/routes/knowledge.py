"""`/v1/knowledge`: the documents that the bot answers from."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request
from fastapi.concurrency import run_in_threadpool

from trivet.errors import InputError
from trivet_service.access import Caller, Reader, Trainer
from trivet_service.content_type import format_of
from trivet_service.context import Context
from trivet_service.exchange import exchange_of
from trivet_service.limits import check_batch
from trivet_service.paging import Order, PageAsked, close_page, open_page
from trivet_service.problems import ProblemError
from trivet_support.desk.desks import Desks
from trivet_support.encoding import encoder_of
from trivet_support.knowledge.document import Content, Document, Format
from trivet_support.knowledge.formats import compose_pairs, read_content
from trivet_support.knowledge.passage import count_vectors
from trivet_support.knowledge.schemas import (
    NAME,
    DocumentDeleted,
    DocumentIn,
    DocumentShown,
    DocumentsIn,
    DocumentsPage,
    DocumentsPut,
    DocumentWhole,
    show_document,
)

_FORMATS: dict[str, Format] = {
    "text/plain": "text",
    "text/markdown": "markdown",
    "text/html": "html",
    "text/csv": "faq",
    "application/json": "faq",
}
_MARKDOWN = (
    "# Delivery\n\nParcels arrive within three working days.\n\n## Can I change the address?\n\nUntil it is sent."
)
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "array", "items": {"type": "object"}},
                "example": [{"question": "When does my parcel arrive?", "answer": "Within three working days."}],
            },
            "text/csv": {
                "schema": {"type": "string"},
                "example": "question,answer\nWhen does my parcel arrive?,Within three working days.\n",
            },
            "text/markdown": {"schema": {"type": "string"}, "example": _MARKDOWN},
            "text/html": {"schema": {"type": "string"}, "example": "<h1>Delivery</h1><p>Within three working days."},
            "text/plain": {"schema": {"type": "string"}, "example": "Parcels arrive within three working days."},
        },
    }
}
_DOCUMENTS: Any = Body(
    openapi_examples={
        "two": {
            "value": {
                "documents": [
                    {"document": "delivery", "format": "markdown", "text": _MARKDOWN},
                    {
                        "document": "faq",
                        "title": "Questions",
                        "format": "faq",
                        "pairs": [{"question": "Do you ship abroad?", "answer": "To every country of the EU."}],
                    },
                ]
            }
        }
    }
)
_BY_NAME = Order("knowledge", (str,))

Name = Annotated[str, Path(pattern=NAME, description="Letters, digits, `.`, `_` and `-`.", examples=["delivery"])]


def knowledge_routes(context: Context, desks: Desks) -> APIRouter:
    """The routes over the documents of this app's tenants."""
    router, store = APIRouter(), desks.librarian.store
    most = context.settings.knowledge_characters

    def keep(request: Request, caller: Caller, documents: Sequence[Document]) -> list[DocumentShown]:
        """Store documents; of two of one name the later counts."""
        model = context.models.take_in_thread("support", request)
        by_name = {one.document: (one, count_vectors(one)) for one in documents}
        store.put(caller.tenant, by_name, most=most)
        desks.learn(caller.tenant, model)
        exchange_of(request.scope).note(documents=len(by_name))
        return shown(request, caller, [one for name in by_name if (one := store.find(caller.tenant, name))])

    def shown(request: Request, caller: Caller, documents: Sequence[Document]) -> list[DocumentShown]:
        encoder = encoder_of(context.models.take_in_thread("support", request).artifact)
        done = store.embedded(caller.tenant, encoder, [one.document for one in documents])
        return [show_document(one, embedded=done.get(one.document, 0)) for one in documents]

    @router.post("/v1/knowledge", summary="Put documents into what the bot knows")
    def put_documents(request: Request, caller: Trainer, asked: DocumentsIn = _DOCUMENTS) -> DocumentsPut:
        check_batch(len(asked.documents), limit=context.settings.max_batch, pointer="/documents")
        read = [_document(one, pointer=f"/documents/{at}") for at, one in enumerate(asked.documents)]
        return DocumentsPut(items=keep(request, caller, read))

    @router.put("/v1/knowledge/{document}", summary="Put a file into what the bot knows", openapi_extra=_FILE)
    async def put_file(
        request: Request,
        caller: Trainer,
        document: Name,
        title: Annotated[str, Query(max_length=500, description="Empty: the file's own, else its name.")] = "",
    ) -> DocumentShown:
        kind = format_of(request.headers, _FORMATS)
        body = await request.body()
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            detail = f"the file is not valid UTF-8: byte {error.start} is wrong."
            raise ProblemError(400, detail, code="invalid_utf8") from error

        def take() -> DocumentShown:
            content = read_content(text, kind)
            [one] = keep(request, caller, [_made(document, title, kind, content)])
            return one

        return await run_in_threadpool(take)

    @router.get("/v1/knowledge", summary="What the bot knows")
    def list_documents(request: Request, caller: Reader, asked: PageAsked) -> DocumentsPage:
        window = open_page(asked, _BY_NAME)
        found = store.page(caller.tenant, window)
        by_name = {one.document: one for one in shown(request, caller, found)}
        return DocumentsPage(
            **close_page(found, window, key=lambda one: (one.document,), render=lambda one: by_name[one.document])
        )

    @router.get("/v1/knowledge/{document}", summary="A document that the bot knows, with its text")
    def show_one(request: Request, caller: Reader, document: Name) -> DocumentWhole:
        found = store.find(caller.tenant, document)
        if found is None:
            raise _missing(document)
        [one] = shown(request, caller, [found])
        return DocumentWhole(**dict(one), text=found.text)

    @router.delete("/v1/knowledge/{document}", summary="Have the bot forget a document")
    def delete_document(caller: Trainer, document: Name) -> DocumentDeleted:
        if not desks.librarian.forget(caller.tenant, document):
            raise _missing(document)
        return DocumentDeleted(document=document)

    return router


def _document(given: DocumentIn, *, pointer: str) -> Document:
    """A document as it was sent. Raises InputError; `where` points at the text under `pointer`."""
    if given.pairs is not None:
        content = compose_pairs((pair.question, pair.answer) for pair in given.pairs)
    else:
        try:
            content = read_content(given.text or "", given.format)
        except InputError as error:
            raise InputError(error.what, where=f"{pointer}/text", todo=error.todo) from error
    return _made(given.document or uuid.uuid4().hex, given.title, given.format, content)


def _made(name: str, title: str, kind: Format, content: Content) -> Document:
    return Document(name, title.strip() or content.title or name, kind, content.text, content.sections, 0.0, 0.0)


def _missing(name: str) -> ProblemError:
    return ProblemError(404, f"you have no document {name!r}.")
