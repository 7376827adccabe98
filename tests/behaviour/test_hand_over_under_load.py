"""Versions take each other's place while a hundred connections ask, and while the process is killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import re
import signal
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import numpy as np
import pytest

from trivet.registry.registry import Registry
from trivet.registry.verdict import Verdict
from trivet_service.tiny import TinyEncoder

pytestmark = pytest.mark.alone

CONNECTIONS = 100
WORDINGS = {"card": ("card arrive", "card delivery"), "pin": ("pin forgot", "pin lost"), "cash": ("money", "transfer")}
OPENINGS = ("where is my", "the", "my", "a new", "please my", "help with")
WORDS = sorted({word for texts in (*WORDINGS.values(), OPENINGS) for text in texts for word in text.split()})
TEXTS = [f"{opening} {topic}" for topics in WORDINGS.values() for topic in topics for opening in OPENINGS]
# What is asked of a service, and how an answer is told to be one version's: everything in it that a version gives.
PATHS = {"support": "/v1/parse", "finance": "/v1/analyze", "recommend": "/v1/recommendations"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two versions of every service, each over a graph of its own; the labels of a classifier tell the version."""
    folder = tmp_path_factory.mktemp("load")
    made = [TinyEncoder.make(folder / f"encoder{seed}", WORDS, seed=seed) for seed in (1, 2)]
    found: dict[str, list[Path]] = {}
    for service in ("support", "finance"):
        found[service] = [
            one.save_classifier(
                folder / f"{service}{version}" / service,
                {
                    f"{label}.{version}": [f"{opening} {topic}" for topic in topics for opening in OPENINGS]
                    for label, topics in WORDINGS.items()
                },
            )
            for version, one in enumerate(made, start=1)
        ]
    found["recommend"] = [
        one.save_embedder(folder / f"recommend{version}" / "recommend", TEXTS[:12])
        for version, one in enumerate(made, start=1)
    ]
    return found


@pytest.fixture
def environment(tmp_path, database_url):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")}
    return kept | {
        "TRIVET_HOME": str(tmp_path / "home"),
        "TRIVET_CACHE": str(tmp_path / "cache"),
        "TRIVET_WATCH_S": "0.1",
        "TRIVET_DATABASE_URL": database_url,
    }


@pytest.fixture
def registry(tmp_path, folders):
    made = Registry(str(tmp_path / "home" / "registry"), tmp_path / "cache")
    for service, versions in folders.items():
        for folder in versions:
            made.add(folder, service)
        go_live(made, service, 1)
    return made


def go_live(registry: Registry, service: str, version: int) -> None:
    registry.make_live(service, version, Verdict(passed_over="a test"))


def check(service: str, answer: dict, orders: dict[int, list[str]]) -> None:
    """Every part of an answer is of the version that it names."""
    version = answer["version"]
    if service == "support":
        items = answer.get("items", [answer])
        labels = {intent["name"] for item in items for intent in item["ranking"]}
    elif service == "finance":
        labels = {label for article in answer["articles"] for label in article["probabilities"]}
    else:
        assert [item["item"] for item in answer["items"]] == orders[version], answer
        return
    assert {label.rsplit(".", 1)[1] for label in labels} == {str(version)}, answer


def bodies(service: str, at: int) -> tuple[str, dict]:
    text = TEXTS[at % len(TEXTS)]
    if service == "support":
        if at % 5:
            return "/v1/parse", {"text": text, "top": 3}
        return "/v1/parse:batch", {"texts": [text, TEXTS[(at + 7) % len(TEXTS)], TEXTS[(at + 19) % len(TEXTS)]]}
    if service == "finance":
        return PATHS[service], {"articles": [{"id": "a", "text": text}, {"id": "b", "text": TEXTS[0]}]}
    return PATHS[service], {"history": ["i0"], "n": 5}


async def post(
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], path: str, body: dict
) -> tuple[int, dict]:
    """Status and body of an answer over an open connection: a client that costs little beside a hundred others."""
    reader, writer = connection
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    writer.write(head.encode() + content)
    answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = int(re.search(r"content-length: (\d+)", answer)[1])
    return int(answer.split()[1]), json.loads(await reader.readexactly(length))


async def ask_without_end(base: str, service: str, orders: dict, ends: asyncio.Event, seen: dict, at: int) -> None:
    connection = await asyncio.open_connection("127.0.0.1", int(base.rsplit(":", 1)[1]))
    while not ends.is_set():
        at += 1
        path, body = bodies(service, at)
        began = time.perf_counter()
        status, found = await post(connection, path, body)
        seen["seconds"].append(time.perf_counter() - began)
        seen["status"][status] += 1
        if status == 200:
            check(service, found, orders)
            seen["version"][found["version"]] += 1
    connection[1].close()


async def swap_meanwhile(registry: Registry, service: str, base: str, *, seconds: float, orders: dict) -> dict:
    """Let a hundred connections ask while another version goes live every second; what they saw."""
    seen: dict = {"status": Counter(), "version": Counter(), "seconds": [], "swaps": 0}
    ends = asyncio.Event()
    asking = [asyncio.create_task(ask_without_end(base, service, orders, ends, seen, at)) for at in range(CONNECTIONS)]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        await asyncio.sleep(1.0)
        seen["swaps"] += 1
        await asyncio.to_thread(go_live, registry, service, 2 - (seen["swaps"] + 1) % 2)
    ends.set()
    await asyncio.gather(*asking)
    return seen


