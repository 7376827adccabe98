"""What a worker does for a shop: take a catalogue and events in, and embed the catalogue."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from trivet.answers.similarity import SimilarityFacts
from trivet.artifact.artifact import Artifact
from trivet.data.lint import lint_interactions
from trivet.errors import ArtifactError, DataError
from trivet.registry.open import open_artifact
from trivet.registry.registry import open_registry
from trivet_recommend.catalogue import encoder_of
from trivet_recommend.load import read_events, read_items
from trivet_recommend.store import Embedded, Event, Item, RecommendStore, recommend_domain
from trivet_service.jobs.admission import live_model
from trivet_service.jobs.kinds import Work
from trivet_service.jobs.take_in import open_rows
from trivet_service.settings import ServiceSettings
from trivet_service.storage.database import Database

_AT_ONCE = 2000


def take_in(work: Work) -> Mapping[str, Any]:
    """Put a data set's items and events into the tenant's store, and the vectors of what is new by the live encoder.

    Items replace those of the same name; the same event of a set counts once, however often the set comes in.

    Raises:
        DataError: a bad row, by line and reason, or a set without users, items and events.
    """
    dataset, tenant = open_rows(work), work.job.tenant
    if dataset.kind != "interactions":
        todo = "Put its tables as `items` and `interactions`."
        raise DataError("it holds no interactions.", where=work.job.request["dataset"], todo=todo)
    items = list(read_items(dataset.frame("items")))
    name = work.job.request["dataset"]
    events = list(_by_content(read_events(dataset.frame("interactions"), name), name))
    with _opened(work.settings) as store:
        work.progress.stage("items")
        for part in _parts(items, work):
            store.put_items(tenant, part)
        work.progress.stage("events")
        added = sum(len(store.add_events(tenant, part)) for part in _parts(events, work))
        live = live_model(open_registry(work.settings), work.job.service, tenant)
        vectors = _embed(work, store, live, is_anew=False) if live else 0
    findings = lint_interactions(dataset.frame("interactions"), dataset.frame("items"))
    return {
        "dataset": name,
        "rows": {"items": len(items), "interactions": len(events)},
        "new_events": added,
        "vectors": vectors,
        "findings": [finding.to_json() for finding in findings],
    }


def rebuild(work: Work) -> Mapping[str, Any]:
    """Embed the tenant's whole catalogue anew; by a candidate, its hand-over need not."""
    with _opened(work.settings) as store:
        return {
            "model": work.job.request["model"],
            "vectors": _embed(work, store, work.job.request["model"], is_anew=True),
        }


def _embed(work: Work, store: RecommendStore, reference: str, *, is_anew: bool) -> int:
    """How many items were embedded; those with a vector of that very encoder and text only if `is_anew`."""
    work.progress.stage("embed")
    artifact = open_artifact(reference, work.settings)
    try:
        if not isinstance(artifact.facts, SimilarityFacts):
            raise ArtifactError(
                "it was not trained for similarity.", where=reference, todo="Train the recipe `default`."
            )
        items = store.items(work.job.tenant)
        if not is_anew:
            kept = store.embeddings(work.job.tenant, encoder_of(artifact))
            items = [item for item in items if item.item not in kept or kept[item.item].text != item.text]
        for part in _parts(items, work):
            store.put_embeddings(work.job.tenant, encoder_of(artifact), _embedded(artifact, part))
        return len(items)
    finally:
        artifact.close()


def _embedded(artifact: Artifact, items: Sequence[Item]) -> list[Embedded]:
    vectors = artifact.embed([item.text for item in items])
    return [Embedded(item.item, item.text, vector) for item, vector in zip(items, vectors, strict=True)]


def _by_content(events: Iterable[Event], name: str) -> Iterator[Event]:
    """Events whose id is what they say, and the how-manieth of those that say the same: a set may grow or be sorted."""
    seen: Counter[str] = Counter()
    for event in events:
        told = repr((event.user, event.item, event.event, event.value, event.time))
        digest = hashlib.sha256(told.encode()).hexdigest()[:24]
        yield replace(event, id=f"{name}:{digest}:{seen[digest]}")
        seen[digest] += 1


def _parts(rows: Sequence[Any], work: Work) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), _AT_ONCE):
        work.progress.step(start, len(rows), "rows")
        yield rows[start : start + _AT_ONCE]


@contextmanager
def _opened(settings: ServiceSettings) -> Iterator[RecommendStore]:
    database = Database(settings.store_url)
    database.open([recommend_domain()])
    try:
        yield RecommendStore(database)
    finally:
        database.close()
