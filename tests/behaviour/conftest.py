"""Real servers over real artifacts: small ones, of random weights, that learnt a toy problem."""

from __future__ import annotations

import os
from contextlib import ExitStack

import httpx
import pytest

from trivet_service import outbox
from trivet_service.app import create_app
from trivet_service.context import open_context
from trivet_service.models import Models
from trivet_service.service import find_service
from trivet_service.settings import ServiceSettings
from trivet_service.testing import KeyRing, running
from trivet_service.tiny import TinyEncoder

OPENINGS = ("where is my", "the", "my", "a new", "please my", "help with", "about my", "problem with")
ENDINGS = ("", "late", "please", "now", "today", "again")

INTENTS = {
    "card_arrival": ("card arrive", "card delivery"),
    "lost_pin": ("pin forgot", "pin lost"),
    "transfer": ("money transfer", "transfer bank"),
}
SENTIMENTS = {
    "Bullish": ("profit rose", "record orders"),
    "Bearish": ("profit fell", "loss warning"),
    "Neutral": ("annual meeting", "new chairman"),
}
ITEMS = {
    "shoe": ("trail running shoe", "racing shoe", "walking shoe", "snow shoe"),
    "tent": ("two person tent", "light tent", "family tent", "winter tent"),
    "lamp": ("head lamp", "camp lamp", "solar lamp", "bike lamp"),
}


def vary(topics: dict[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """Each topic in every wording."""
    return {
        label: [
            f"{opening} {topic} {ending}".strip() for topic in wordings for opening in OPENINGS for ending in ENDINGS
        ]
        for label, wordings in topics.items()
    }


def words_of(*phrases: str) -> list[str]:
    return sorted({word for phrase in phrases for word in phrase.split()})


@pytest.fixture(scope="session")
def encoder(tmp_path_factory):
    phrases = [*OPENINGS, *ENDINGS]
    for topics in (INTENTS, SENTIMENTS, ITEMS):
        phrases += [wording for wordings in topics.values() for wording in wordings]
    return TinyEncoder.make(tmp_path_factory.mktemp("encoder"), words_of(*phrases))


@pytest.fixture(scope="session")
def artifacts(encoder, tmp_path_factory):
    """A folder a service."""
    folder = tmp_path_factory.mktemp("artifacts")
    texts = [wording for wordings in ITEMS.values() for wording in wordings]
    return {
        "support": encoder.save_classifier(folder / "support", vary(INTENTS)),
        "finance": encoder.save_classifier(folder / "finance", vary(SENTIMENTS)),
        "recommend": encoder.save_embedder(folder / "recommend", texts),
    }


@pytest.fixture
def settings(tmp_path):
    return ServiceSettings(home=tmp_path / "home", cache=tmp_path / "cache")


@pytest.fixture
def keys(settings):
    """Keys in the database of the servers; one that asks for keys starts only where there is one."""
    return KeyRing(settings.store_url)


@pytest.fixture
def serve(artifacts, settings):
    """Start servers over services by name; each stops when the test ends."""
    with ExitStack() as stack:

        def start(*names, keys=False, models=None, **changes) -> httpx.Client:
            changed = settings.model_copy(update=changes)
            folders = artifacts | (models or {})
            models = Models(changed, {name: str(folders[name]) for name in names})
            context = open_context(changed, models, keys=keys)
            app = create_app([find_service(name) for name in names], context)
            client = httpx.Client(base_url=stack.enter_context(running(app)), timeout=30)
            client.context = context
            return stack.enter_context(client)

        yield start


@pytest.fixture
def environment(request, tmp_path, database_url):
    """The environment of processes over a home and a database of the test; a module adds its own as `ENVIRONMENT`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")}
    own = {
        "TRIVET_HOME": str(tmp_path / "home"),
        "TRIVET_CACHE": str(tmp_path / "cache"),
        "TRIVET_DATABASE_URL": database_url,
    }
    return inherited | own | getattr(request.module, "ENVIRONMENT", {})


@pytest.fixture
def words(legs):
    """What a server of one small service is started with."""
    return ("finance", "--insecure", "--model", f"finance={legs['finance']}")


@pytest.fixture
def put(database):
    """Leaves events, all in one transaction, as another process does."""

    def leave(*marks, tenant: str = "default", topic: str = "notes", size: int = 0) -> None:
        def write(rows) -> None:
            for mark in marks:
                outbox.put(rows, topic, "note.made", {"mark": mark, "ballast": "x" * size})

        database.of(tenant).write(write)

    return leave
