"""What may be asked for, by whom, and what is said to a request that cannot be done."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = [sys.executable, "-c", "from trivet.cli.main import run; run()"]
ASKED = {"kind": "train", "dataset": "faq"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({**ASKED, "dataset": "../../secret"}, "/dataset"),
        ({**ASKED, "dataset": "nowhere"}, "/dataset"),
        ({**ASKED, "recipe": "../default"}, "/recipe"),
        ({**ASKED, "recipe": "unheard-of"}, "/recipe"),
        ({**ASKED, "service": "finance"}, "/service"),
        ({**ASKED, "timeout_s": 1e9}, "/timeout_s"),
        ({**ASKED, "overrides": {"training.epochs": "many"}}, "/overrides/training.epochs"),
        ({**ASKED, "overrides": {"training.epoch": 3}}, "/overrides/training.epoch"),
        ({**ASKED, "overrides": {"data.test": "/etc/passwd"}}, "/overrides/data.test"),
        ({**ASKED, "overrides": {"data.dataset": "/etc"}}, "/overrides/data.dataset"),
        ({**ASKED, "overrides": {"name": "finance"}}, "/overrides/name"),
        ({**ASKED, "overrides": {"gates.margin": 1.0}}, "/overrides/gates.margin"),
        ({**ASKED, "overrides": {"encoder.name": "/etc"}}, "/overrides/encoder.name"),
        ({**ASKED, "overrides": {"encoder.name": "../tiny"}}, "/overrides/encoder.name"),
        ({**ASKED, "overrides": {"encoder.name": "support--other/1"}}, "/overrides/encoder.name"),
        ({**ASKED, "overrides": {"task.kind": "multitask"}}, "/overrides/task.kind"),
        ({"kind": "evaluate", "model": "finance/1"}, "/model"),
        ({"kind": "evaluate"}, "/model"),
        ({"kind": "rebuild"}, "/kind"),
        ({"kind": "dance"}, ""),
        ({"dataset": "faq"}, ""),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_pointer(asking, body, pointer):
    answer = asking.post("/v1/jobs", json=body)
    assert answer.status_code == 422, answer.text
    assert pointer in {flaw["pointer"] for flaw in answer.json()["errors"]}, answer.text


def test_a_table_that_cannot_be_read_is_refused_with_line_and_reason(asking):
    def put(content: str, kind: str = "text/csv", **query: str):
        return asking.put("/v1/datasets/bad", content=content, params=query, headers={"Content-Type": kind})

    empty = put("text,label\nmy pin,lost_pin\nmy card,\n")
    assert (empty.status_code, empty.json()["code"]) == (422, "bad_rows")
    assert "train:3" in empty.text
    assert "is empty" in empty.text
    assert "3 fields" in put("text,label\na,b,c\n").text
    assert put("").status_code == 422
    assert put("{}", kind="application/json").json()["code"] == "unknown_format"
    assert put("text,label\na,b\n", text="question").status_code == 422
    assert put("text,label\na,b\n", table="passwords").status_code == 422
    assert asking.get("/v1/datasets/bad").status_code == 404
    for name in ("..%2F..%2Fetc", "UPPER", ".drafts"):
        assert asking.get(f"/v1/datasets/{name}").status_code in (404, 422)


def test_a_data_set_is_put_listed_and_deleted_and_a_job_keeps_the_version_it_was_asked_for(asking):
    def put(text: str):
        return asking.put("/v1/datasets/own", content=f"text,label\n{text},a\n", headers={"Content-Type": "text/csv"})

    first = put("one").json()
    job = asking.post("/v1/jobs", json={"kind": "import", "dataset": "own"}).json()
    second = put("two").json()
    assert first["version"] != second["version"]
    assert job["request"]["data_version"] == first["version"]
    assert put("one").json()["version"] == first["version"]
    assert "own" in {one["name"] for one in asking.get("/v1/datasets").json()["items"]}
    assert asking.delete("/v1/datasets/own").status_code == 200
    assert asking.get("/v1/datasets/own").status_code == 404
    assert asking.delete("/v1/datasets/own").status_code == 404
    cancelled = asking.delete(job["url"])
    assert (cancelled.status_code, cancelled.json()["status"]) == (202, "cancelled")


def test_an_upload_may_be_larger_than_other_bodies_but_not_than_its_own_limit(start):
    rows = "text,label\n" + "my pin,a\n" * 1000
    with start(TRIVET_MAX_BODY_BYTES="2000", TRIVET_UPLOAD_BYTES="20000") as (_, yard):
        assert yard.put("faq", rows).status_code == 200
        assert yard.put("faq", rows * 3).status_code == 413
        assert yard.client.post("/v1/jobs", json={"kind": "import", "dataset": "x" * 3000}).status_code == 413


def test_a_tenant_sees_neither_the_jobs_nor_the_data_of_another(start, surroundings):
    def key(tenant: str, *scopes: str) -> dict[str, str]:
        words = ["keys", "create", "--name", tenant, "--tenant", tenant, "--json"]
        words += [word for scope in scopes for word in ("--scope", scope)]
        done = subprocess.run([*PROGRAM, *words], env=surroundings, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return {"X-API-Key": json.loads(done.stdout)["key"]}

    for tenant in ("acme", "other"):
        subprocess.run([*PROGRAM, "tenants", "create", tenant], env=surroundings, timeout=60, capture_output=True)
    ours, theirs, reader = key("acme", "read", "train"), key("other", "read", "train"), key("acme", "read")
    csv = {"Content-Type": "text/csv"}
    with start("--host", "127.0.0.1") as (_, yard):
        client = yard.client
        assert client.put("/v1/datasets/faq", content="text,label\na,b\n", headers=ours | csv).status_code == 200
        job = client.post("/v1/jobs", json={"kind": "import", "dataset": "faq"}, headers=ours).json()
        trained = client.post("/v1/jobs", json={"kind": "train", "dataset": "faq"}, headers=ours).json()
        assert trained["request"]["model"] == "support--acme"
        for path in (job["url"], job["log_url"], job["events_url"], "/v1/datasets/faq"):
            assert client.get(path, headers=theirs).status_code == 404, path
            assert client.get(path, headers={"X-API-Key": "wrong"}).status_code == 401, path
        assert client.get(job["url"], headers=reader).status_code == 200
        assert client.delete(job["url"], headers=theirs).status_code == 404
        assert client.delete("/v1/datasets/faq", headers=theirs).status_code == 404
        assert client.get("/v1/jobs", headers=theirs).json()["items"] == []
        assert client.get("/v1/datasets", headers=theirs).json()["items"] == []
        assert client.post("/v1/jobs", json=ASKED, headers=theirs).status_code == 422
        assert client.post("/v1/jobs", json=ASKED, headers=reader).status_code == 403
        assert client.put("/v1/datasets/faq", content="a", headers=reader | csv).status_code == 403
    audit = subprocess.run(
        [*PROGRAM, "audit", "list", "--tenant", "acme", "--json"], env=surroundings, capture_output=True, text=True
    )
    assert [entry["action"] for entry in json.loads(audit.stdout)][-3:] == [
        "data.imported",
        "job.created",
        "job.created",
    ]


def test_the_command_line_lists_shows_and_cancels_jobs(lasting_server):
    asking, surroundings = lasting_server

    def run(*words: str) -> subprocess.CompletedProcess:
        return subprocess.run([*PROGRAM, "jobs", *words], env=surroundings, capture_output=True, text=True, timeout=60)

    job = asking.post("/v1/jobs", json={"kind": "import", "dataset": "faq"}).json()["job_id"]
    assert job in {one["id"] for one in json.loads(run("list", "--json").stdout)}
    assert "import" in run("show", job).stdout
    assert "cancelled" in run("cancel", job).stdout
    wrong = run("show", "nothing")
    assert (wrong.returncode, "trivet jobs list" in wrong.stderr) == (2, True)
