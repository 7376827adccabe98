"""Train, watch and judge over HTTP, with a worker beside the service."""

from __future__ import annotations

HEAD = {"encoder.name": "tiny", "export.precision": "fp32", "method.expansion": 64}


def test_a_model_is_trained_watched_and_judged_over_http(yard, rows):
    put = yard.put("faq", rows)
    assert put.status_code == 200, put.text
    assert put.json()["tables"]["train"]["rows"] == rows.count("\n") - 1
    job = yard.ask(kind="train", dataset="faq", overrides=HEAD)
    assert (job["status"], job["workers"]) == ("queued", 0)
    assert yard.client.get("/readyz").json()["checks"]["jobs"] == {"ok": True, "workers": 0, "queued": 1, "running": 0}
    yard.worker()
    told = list(yard.events(job))
    assert [event for _, event, _ in told].count("end") == 1
    ended = told[-1][2]
    assert ended["status"] == "succeeded", ended
    assert {data["stage"].split()[0] for _, event, data in told if event == "progress" and data["stage"]}
    shares = [data["progress"] for _, event, data in told if event == "progress"]
    assert shares == sorted(shares)
    assert "stage judge" in yard.lines(job)
    done = yard.see(job)
    assert done["result"]["reference"] == "support/1"
    assert done["result"]["report"]["version"] == 1
    assert (done["progress"], done["attempts"], done["workers"]) == (1.0, 1, 1)
    registry = yard.client.get("/v1/models").json()
    assert registry is not None
    # Who comes back after the end is told that there is nothing more; in the middle, the rest and no line twice.
    assert yard.client.get(job["events_url"], headers={"Last-Event-ID": told[-1][0]}).status_code == 204
    logs = [(int(at), data["line"]) for at, event, data in told if event == "log"]
    again = [(int(at), data["line"]) for at, event, data in yard.events(job, str(logs[1][0])) if event == "log"]
    assert again == logs[2:]
    judged = yard.wait(yard.ask(kind="evaluate", model="support@candidate", dataset="faq"))
    assert judged["status"] == "succeeded", judged
    assert judged["result"]["version"] == 1
    assert "accuracy" in judged["result"]["headline"]
    listed = yard.client.get("/v1/jobs", params={"limit": 1}).json()
    assert [one["job_id"] for one in listed["items"]] == [judged["job_id"]]
    rest = yard.client.get("/v1/jobs", params={"limit": 1, "cursor": listed["next_cursor"]}).json()
    assert [one["job_id"] for one in rest["items"]] == [job["job_id"]]


def test_rows_that_contradict_the_training_fail_the_job_with_line_and_reason(yard, rows):
    assert yard.put("faq", rows).status_code == 200
    assert yard.put("faq", "text,label\nmy pin,never_seen\n", table="test").status_code == 200
    yard.worker("--once")
    job = yard.wait(yard.ask(kind="import", dataset="faq"))
    assert job["status"] == "failed"
    assert (job["error"]["code"], job["error"]["where"]) == ("data", "faq/test.csv:2")
    assert "never_seen" in job["error"]["what"]
    assert str(yard.home) not in str(job)
