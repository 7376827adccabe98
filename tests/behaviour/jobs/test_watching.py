"""The stream of a job that waits: it costs no looks, and still tells what happens at once."""

from __future__ import annotations

import os
import signal
import time

from trivet_service.testing_streams import listening_to


def test_who_watches_a_job_that_waits_hears_of_its_end_and_of_the_servers_at_once(start, rows):
    with start(TRIVET_STREAM_HEARTBEAT_S="1", TRIVET_STREAM_POLL_S="0.1") as (server, yard):
        assert yard.put("faq", rows).status_code == 200
        unwanted, other = (yard.ask(kind="import", dataset="faq") for _ in range(2))
        with (
            listening_to(server.address, path=unwanted["events_url"]) as frames,
            listening_to(server.address, path=other["events_url"]) as beside,
        ):
            first = [next(frames) for _ in range(3)]
            assert [frame.comment or frame.event for frame in first] == ["trivet", "progress", "heartbeat"]
            began = time.monotonic()
            yard.client.delete(unwanted["url"])
            told = list(frames)
            assert next(frame for frame in told if frame.event).json()["status"] == "cancelled"
            assert told[-1].comment == "there is nothing more to come"
            assert time.monotonic() - began < 5
            os.kill(server.pid, signal.SIGTERM)
            heard = list(beside)
            assert heard[-1].comment.startswith("the server stops")
            assert [frame.event for frame in heard if frame.event] == ["progress"]
