"""The log stays clean even where somebody forgets what must not go there."""

from __future__ import annotations

import json
import logging
import threading
import warnings

import pytest

from trivet_service.log_privacy import hear_libraries
from trivet_service.logs import Lines, open_log


@pytest.fixture
def log(log_lines):
    lines = Lines()
    yield open_log("debug", lines)
    lines.close()


@pytest.fixture
def heard(log):
    root, hook = logging.getLogger(), threading.excepthook
    handlers, level = list(root.handlers), root.level
    hear_libraries(log)
    yield log
    logging.captureWarnings(False)  # noqa: FBT003
    root.handlers, threading.excepthook = handlers, hook
    root.setLevel(level)


def test_texts_in_an_event_lose_what_is_personal(log, log_lines):
    log.info("odd", text="card 4111 1111 1111 1111", inside={"mail": ["a@b.com", 3]}, request_id="07700900123")
    [line] = log_lines(wait_for=1)
    assert (line["text"], line["inside"]) == ("card [card]", {"mail": ["[email]", 3]})
    assert line["request_id"] == "07700900123"


def test_a_key_of_ours_does_not_reach_the_log(log, log_lines):
    log.warning("odd", header="trivet_0123456789_" + "ab" * 32)
    assert log_lines(wait_for=1)[0]["header"] == "[key]"


def test_what_a_library_says_is_logged_by_its_place_and_template(heard, log_lines):
    words = "my private words"
    logging.getLogger("some.library").warning("cannot read %s", words)
    logging.getLogger("some.library").error(f"cannot read {words}")
    warnings.warn(words, stacklevel=1)
    try:
        raise ValueError(words)
    except ValueError:
        logging.getLogger("asyncio").exception(f"Task exception was never retrieved {words}")
    logging.getLogger("some.library").info("chatter")
    lines = log_lines(wait_for=4)
    assert [line["level"] for line in lines] == ["warning", "error", "warning", "error"]
    assert (lines[0]["template"], lines[3]["error"]) == ("cannot read %s", "ValueError")
    assert lines[0]["place"].startswith("test_logs.py:")
    assert words not in json.dumps(lines)


def test_a_thread_that_ends_badly_is_logged_without_its_message(heard, log_lines):
    def fail() -> None:
        raise ValueError("my private words")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    [line] = log_lines(wait_for=1)
    assert (line["event"], line["error"]) == ("thread ended", "ValueError")
    assert "my private words" not in json.dumps(line).replace('raise ValueError(\\"my private words\\")', "")
