"""Feedback finds the answer that it speaks of: in every service, for its own tenant alone, through restarts."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest

from trivet_service.testing import KeyRing, wait_until
from trivet_service.testing_postgres import running_postgres

SECRET = "my card 4111 1111 1111 1111, write to jane@example.org"


@pytest.fixture
def start_server(served, artifacts, tmp_path):
    """A process over some services and a database."""

    @contextmanager
    def start(*services, url, insecure=False, **settings):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")}
        environment |= {"TRIVET_HOME": str(tmp_path / "home"), "TRIVET_CACHE": str(tmp_path / "cache")}
        environment |= {f"TRIVET_{name.upper()}": value for name, value in settings.items()}
        models = [word for name in services for word in ("--model", f"{name}={artifacts[name]}")]
        words = [*services, *models, *(["--insecure"] if insecure else [])]
        with served(*words, environment=environment | {"TRIVET_DATABASE_URL": url}) as process:
            yield process.address

    return start


@pytest.fixture
def server(start_server, database_url):
    """A process over the database of the test."""
    return partial(start_server, url=database_url)


@pytest.fixture
def clients(database_url):
    """Makes a client that may do what a service's own programs may, by tenant; the keys are made once."""
    ring, keys = KeyRing(database_url), {}

    def make(address: str, tenant: str, *scopes: str) -> httpx.Client:
        scopes = scopes or ("read", "write", "train")
        if (tenant, scopes) not in keys:
            keys[tenant, scopes] = ring.create(tenant=tenant, scopes=scopes)[1]
        return httpx.Client(base_url=address, timeout=30, headers={"X-API-Key": keys[tenant, scopes]})

    make("http://127.0.0.1", "red")
    make("http://127.0.0.1", "blue")
    return make


def predictions(client, **asked) -> list[dict]:
    return client.get("/v1/predictions", params=asked).raise_for_status().json()["items"]


def metric(address: str, name: str, **labels: str) -> float:
    from prometheus_client.parser import text_string_to_metric_families

    for family in text_string_to_metric_families(httpx.get(f"{address}/metrics").text):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    return 0.0


def without_ids(answer: httpx.Response) -> tuple[int, dict]:
    return answer.status_code, {name: value for name, value in answer.json().items() if name != "request_id"}


def test_answers_of_every_service_are_kept_and_told_right_or_wrong(server, clients):
    running = server("support", "finance", "recommend", prediction_texts="true")
    with running as address, clients(address, "red") as red, clients(address, "blue") as blue:
        one = red.post("/v1/parse", json={"text": f"where is {SECRET}"}).json()
        many = red.post("/v1/parse:batch", json={"texts": ["my card arrive", "pin lost please"]}).json()
        news = red.post("/v1/analyze", json={"articles": [{"id": "x", "text": "profit rose"}]}).json()
        red.post("/v1/items", json={"items": [{"item": "i1", "title": "trail shoe"}]}).raise_for_status()
        shown = red.post("/v1/recommendations", json={"n": 1}).json()

        # At once: nothing waits for what is written beside the requests.
        def tell(answer: dict, client=red, **said) -> httpx.Response:
            return client.post("/v1/feedback", json={"request_id": answer["request_id"], **said})

        right = tell(one, correct=True).json()
        assert (right["outcome"], right["joined"], right["correct"]) == ("new", True, True)
        assert (right["service"], right["model"], right["answered"]) == ("support", "support", one["intent"]["name"])
        wrong = tell(many, item=1, label="transfer").json()
        assert (wrong["correct"], wrong["answered"]) == (False, many["items"][1]["intent"]["name"])
        assert tell(news, correct=False, note="call me on +44 7700 900123").json()["service"] == "finance"
        assert tell(shown, label="i1").json()["correct"] is True

        assert tell(one, correct=True).json()["outcome"] == "same"
        assert tell(one, correct=False).json()["outcome"] == "changed"

        # Another tenant's answer is no other than one that never was.
        theirs, nobodys = tell(one, blue, correct=True), tell({"request_id": "0" * 32}, blue, correct=True)
        assert without_ids(theirs) == without_ids(nobodys)
        assert theirs.status_code == tell(many, item=2, correct=True).status_code == 404

        wait_until(lambda: len(predictions(red)) == 5)
        rows = {(row["service"], row["item"], row["request_id"]): row for row in predictions(red)}
        assert {key[:2] for key in rows} == {("support", 0), ("support", 1), ("finance", 0), ("recommend", 0)}
        kept = rows["support", 0, one["request_id"]]
        assert kept["text"] == "where is my card [card], write to [email]"
        assert (kept["label"], kept["decision"]) == (one["intent"]["name"], one["decision"])
        assert kept["confidence"] == pytest.approx(one["intent"]["confidence"])
        assert rows["recommend", 0, shown["request_id"]]["shown"] == ["i1"]
        assert rows["finance", 0, news["request_id"]]["label"] == news["articles"][0]["sentiment"]
        assert [row["item"] for row in predictions(red, request_id=many["request_id"])] == [1, 0]
        page = red.get("/v1/predictions", params={"limit": 2}).json()
        rest = red.get("/v1/predictions", params={"cursor": page["next_cursor"], "limit": 3}).json()
        assert [*page["items"], *rest["items"]] == predictions(red)
        assert rest["next_cursor"] is None
        assert predictions(blue) == []

        said = red.get("/v1/feedback", params={"service": "finance"}).json()["items"]
        assert [row["note"] for row in said] == ["call me on [phone]"]
        assert len(red.get("/v1/feedback").json()["items"]) == 4
        assert blue.get("/v1/feedback").json()["items"] == []
        counted = {row["service"]: row for row in red.get("/v1/feedback/summary").json()["items"]}
        assert {name: (row["right"], row["wrong"]) for name, row in counted.items()} == {
            "support": (0, 2),
            "finance": (0, 1),
            "recommend": (1, 0),
        }
        assert blue.get("/v1/feedback/summary").json() == {"items": []}
        assert metric(address, "trivet_feedback_total", service="support", correct="true") == 1
        assert metric(address, "trivet_predictions_total", outcome="kept") == 5
        assert httpx.get(f"{address}/readyz").json()["checks"]["feedback"]["ok"]


