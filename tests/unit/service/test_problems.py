"""Whatever goes wrong, the answer is a problem that says what, where and under which request id."""

from __future__ import annotations

import socket

import httpx
import pytest


def check_problem(answer: httpx.Response, *, status: int, code: str) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "instance", "code", "errors", "request_id"}
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["instance"] == answer.request.url.path
    return problem


def test_a_missing_field_is_pointed_at(client):
    problem = check_problem(client.post("/v1/notes", json={}), status=422, code="invalid")
    assert problem["errors"] == [{"pointer": "/text", "detail": "Field required"}]


def test_a_misspelt_field_is_pointed_at(client):
    problem = check_problem(client.post("/v1/notes", json={"text": "a", "txt": "b"}), status=422, code="invalid")
    assert problem["errors"][0]["pointer"] == "/txt"


def test_a_deep_place_is_a_json_pointer(client):
    body = {"notes": [{"text": "a"}, {"text": "b", "count": "x"}]}
    problem = check_problem(client.post("/v1/notes:batch", json=body), status=422, code="invalid")
    assert problem["errors"][0]["pointer"] == "/notes/1/count"


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_an_empty_text_is_refused(client, text):
    problem = check_problem(client.post("/v1/notes", json={"text": text}), status=422, code="invalid")
    assert problem["errors"][0]["pointer"] == "/text"


def test_a_text_is_never_repeated_in_the_problem(client):
    answer = client.post("/v1/notes", json={"text": "my secret", "count": "my secret"})
    assert "secret" not in check_problem(answer, status=422, code="invalid")["errors"][0]["detail"]
    assert "secret" not in answer.text


def test_an_unknown_path_is_not_found(client):
    check_problem(client.get("/nothing"), status=404, code="not_found")
    check_problem(client.post("/v1/nothing", json={}), status=404, code="not_found")


def test_a_wrong_method_names_the_right_one(client):
    answer = client.get("/v1/notes")
    check_problem(answer, status=405, code="method_not_allowed")
    assert answer.headers["allow"] == "POST"


def test_broken_json_is_a_bad_request(client):
    answer = client.post("/v1/notes", content=b'{"text": "a"', headers={"content-type": "application/json"})
    problem = check_problem(answer, status=400, code="invalid_json")
    assert "character 12" in problem["errors"][0]["detail"]


def test_invalid_utf8_is_a_bad_request(client):
    answer = client.post("/v1/notes", content=b'{"text": "caf\xe9"}', headers={"content-type": "application/json"})
    assert "UTF-8" in check_problem(answer, status=400, code="invalid_utf8")["detail"]


def test_half_a_surrogate_pair_is_refused(client):
    answer = client.post("/v1/notes", content=b'{"text": "\\ud800"}', headers={"content-type": "application/json"})
    check_problem(answer, status=422, code="invalid")


def test_json_nested_beyond_reason_is_a_bad_request(client):
    answer = client.post("/v1/notes", content=b"[" * 5000, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_over_the_limit_is_refused_by_its_length(client):
    check_problem(client.post("/v1/notes", json={"text": "a" * 20_000}), status=413, code="body_too_large")


def test_ten_megabytes_are_refused_and_the_server_goes_on(client):
    answer = client.post("/v1/notes", content=b"x" * 10_000_000, headers={"content-type": "application/json"})
    check_problem(answer, status=413, code="body_too_large")
    assert client.post("/v1/notes", json={"text": "a"}).status_code == 200


def test_a_body_over_the_limit_is_refused_while_it_streams(client):
    def pieces():
        for _ in range(100):
            yield b" " * 1000

    answer = client.post("/v1/notes", content=pieces(), headers={"content-type": "application/json"})
    check_problem(answer, status=413, code="body_too_large")


def test_a_batch_over_the_limit_is_refused(client):
    problem = check_problem(
        client.post("/v1/notes:batch", json={"notes": [{"text": "a"}] * 5}), status=413, code="batch_too_large"
    )
    assert problem["errors"][0]["pointer"] == "/notes"


def test_overload_says_when_to_come_back(client):
    answer = client.get("/v1/mistakes/overload")
    check_problem(answer, status=429, code="overloaded")
    assert answer.headers["retry-after"] == "2"


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("input", 422, "invalid"),
        ("licence", 403, "licence"),
        ("registry", 503, "model_unavailable"),
        ("data", 400, "bad_request"),
    ],
)
def test_a_mistake_of_the_user_has_its_status(client, kind, status, code):
    problem = check_problem(client.get(f"/v1/mistakes/{kind}"), status=status, code=code)
    assert "/home/secret" not in str(problem)
    if kind == "input":
        assert problem["errors"] == [{"pointer": "/text", "detail": "that cannot be."}]


def test_an_error_of_ours_shows_nothing_of_its_inside(client, log_lines):
    answer = client.get("/v1/mistakes/ours", headers={"X-Words": "secret"})
    problem = check_problem(answer, status=500, code="internal")
    assert "secret" not in answer.text
    failed = next(line for line in log_lines(wait_for=2) if line["event"] == "failed")
    assert failed["request_id"] == problem["request_id"]
    assert failed["error"] == "ZeroDivisionError"
    assert "secret" not in str(failed)


def test_a_plain_curl_needs_no_content_type(client):
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/v1/notes", content=b'{"text": "a"}', headers=form).json()["text"] == "a"
    assert client.post("/v1/notes", content=b'{"text": "a"}').json()["text"] == "a"


def test_a_page_of_another_origin_cannot_send_a_form_as_json(client):
    headers = {"content-type": "application/x-www-form-urlencoded", "origin": "https://elsewhere.example"}
    assert client.post("/v1/notes", content=b'{"text": "a"}', headers=headers).status_code == 422


def test_a_client_that_leaves_in_the_middle_of_its_body_harms_nobody(client):
    with socket.create_connection((client.base_url.host, client.base_url.port)) as connection:
        connection.sendall(b"POST /v1/notes HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
    assert client.post("/v1/notes", json={"text": "a"}).status_code == 200
