"""Every request leaves one line in the log and its mark in the metrics, and neither holds a word of it."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families


def samples(client) -> dict[tuple, float]:
    text = client.get("/metrics").text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def count(client, **labels) -> float:
    return samples(client).get(("http_requests_total", tuple(sorted(labels.items()))), 0.0)


def test_a_request_is_one_canonical_line(client, log_lines):
    client.post("/v1/notes", json={"text": "my private words"}, headers={"X-Request-Id": "abc-1"})
    lines = [line for line in log_lines(wait_for=1) if line["event"] == "request"]
    assert len(lines) == 1
    line = lines[0]
    assert (line["request_id"], line["method"], line["route"], line["status"]) == ("abc-1", "POST", "/v1/notes", 200)
    assert line["ms"] > 0
    assert line["time"].endswith("Z")
    assert "private" not in str(lines)


def test_a_path_is_logged_and_counted_as_its_template(client, log_lines):
    client.get("/v1/mistakes/data")
    client.get("/private/words")
    assert [line["route"] for line in log_lines(wait_for=2)] == ["/v1/mistakes/{kind}", "unmatched"]
    assert count(client, route="/v1/mistakes/{kind}", method="GET", status="400") == 1
    assert count(client, route="unmatched", method="GET", status="404") == 1


def test_health_checks_are_counted_but_not_logged(client, log_lines):
    client.get("/livez")
    assert log_lines() == []
    assert count(client, route="/livez", method="GET", status="200") == 1


def test_rare_methods_share_one_label(client):
    client.request("PROPFIND", "/v1/notes")
    client.request("MKCOL", "/v1/notes")
    assert count(client, route="/v1/notes", method="OTHER", status="405") == 2


def test_the_time_of_a_request_is_measured(client):
    client.get("/v1/slow")
    found = samples(client)
    key = (("method", "GET"), ("route", "/v1/slow"))
    assert found[("http_request_duration_seconds_count", key)] == 1
    assert found[("http_request_duration_seconds_sum", key)] >= 0.5
    assert found[("process_resident_memory_bytes", ())] > 1e6


@pytest.mark.parametrize("given", ["a b", "x" * 200, 'a"b', "ä"])
def test_an_ill_formed_request_id_is_replaced(client, given):
    answer = client.get("/livez", headers={"X-Request-Id": given.encode()})
    assert answer.headers["x-request-id"] != given
    assert len(answer.headers["x-request-id"]) == 32


def test_every_answer_carries_a_request_id(client):
    ids = {client.get(path).headers["x-request-id"] for path in ("/livez", "/nothing", "/docs", "/openapi.json")}
    assert len(ids) == 4
