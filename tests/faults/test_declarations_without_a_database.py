"""The database is gone: what a tenant declared goes on deciding, and nothing new is taken for declared."""

from __future__ import annotations

import httpx

from trivet_service.testing import wait_until

ORDER = {"kind": "pattern", "patterns": ["ORD-(\\d+)"]}


def test_messages_are_read_by_what_was_declared_before_the_database_went(server, environment, served, legs):
    words = ("support", "--insecure", "--model", f"support={legs['support']}")
    with (
        served(*words, environment=environment) as process,
        httpx.Client(base_url=process.address, timeout=30) as client,
    ):

        def parse() -> dict:
            answer = client.post("/v1/parse", json={"text": "card ORD-88", "operating_point": "mild"})
            assert answer.status_code == 200, answer.text
            return answer.json()

        assert client.put("/v1/entities/order", json=ORDER).status_code == 200
        assert client.put("/v1/operating-points/mild", json={"threshold": 0.1}).status_code == 200
        before = parse()
        assert [one["value"] for one in before["entities"]] == ["88"]
        assert before["operating_point"]["threshold"] == 0.1
        server.stop()
        after = parse()
        assert (after["entities"], after["decision"]) == (before["entities"], before["decision"])
        for path, body in (("/v1/entities/name", ORDER), ("/v1/operating-points/mild", {"threshold": 0.9})):
            refused = client.put(path, json=body)
            assert (refused.status_code, refused.json()["code"]) == (503, "store_unavailable")
        assert parse()["operating_point"]["threshold"] == 0.1, "what was not stored does not count"
        server.start()
        wait_until(lambda: client.put("/v1/operating-points/mild", json={"threshold": 0.9}).status_code == 200)
        assert parse()["operating_point"]["threshold"] == 0.9
        assert [one["name"] for one in client.get("/v1/entities").json()["items"]] == ["order"]
