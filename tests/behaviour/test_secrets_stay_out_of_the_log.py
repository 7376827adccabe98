"""Whatever a client sends and wherever: neither the log nor the output of the process repeats it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import httpx
import pytest

PROGRAM = [sys.executable, "-c", "from trivet.cli.main import run; run()"]
CARD, MAIL, WORD = "4111 1111 1111 1111", "jane.roe@example.org", "xyzzyplugh"
SECRETS = (CARD, "4111111111111111", "jane.roe", WORD)


@pytest.fixture
def home(tmp_path):
    return {name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")} | {
        "TRIVET_HOME": str(tmp_path / "home"),
        "TRIVET_CACHE": str(tmp_path / "cache"),
        "TRIVET_LOG_LEVEL": "debug",
        "PYTHONWARNINGS": "default",
    }


def places(key: str) -> list[tuple[str, str, dict]]:
    """Requests with something private in every part, good and bad ones."""
    secret = f"{WORD} {CARD} {MAIL}"
    good = {"X-API-Key": key}
    return [
        ("POST", "/v1/parse", {"headers": good, "json": {"text": secret}}),
        ("POST", "/v1/parse:batch", {"headers": good, "json": {"texts": [secret, " "]}}),
        ("POST", "/v1/parse", {"headers": good, "json": {"text": "my card", "allowed_intents": [secret]}}),
        ("POST", "/v1/parse", {"headers": good, "json": {secret: secret}}),
        ("POST", "/v1/parse", {"headers": good, "content": f'{{"text": "{secret}'}),
        ("POST", "/v1/parse", {"headers": good, "content": b"\xff" + secret.encode()}),
        ("POST", "/v1/explain", {"headers": good, "json": {"text": secret}}),
        ("POST", "/v1/feedback", {"headers": good, "json": {"request_id": WORD, "label": secret, "note": secret}}),
        ("POST", "/v1/feedback", {"headers": good, "json": {"request_id": key, "correct": secret}}),
        ("GET", "/v1/predictions", {"headers": good, "params": {"request_id": key, "cursor": secret}}),
        ("GET", f"/v1/{WORD}/{CARD}", {"headers": good}),
        ("GET", f"/{WORD}", {}),
        ("GET", "/readyz", {"params": {WORD: secret}}),
        ("GET", "/v1/parse", {"headers": good, "params": {"key": key, "q": secret}}),
        (WORD.upper(), "/v1/parse", {"headers": good}),
        ("POST", "/v1/parse", {"headers": {"X-API-Key": f"{key}{WORD}"}, "json": {"text": secret}}),
        ("POST", "/v1/parse", {"headers": {"Authorization": f"Bearer {key}"}, "json": {"text": secret}}),
        ("POST", "/v1/parse", {"headers": {"Authorization": f"Basic {WORD}"}, "json": {"text": secret}}),
        ("POST", "/v1/parse", {"headers": good | {"Idempotency-Key": secret}, "json": {"text": secret}}),
        ("POST", "/v1/parse", {"headers": good | {"X-Request-Id": "4111-1111-1111-1111"}, "json": {"text": "card"}}),
        ("POST", "/v1/parse", {"headers": good | {"X-Request-Id": key}, "json": {"text": "my card"}}),
        ("POST", "/v1/parse", {"headers": good | {"X-Words": secret, "User-Agent": secret, "Cookie": secret}}),
        ("POST", "/v1/parse", {"headers": good | {"X-Forwarded-For": secret, "Content-Type": f"text/{WORD}"}}),
    ]  # fmt: skip


def test_nothing_that_a_client_sends_is_in_the_log(home, artifacts):
    make = [*PROGRAM, "keys", "create", "--name", "me", "--scope", "read", "--scope", "write", "--json"]
    key = json.loads(subprocess.run(make, env=home, capture_output=True, text=True, check=True).stdout)["key"]
    command = [*PROGRAM, "serve", "support", "--model", f"support={artifacts['support']}", "--port", "0"]
    process = subprocess.Popen(command, env=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        first = process.stdout.readline()
        address = re.search(r"http://[^ ]+", first).group()
        with httpx.Client(base_url=address, timeout=30) as client:
            answers = [client.request(verb, path, **how) for verb, path, how in places(key)]
    finally:
        process.terminate()
        output, log = process.communicate(timeout=30)
    codes = [answer.status_code for answer in answers]
    assert codes.count(200) >= 7
    assert max(codes) < 500
    logged = {line["request_id"] for line in map(json.loads, log.splitlines()) if line["event"] == "request"}
    assert len(logged) >= len(answers) - 2, "of all but a health check and what is not HTTP"
    said = f"{first}{output}{log}".lower()
    secret_part = key.rsplit("_", 1)[1]
    for secret in (*SECRETS, secret_part, key):
        assert secret.lower() not in said, secret
