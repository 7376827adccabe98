"""What one process has written is seen by another one, whatever is wrong with somebody else's."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
import structlog

from trivet_service.settings import ServiceSettings
from trivet_service.storage.database import Database
from trivet_service.storage.kit import kit_domain
from trivet_support.answers.reply_set import Replies, ReplySet
from trivet_support.desk.desks import Desks
from trivet_support.store import support_domain


def say(text: str) -> ReplySet:
    return ReplySet.model_validate({"variants": [{"text": text}]})


def said(desks: Desks, tenant: str) -> str:
    replies: Replies = asyncio.run(desks.of(tenant)).replies["card"]
    return next(replies.fill({}, language="en", channel="")).text


@pytest.fixture
def desks(database_url, tmp_path):
    """Makes the desks of one process after another over one database."""
    database = Database(database_url)
    database.open([kit_domain(), support_domain()])
    settings = ServiceSettings(home=tmp_path, database_url=database_url)
    yield lambda: Desks(SimpleNamespace(database=database, settings=settings, log=structlog.get_logger()))
    database.close()


def test_what_another_process_writes_counts_though_somebody_elses_cannot_be_read(desks, capsys):
    here, there = desks(), desks()
    for tenant in ("broken", "shop"):
        there.replies.put(tenant, "card", say("It comes."))
    here.look()
    assert [said(here, tenant) for tenant in ("broken", "shop")] == ["It comes.", "It comes."]
    # As an earlier release may have taken it: a brace that nothing closes.
    there.replies.put("broken", "card", say("Open {brace"))
    there.replies.put("shop", "card", say("It comes soon."))
    here.look()
    here.look()
    assert [said(here, tenant) for tenant in ("broken", "shop")] == ["It comes.", "It comes soon."]
    assert capsys.readouterr().out.count("change not read") == 1
