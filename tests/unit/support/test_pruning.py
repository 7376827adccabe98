"""What has been kept long enough goes, though nobody looks."""

from __future__ import annotations

import time
from types import SimpleNamespace

from trivet_service.settings import ServiceSettings
from trivet_service.storage.database import Database
from trivet_service.storage.kit import kit_domain
from trivet_support.inbox.tables import inbox
from trivet_support.pruning import prune
from trivet_support.store import support_domain

DAY_S = 86_400.0


def message(name: str, *, days: float) -> dict:
    texts = dict.fromkeys(("strategy", "intent", "decision", "corrected", "graph"), "")
    when = time.time() - days * DAY_S
    return texts | {"id": name, "hash": name, "text": name, "state": "open", "times": 1} | {
        "first_at": when, "last_at": when, "confidence": None, "vector": None,
    }  # fmt: skip


def test_messages_that_nobody_looked_at_go_with_the_answers_that_they_came_from(database_url, tmp_path):
    database = Database(database_url)
    database.open([kit_domain(), support_domain()])
    rows = [message("late", days=1), message("old", days=11)]
    database.of("shop").write(lambda shop: shop.insert(inbox, rows))
    settings = ServiceSettings(home=tmp_path, prediction_days=10)
    prune(SimpleNamespace(database=database, settings=settings))
    left = database.of("shop").read(lambda shop: [row.id for row in shop.fetch(shop.select(inbox, inbox.c.id))])
    database.close()
    assert left == ["late"]
