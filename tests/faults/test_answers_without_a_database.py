"""The database is gone: a bot goes on saying what it has been told, and nothing new is half kept."""

from __future__ import annotations

import httpx

from trivet_service.testing import wait_until

RULE = {
    "name": "person",
    "because": "Everything goes to a person.",
    "when": {"words": ["card"]},
    "then": {"do": "reply", "text": "A person will write to you."},
}
FAQ = [{"question": "where is my parcel", "answer": "On its way."}]


def test_rules_and_knowledge_outlast_the_database_and_what_is_refused_is_not_kept(server, environment, served, legs):
    with (
        served("support", "--insecure", "--model", f"support={legs['support']}", environment=environment) as process,
        httpx.Client(base_url=process.address, timeout=30) as client,
    ):

        def respond() -> httpx.Response:
            return client.post("/v1/respond", json={"text": "where is my card"})

        assert client.put("/v1/rules", json={"rules": [RULE]}).status_code == 200
        assert respond().json()["reply"]["text"] == RULE["then"]["text"]
        server.stop()
        assert respond().json()["reply"]["text"] == RULE["then"]["text"]
        refused = [
            client.put("/v1/knowledge/faq", json=FAQ),
            client.put("/v1/rules", json={"rules": []}),
            client.put("/v1/replies/card", json={"variants": [{"text": "Hello."}]}),
        ]
        assert {(one.status_code, one.json()["code"]) for one in refused} == {(503, "store_unavailable")}
        assert respond().json()["rules"][0]["name"] == "person", "what was not kept does not count either"
        server.start()
        wait_until(lambda: client.put("/v1/knowledge/faq", json=FAQ).status_code == 200)
        wait_until(lambda: client.get("/v1/knowledge/faq").json()["state"] == "ready")
        assert client.get("/v1/replies").json()["items"] == []
