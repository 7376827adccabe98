"""Documents and the vectors of their passages in the database."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from functools import partial

import numpy as np
import numpy.typing as npt
from sqlalchemy import JSON, Column, Float, Integer, LargeBinary, String, Table, func

from trivet_service.paging import Window, select_page
from trivet_service.problems import ProblemError
from trivet_service.storage.database import Database
from trivet_service.storage.domain import tenant_column
from trivet_service.storage.rows import Found, Rows
from trivet_support.desk.marks import mark
from trivet_support.knowledge.document import Document, Section
from trivet_support.knowledge.passage import Passage
from trivet_support.store import support_tables

F32 = npt.NDArray[np.float32]

_documents = Table(
    "support_documents",
    support_tables,
    tenant_column(),
    Column("document", String, primary_key=True),
    Column("title", String, nullable=False),
    Column("format", String, nullable=False),
    Column("text", String, nullable=False),
    Column("sections", JSON, nullable=False),
    Column("characters", Integer, nullable=False),
    Column("passages", Integer, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
)
_vectors = Table(
    "support_passage_vectors",
    support_tables,
    tenant_column(),
    Column("document", String, primary_key=True),
    Column("digest", String, primary_key=True),
    Column("encoder", String, primary_key=True),
    Column("vector", LargeBinary, nullable=False),
)
_DOCUMENT = tuple(
    _documents.c[name] for name in ("document", "title", "format", "text", "sections", "created_at", "updated_at")
)
# Vectors of one write: others wait for it.
_AT_ONCE = 500


class KnowledgeStore:
    """Everybody's documents. All of it blocks and raises StoreUnavailableError where the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, tenant: str, documents: Mapping[str, tuple[Document, int]], *, most: int) -> None:
        """Keep documents with the numbers of their passages, instead of those of the same names.

        Raises:
            ProblemError: 413 `quota_exceeded`: the tenant's documents would hold more than `most` characters.
        """

        def write(rows: Rows) -> None:
            names = list(documents)
            here = _documents.c.document.in_(names)
            query = rows.select(_documents, _documents.c.document, _documents.c.created_at).where(here)
            since = {row.document: row.created_at for row in rows.fetch(query)}
            rows.delete(_vectors, _vectors.c.document.in_(names))
            made = [_row(one, passages, since.get(name)) for name, (one, passages) in documents.items()]
            rows.upsert(_documents, made, key=("tenant", "document"))
            total = rows.first(rows.select(_documents, func.sum(_documents.c.characters)))
            if total is not None and total[0] > most:
                detail = f"your documents would hold {total[0]} characters, more than {most}; delete some."
                raise ProblemError(413, detail, code="quota_exceeded")
            mark(rows, "knowledge")

        self._database.of(tenant).write(write)

    def delete(self, tenant: str, name: str) -> bool:
        """Forget a document; whether there was one."""

        def write(rows: Rows) -> bool:
            found = rows.delete(_documents, _documents.c.document == name)
            if found:
                rows.delete(_vectors, _vectors.c.document == name)
                mark(rows, "knowledge")
            return bool(found)

        return self._database.of(tenant).write(write)

    def find(self, tenant: str, name: str) -> Document | None:
        """A document by name."""

        def read(rows: Rows) -> Document | None:
            row = rows.first(rows.select(_documents, *_DOCUMENT).where(_documents.c.document == name))
            return None if row is None else _document(row)

        return self._database.of(tenant).read(read)

    def all(self, tenant: str) -> list[Document]:
        """All documents, by name."""
        with self._database.of(tenant).reading() as rows:
            query = rows.select(_documents, *_DOCUMENT).order_by(_documents.c.document)
            return [_document(row) for row in rows.stream(query)]

    def page(self, tenant: str, window: Window) -> Sequence[Document]:
        """Some documents, and one more where others follow."""

        def read(rows: Rows) -> list[Document]:
            query = select_page(rows.select(_documents, *_DOCUMENT), window, (_documents.c.document,))
            return [_document(row) for row in rows.fetch(query)]

        return self._database.of(tenant).read(read)

    def unfinished(self, encoder: str) -> list[str]:
        """Everybody of whose passages some may have no vector of an encoder."""

        def read(rows: Rows) -> list[str]:
            sums = rows.select(_documents, _documents.c.tenant, func.sum(_documents.c.passages))
            here = (_vectors.c.encoder == encoder,)
            counts = rows.select(_vectors, _vectors.c.tenant, func.count()).where(*here)
            have = {row[0]: row[1] for row in rows.fetch(counts.group_by(_vectors.c.tenant))}
            wanted = rows.fetch(sums.group_by(_documents.c.tenant))
            return [tenant for tenant, passages in wanted if have.get(tenant, 0) < passages]

        return self._database.everyone().read(read)

    def vectors(self, tenant: str, encoder: str) -> dict[str, F32]:
        """The vectors that an encoder gave to passages, by digest."""
        with self._database.of(tenant).reading() as rows:
            query = rows.select(_vectors, _vectors.c.digest, _vectors.c.vector).where(_vectors.c.encoder == encoder)
            return {digest: np.frombuffer(vector, dtype=np.float32) for digest, vector in rows.stream(query)}

    def embedded(self, tenant: str, encoder: str, names: Collection[str]) -> dict[str, int]:
        """How many different passages of each of these documents have a vector of an encoder."""

        def read(rows: Rows) -> dict[str, int]:
            here = (_vectors.c.encoder == encoder, _vectors.c.document.in_(list(names)))
            query = rows.select(_vectors, _vectors.c.document, func.count()).where(*here)
            return {row[0]: row[1] for row in rows.fetch(query.group_by(_vectors.c.document))}

        return self._database.of(tenant).read(read)

    def keep_vectors_of(self, tenant: str, encoders: Sequence[str]) -> None:
        """Forget the vectors that other encoders gave to a tenant's passages."""
        self._database.of(tenant).write(lambda rows: rows.delete(_vectors, _vectors.c.encoder.notin_(encoders)))

    def put_vectors(self, tenant: str, encoder: str, passages: Sequence[Passage], vectors: F32) -> None:
        """Keep vectors F32[N,D] of passages; those of a document that is gone by now are left out."""
        made = [
            {"document": one.document, "digest": one.digest, "encoder": encoder, "vector": vector.tobytes()}
            for one, vector in zip(passages, vectors, strict=True)
        ]
        unique = list({(row["document"], row["digest"]): row for row in made}.values())

        def write(rows: Rows, part: Sequence[dict[str, object]]) -> None:
            names = {row["document"] for row in part}
            query = rows.select(_documents, _documents.c.document).where(_documents.c.document.in_(list(names)))
            here = {row[0] for row in rows.fetch(query)}
            rows.upsert(
                _vectors,
                [row for row in part if row["document"] in here],
                key=("tenant", "document", "digest", "encoder"),
            )

        for start in range(0, len(unique), _AT_ONCE):
            part = unique[start : start + _AT_ONCE]
            self._database.of(tenant).write(partial(write, part=part))


def _row(document: Document, passages: int, created_at: float | None) -> dict[str, object]:
    row = asdict(document)
    now = time.time()
    return row | {
        "sections": [[one.heading, one.start, one.end] for one in document.sections],
        "characters": len(document.text),
        "passages": passages,
        "created_at": now if created_at is None else created_at,
        "updated_at": now,
    }


def _document(row: Found) -> Document:
    return Document(
        document=row.document,
        title=row.title,
        format=row.format,
        text=row.text,
        sections=tuple(Section(*one) for one in row.sections),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
