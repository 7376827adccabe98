"""What is told to those who ask whether the process can answer."""

from __future__ import annotations

from trivet_service.context import Check


def test_a_living_process_says_so(client):
    assert client.get("/livez").json() == {"status": "alive"}


def test_a_failing_check_makes_it_not_ready_and_is_named(client):
    for other in set(client.context.checks) - {"store"}:
        del client.context.checks[other]
    assert client.get("/readyz").json() == {"status": "ready", "checks": {"store": {"ok": True}}}
    client.context.checks["store"] = lambda: Check(ok=False, detail={"reason": "the disk is full"})
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "checks": {"store": {"ok": False, "reason": "the disk is full"}}}
    assert client.get("/healthz").status_code == 503


def test_a_model_that_is_not_loaded_is_named(client):
    client.context.models.references["support"] = "support@live"
    assert client.get("/readyz").json()["checks"]["support.model"] == {"ok": False, "model": "support@live"}


def test_the_documentation_loads_nothing_from_elsewhere(client):
    page = client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "http://" not in page.text
    assert "https://" not in page.text


def test_requests_in_flight_are_answered_before_the_server_ends(make_context, notes_service, in_thread):
    import time

    import httpx

    from trivet_service.app import create_app
    from trivet_service.testing import running

    answers: list[int] = []
    with running(create_app([notes_service], make_context())) as base:
        thread = in_thread(lambda: answers.append(httpx.get(f"{base}/v1/slow", timeout=10).status_code))
        time.sleep(0.2)
    thread.join()
    assert answers == [200]
