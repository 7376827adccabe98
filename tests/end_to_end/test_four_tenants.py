"""A bank, a shop, an insurer and a clinic in one process: each trained from its sample, each with a model and a key."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from trivet.registry.registry import Registry
from trivet.registry.verdict import Verdict
from trivet_service.testing import wait_until

HOUSES = ("bank", "shop", "insurer", "clinic")
SAMPLES = Path(__file__).parents[2] / "datasets" / "samples"


def read_rows(house: str) -> list[dict[str, str]]:
    with (SAMPLES / f"support-{house}" / "test.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def open_registry_at(home: Path) -> Registry:
    return Registry(str(home / "registry"), home / "cache")


def call(environment: Mapping[str, str], *words: str) -> Any:
    """What a command prints as JSON; the commands run in this process, where torch is loaded once."""
    from trivet.cli.main import app

    found = CliRunner().invoke(app, [*words, "--json"], env=dict(environment), catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


@pytest.fixture(scope="module")
def trained(
    support: Any, environment: Mapping[str, str], home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, str]:
    """The surroundings of a user who has trained the four houses; the bank's model is also everybody's."""
    own = dict(environment) | {"TRIVET_HOME": str(tmp_path_factory.mktemp("houses"))}
    registry = open_registry_at(Path(own["TRIVET_HOME"]))
    # Each is judged over HTTP below, on the rows that a report would be about.
    unjudged = ("--no-evaluate", "--set", "method.expansion=2000")
    for house in HOUSES[1:]:
        done = call(own, "train", "support", f"sample-{house}", "--name", f"support--{house}", *unjudged)
        assert done["reference"] == f"support--{house}/1"
        registry.make_live(f"support--{house}", 1, Verdict(passed_over="it is judged over HTTP"))
    bank = open_registry_at(home).fetch("support/1")
    for name in ("support--bank", "support"):
        registry.make_live(name, registry.add(bank, name), Verdict(passed_over="it was judged when it was trained"))
    return own


@dataclass(frozen=True)
class Desk:
    """The address of the server, and the key of each house."""

    address: str
    keys: Mapping[str, str]

    def ask(self, house: str, path: str, **body: Any) -> httpx.Response:
        headers = {"X-API-Key": self.keys[house]} if house in self.keys else {}
        return httpx.post(f"{self.address}{path}", json=body, headers=headers, timeout=30)


@pytest.fixture
def desk(trained: Mapping[str, str], database_url: str, served: Any) -> Iterator[Desk]:
    own = dict(trained) | {"TRIVET_DATABASE_URL": database_url, "TRIVET_WATCH_S": "0.1"}
    keys = {}
    for house in HOUSES:
        assert call(own, "tenants", "create", house)["state"] == "open"
        keys[house] = call(own, "keys", "create", "--name", house, "--tenant", house)["key"]
    with served("support", environment=own) as server:
        found = Desk(server.address, keys)
        # Whose own model there is shows a moment after the start.
        wait_until(lambda: found.ask("shop", "/v1/parse", text="hello").json()["model"] == "support--shop")
        yield found


def test_four_houses_are_answered_from_one_process_each_by_its_own_model(desk: Desk) -> None:
    labels = {house: {row["intent"] for row in read_rows(house)} for house in HOUSES}
    for house in HOUSES:
        rows = read_rows(house)
        told = desk.ask(house, "/v1/parse:batch", texts=[row["text"] for row in rows]).json()
        assert told["model"] == f"support--{house}"
        found = [item["intent"]["name"] for item in told["items"]]
        assert sum(one == row["intent"] for one, row in zip(found, rows, strict=True)) / len(rows) > 0.8
        assert set(found) <= labels[house]

    # A key opens the own house alone, and none opens nothing.
    assert desk.ask("bank", "/v1/t/bank/parse", text="card still not here").status_code == 200
    assert desk.ask("bank", "/v1/t/shop/parse", text="where is my parcel").status_code == 403
    assert desk.ask("nobody", "/v1/parse", text="hello").status_code == 401
    foreign = sorted(labels["shop"] - labels["bank"])[0]
    refused = desk.ask("bank", "/v1/parse", text="hello", allowed_intents=[foreign])
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")


def read_ready(desk: Desk) -> dict[str, Any]:
    answer = httpx.get(f"{desk.address}/readyz", timeout=30)
    assert answer.status_code == 200
    return answer.json()


# What is damaged lies in the registry: the database has no part in it.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_damaged_model_of_one_house_leaves_all_four_answering(desk: Desk, trained: Mapping[str, str]) -> None:
    registry = open_registry_at(Path(trained["TRIVET_HOME"]))
    desk.ask("clinic", "/v1/parse", text="hello").raise_for_status()
    other = registry.fetch("support--insurer/1")
    version = registry.add(other, "support--clinic")
    head = registry.fetch(f"support--clinic/{version}") / "heads.safetensors"
    head.write_bytes(head.read_bytes()[:-1])
    registry.make_live("support--clinic", version, Verdict(passed_over="a test"))
    try:
        wait_until(lambda: read_ready(desk)["checks"]["tenants.models"]["refused"] == 1)
        for house in HOUSES:
            told = desk.ask(house, "/v1/parse", text="hello").json()
            assert (told["model"], told["version"]) == (f"support--{house}", 1)
    finally:
        registry.rollback("support--clinic", reason="a test")