def test_what_was_personal_never_reaches_the_disk(start_server, tmp_path):
    path = tmp_path / "store.db"
    with start_server("support", url=f"sqlite:///{path}", insecure=True, prediction_texts="true") as address:
        answer = httpx.post(f"{address}/v1/parse", json={"text": f"where is {SECRET}"}).json()
        said = {"request_id": answer["request_id"], "correct": False, "note": SECRET}
        assert httpx.post(f"{address}/v1/feedback", json=said).status_code == 200
        wait_until(lambda: metric(address, "trivet_predictions_total", outcome="kept") == 1)
    content = b"".join(file.read_bytes() for file in tmp_path.glob("store.db*"))
    assert content.count(b"my card [card], write to [email]") >= 2
    assert b"4111" not in content
    assert b"jane" not in content


def test_only_who_may_train_reads_what_others_wrote(server, clients):
    with server("support") as address, clients(address, "red", "read", "write") as bot:
        answer = bot.post("/v1/parse", json={"text": "my card arrive"}).json()
        assert bot.post("/v1/feedback", json={"request_id": answer["request_id"], "correct": True}).status_code == 200
        assert bot.get("/v1/feedback/summary").status_code == 200
        assert [bot.get(path).status_code for path in ("/v1/feedback", "/v1/predictions")] == [403, 403]
        with clients(address, "red", "read") as reader:
            assert reader.post("/v1/feedback", json={"request_id": "r", "correct": True}).status_code == 403
        with clients(address, "red") as trainer:
            # Without being asked to, the server keeps nothing of what people write.
            wait_until(lambda: predictions(trainer))
            assert [row["text"] for row in predictions(trainer)] == [None]


def test_feedback_finds_its_answer_after_a_restart_and_the_alarm_goes_on(server, clients):
    with server("support") as address, clients(address, "red") as red:
        ids = []
        for _ in range(40):
            answer = red.post("/v1/parse", json={"text": "where is my card arrive"}).json()
            assert answer["decision"] == "answer"
            ids.append(answer["request_id"])
        wait_until(lambda: len(predictions(red)) == 40)
        for one in ids[:20]:
            assert red.post("/v1/feedback", json={"request_id": one, "correct": False}).json()["joined"]
        [counted] = red.get("/v1/feedback/summary").json()["items"]
        alarm = counted["alarm"]
        assert (counted["wrong"], alarm["heard"], alarm["rings"]) == (20, 20, True)
        assert alarm["promised"] == answer["promise"]["risk"]
    with server("support") as address, clients(address, "red") as red:
        assert httpx.get(f"{address}/readyz").json()["checks"]["feedback"]["alarms"] == ["support/0"]
        assert metric(address, "trivet_feedback_alarm", service="support", version="0") == 1
        told = red.post("/v1/feedback", json={"request_id": ids[-1], "correct": True}).json()
        assert (told["joined"], told["answered"]) == (True, "card_arrival")


def test_an_answer_among_allowed_intents_tells_nothing_of_the_promise(serve):
    client = serve("support")
    asked = {"text": "where is my card arrive"}
    for given in (asked, asked | {"allowed_intents": ["card_arrival"]}):
        answer = client.post("/v1/parse", json=given).json()
        assert answer["decision"] == "answer"
        client.post("/v1/feedback", json={"request_id": answer["request_id"], "correct": True})
    [counted] = client.get("/v1/feedback/summary").json()["items"]
    assert (counted["right"], counted["alarm"]["heard"]) == (2, 1)


