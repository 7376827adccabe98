"""A server of the shop, told what to reply, and asked over HTTP."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trivet_support.bitext.responses import house_facts, named_in, write_replies
from trivet_support.bitext.rows import Row

if TYPE_CHECKING:
    from trivet.settings import Settings


@dataclass(frozen=True)
class Replied:
    """Of each question the intent whose reply it got, empty where it got none, and the kind of what was said.

    `modules` are those that the server had imported.
    """

    intents: list[str]
    kinds: list[str]
    modules: tuple[str, ...]


def ask_for_replies(
    model: Path, known: Sequence[Row], asked: Sequence[Row], settings: Settings, *, home: Path
) -> Replied:
    """Serve a model with the responses to `known` as its replies, and ask each of `asked`.

    The house's facts are variables of each request, and what the question names is one.

    Raises:
        TrivetError: the server does not start.
    """
    from trivet.bench.served import read_modules, running_service

    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    facts, modules = house_facts(known), home / "modules"
    intents, kinds = [], []
    words = ("support", "--insecure", "--model", f"support={model}")
    with running_service(words, settings, home=home, modules=modules) as service:
        client = service.client
        for intent, replies in write_replies(known).items():
            client.put(f"/v1/replies/{intent}", json=replies).raise_for_status()
        for row in asked:
            answer = client.post("/v1/respond", json={"text": row.question, "variables": facts | named_in(row)})
            said = answer.raise_for_status().json()
            kinds.append(said["reply"]["kind"])
            intents.append(said["intent"]["name"] if kinds[-1] == "template" else "")
    return Replied(intents, kinds, read_modules(modules))