def orders_of(registry: Registry, service: str, base: str) -> dict[int, list[str]]:
    """What each version of the recommender answers when nobody else asks."""
    if service != "recommend":
        return {}
    items = [{"item": f"i{at}", "text": text} for at, text in enumerate(TEXTS)]
    assert httpx.post(f"{base}/v1/items", json={"items": items}, timeout=30).status_code == 200
    found: dict[int, list[str]] = {}
    for version in (2, 1):
        go_live(registry, service, version)
        end = time.monotonic() + 20
        while version not in found:
            assert time.monotonic() < end, "the version never went live"
            answer = httpx.post(f"{base}{PATHS[service]}", json={"history": ["i0"], "n": 5}).json()
            found[answer["version"]] = [item["item"] for item in answer["items"]]
            time.sleep(0.02)
    assert found[1] != found[2], "the versions can be told apart"
    return found


@pytest.mark.parametrize("service", ["support", "finance", "recommend"])
@pytest.mark.parametrize("seconds", [3, pytest.param(30, marks=pytest.mark.slow)])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_swap_every_second_fails_no_request_and_mixes_no_answer(service, seconds, registry, environment, served):
    with served(service, "--insecure", environment=environment) as server:
        orders = orders_of(registry, service, server.address)
        seen = asyncio.run(swap_meanwhile(registry, service, server.address, seconds=seconds, orders=orders))
        p50, p99 = np.percentile(seen["seconds"], (50, 99))
        total = sum(seen["status"].values())
        print(
            f"{service}: {total} answers in {seconds} s over {CONNECTIONS} connections and {seen['swaps']} swaps;"
            f" {dict(seen['status'])}, by version {dict(seen['version'])}; p50 {p50:.3f} s, p99 {p99:.3f} s"
        )
        assert set(seen["status"]) <= {200, 429}
        assert seen["status"][200] > CONNECTIONS
        assert set(seen["version"]) == {1, 2}
        metrics = httpx.get(f"{server.address}/metrics").text
        assert f'trivet_handovers_total{{outcome="refused",service="{service}"}} 0.0' in metrics


@pytest.mark.parametrize("times", [5, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_during_a_swap_it_comes_back_with_what_the_registry_says(times, registry, environment, served):
    rng = random.Random(0)
    acknowledged: list[int] = []
    answers: Counter[int] = Counter()
    for _ in range(times):
        before = registry.aliases("support")["live"]
        wanted = 3 - before
        with served("support", "--insecure", environment=environment) as server:
            asking = threading.Event()
            client = threading.Thread(target=ask_until_death, args=(server.address, asking, answers))
            client.start()
            assert asking.wait(20)
            deadly = threading.Timer(rng.uniform(0.0, 0.12), os.kill, (server.pid, signal.SIGKILL))
            deadly.start()
            with contextlib.suppress(httpx.TransportError):
                body = {"version": wanted, "force": True, "reason": "a test"}
                answer = httpx.post(f"{server.address}/v1/models/support:promote", json=body, timeout=30)
                if answer.status_code == 200:
                    acknowledged.append(wanted)
                    assert registry.aliases("support")["live"] == wanted
            deadly.join()
            client.join()
        assert registry.aliases("support")["live"] in (before, wanted)
        assert set(registry.aliases("support")) <= {"live", "candidate"}
    with served("support", "--insecure", environment=environment) as server:
        found = httpx.post(f"{server.address}/v1/parse", json={"text": TEXTS[0], "top": 3}).json()
        assert found["version"] == registry.aliases("support")["live"]
        check("support", found, {})
        shown = httpx.get(f"{server.address}/v1/models").json()["items"][0]
        assert shown["refused"] == []
        rolled = httpx.post(f"{server.address}/v1/models/support:rollback", json={"reason": "enough"})
        assert rolled.status_code == (200 if acknowledged else rolled.status_code)
        audited = httpx.get(f"{server.address}/v1/audit?action=model.forced&limit=100").json()["items"]
    went_live = [row["version"] for row in registry.log("support") if row["change"] == "set" and row["alias"] == "live"]
    # Each promotion that was acknowledged is in the registry's log, in order, and in the audit log.
    rest = iter(went_live)
    assert all(version in rest for version in acknowledged)
    assert len(acknowledged) <= len(audited) <= len(went_live)
    assert sum(answers.values()) > times


def ask_until_death(base: str, asking: threading.Event, answers: Counter[int]) -> None:
    """Ask one after the other; whatever was answered is one version's."""
    with httpx.Client(base_url=base, timeout=10) as client, contextlib.suppress(httpx.TransportError):
        for at in range(100_000):
            path, body = bodies("support", at)
            answer = client.post(path, json=body)
            assert answer.status_code == 200
            check("support", answer.json(), {})
            answers[answer.json()["version"]] += 1
            asking.set()