def test_a_share_is_kept_and_feedback_on_the_rest_is_taken_too(server, clients):
    with server("support", prediction_log="0.5") as address, clients(address, "red") as red:
        ids = [red.post("/v1/parse", json={"text": "my card arrive"}).json()["request_id"] for _ in range(40)]
        wait_until(lambda: metric(address, "trivet_predictions_total", outcome="kept") > 0)
        time.sleep(0.5)
        kept = {row["request_id"] for row in predictions(red)}
        assert 5 < len(kept) < 35
        assert kept < set(ids)
        assert all(red.post("/v1/feedback", json={"request_id": one, "correct": True}).json()["joined"] for one in ids)
    with (
        server("support", prediction_log="0") as address,
        clients(address, "red") as red,
        clients(address, "blue") as blue,
    ):
        # What is not kept is forgotten with the process: the feedback is kept without it, whoever sends it.
        for client in (red, blue):
            told = client.post("/v1/feedback", json={"request_id": "long-gone", "label": "x"}).json()
            assert (told["joined"], told["correct"], told["label"]) == (False, None, "x")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/request_id"),
        ({"request_id": "r"}, ""),
        ({"request_id": "r", "correct": "perhaps"}, "/correct"),
        ({"request_id": "two words", "correct": True}, "/request_id"),
        ({"request_id": "r", "item": -1, "correct": True}, "/item"),
        ({"request_id": "r", "label": " "}, "/label"),
        ({"request_id": "r", "label": "x" * 300}, "/label"),
        ({"request_id": "r", "correct": True, "text": "x"}, "/text"),
        ({"request_id": "r", "correct": True, "note": "x" * 3000}, "/note"),
    ],
)
def test_a_bad_feedback_is_refused_where_it_is_bad(serve, body, pointer):
    answer = serve("support").post("/v1/feedback", json=body)
    assert answer.status_code == 422
    assert [flaw["pointer"] for flaw in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize("asked", ["service=a%00b", "decision=%00", "request_id=a%20b", "cursor=zzz", "limit=0"])
def test_a_bad_query_is_refused(serve, asked):
    answer = serve("support").get(f"/v1/predictions?{asked}")
    assert answer.status_code == 422, answer.text


def test_feedback_that_contradicts_itself_or_cannot_be_kept_is_refused(serve):
    client = serve("support")
    answer = client.post("/v1/parse", json={"text": "my card arrive"}).json()

    def tell(**said) -> tuple[int, str]:
        told = client.post("/v1/feedback", json={"request_id": answer["request_id"], **said})
        return told.status_code, told.json().get("detail", "")

    code, detail = tell(correct=True, label="transfer")
    assert (code, answer["intent"]["name"] in detail) == (422, True)
    assert tell(correct=False, label=answer["intent"]["name"])[0] == 422
    assert tell(label="a\0b")[0] == 422
    assert tell(correct=True, note="a\0b")[0] == 200


def answers_flow(address: str, count: int = 30) -> list[str]:
    ids = []
    for _ in range(count):
        answer = httpx.post(f"{address}/v1/parse", json={"text": "my card arrive"}, timeout=10)
        assert (answer.status_code, answer.elapsed.total_seconds() < 2) == (200, True)
        ids.append(answer.json()["request_id"])
    return ids


@pytest.fixture(params=["sqlite", "postgresql"])
def fragile(request, tmp_path):
    """A database, and what takes it away for as long as a block lasts."""
    if request.param == "sqlite":
        path = tmp_path / "store.db"

        @contextmanager
        def gone():
            connection = sqlite3.connect(path, isolation_level=None)
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.close()

        yield f"sqlite:///{path}", gone
        return
    with tempfile.TemporaryDirectory(prefix="pg-") as folder, running_postgres(Path(folder) / "data") as postgres:

        @contextmanager
        def gone():
            postgres.stop()
            yield
            postgres.start()

        with postgres.database() as url:
            yield url, gone


def test_answers_flow_while_the_database_is_gone_and_are_kept_when_it_is_back(start_server, fragile):
    url, gone = fragile
    with start_server("support", url=url, insecure=True) as address:
        before = answers_flow(address, 3)
        wait_until(lambda: metric(address, "trivet_predictions_total", outcome="kept") == 3)
        with gone():
            during = answers_flow(address)
            # The answer is in memory still, but what is said of it cannot be kept: the caller is told to come again.
            said = {"request_id": during[0], "correct": True}
            assert httpx.post(f"{address}/v1/feedback", json=said, timeout=30).status_code == 503
        wait_until(lambda: metric(address, "trivet_predictions_total", outcome="kept") == 33, seconds=30)
        assert metric(address, "trivet_predictions_total", outcome="dropped") == 0
        for one in (*before, *during):
            told = httpx.post(f"{address}/v1/feedback", json={"request_id": one, "correct": True})
            assert told.json()["joined"], told.text
