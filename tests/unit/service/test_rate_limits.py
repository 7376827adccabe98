"""A key may call as often as it is allowed to, is told how often that is, and takes nothing from another."""

from __future__ import annotations

import time

import pytest

from trivet_service.rate_limits import RateError, read_rates


def take_note(client, key: str = ""):
    return client.post("/v1/notes", json={"text": "a"}, headers={"X-API-Key": key} if key else {})


def test_every_answer_tells_what_is_left(serve):
    client = serve(rate="20/hour")
    left = [int(take_note(client).headers["ratelimit-remaining"]) for _ in range(3)]
    assert left == [19, 18, 17]
    refused = client.post("/v1/notes", json={})
    assert (refused.status_code, refused.headers["ratelimit-limit"], refused.headers["ratelimit-policy"]) == (
        422, "20", "20;w=3600",
    )  # fmt: skip
    assert 0 < int(refused.headers["ratelimit-reset"]) <= 3600


def test_above_the_rate_it_is_refused_until_the_time_that_it_tells(serve):
    client = serve(rate="3/second")
    codes = [take_note(client).status_code for _ in range(4)]
    # The window may slide on during the four.
    while codes[-1] == 200:
        codes.append(take_note(client).status_code)
    refused = take_note(client)
    problem = refused.json()
    assert (refused.status_code, problem["code"], refused.headers["ratelimit-remaining"]) == (429, "rate_limited", "0")
    assert refused.headers["content-type"] == "application/problem+json"
    time.sleep(int(refused.headers["retry-after"]))
    assert take_note(client).status_code == 200


def test_each_key_has_a_rate_of_its_own_and_health_has_none(serve, keys):
    (_, one), (_, other) = (keys.create(name=name, tenant="a", scopes=["read"]) for name in ("one", "other"))
    client = serve(keys=True, rate="2/hour")
    assert [take_note(client, one).status_code for _ in range(3)] == [200, 200, 429]
    assert take_note(client, other).status_code == 200
    assert "ratelimit-limit" not in take_note(client, "wrong").headers
    for _ in range(5):
        answer = client.get("/readyz", headers={"X-API-Key": one})
        assert (answer.status_code, "ratelimit-limit" in answer.headers) == (200, False)


def test_of_several_rates_the_tightest_counts(serve):
    client = serve(rate="2/second; 3/hour")
    answers = [take_note(client)]
    while answers[-1].status_code == 200:
        time.sleep(0.6)
        answers.append(take_note(client))
    assert len(answers) == 4, "three in an hour, however slowly"
    assert (answers[-1].headers["ratelimit-limit"], answers[-1].headers["ratelimit-remaining"]) == ("3", "0")
    assert answers[0].headers["ratelimit-policy"] == "2;w=1, 3;w=3600"


def test_without_a_rate_nothing_is_counted(client):
    assert "ratelimit-limit" not in take_note(client).headers


@pytest.mark.parametrize("text", ["x", "0/minute", "5/fortnight", "-1/second", "600"])
def test_a_rate_that_says_nothing_is_one_line(text):
    with pytest.raises(RateError, match="TRIVET_RATE"):
        read_rates(text)
