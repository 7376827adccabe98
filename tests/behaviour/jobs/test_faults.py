"""Workers and services that are killed, stopped and cut off, while a job goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = [sys.executable, "-c", "from trivet.cli.main import run; run()"]
HEAD = {"encoder.name": "tiny", "export.precision": "fp32", "method.expansion": 64}
FULL = {
    "encoder.name": "tiny",
    "export.precision": "fp32",
    "method.kind": "full",
    "training.checkpoint_steps": 20,
    "training.batch_size": 16,
}


def is_fitting(job: dict) -> bool:
    return job["stage"].startswith("fit ") and job["progress"] > 0.05


def children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as found:
        return [int(word) for word in found.read().split()]


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as found:
            return found.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def await_end(pid: int, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while is_alive(pid):
        assert time.monotonic() < end, f"process {pid} goes on"
        time.sleep(0.02)


def await_empty(folder: Path, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while left := list(folder.iterdir()):
        assert time.monotonic() < end, f"{left} are left behind"
        time.sleep(0.02)


def test_a_worker_that_is_killed_is_followed_by_another_that_goes_on_from_its_checkpoint(yard, rows):
    yard.put("faq", rows)
    job = yard.ask(kind="train", dataset="faq", overrides={**FULL, "training.epochs": 40}, judge=False)
    first = yard.worker()
    yard.wait(job, lambda seen: is_fitting(seen) and seen["progress"] > 0.2)
    [child] = children(first.pid)
    first.kill()
    first.wait()
    await_end(child)
    assert yard.see(job)["status"] == "running"
    yard.worker()
    done = yard.wait(job)
    assert done["status"] == "succeeded", done
    assert (done["attempts"], done["result"]["version"]) == (2, 1)
    assert yard.versions("support") == ["1"]
    lines = yard.lines(job)
    assert "the worker was lost; another takes over" in lines
    assert any(line.startswith("goes on from step-") for line in lines)
    await_empty(yard.home / "jobs")


@pytest.mark.slow
def test_a_worker_that_slept_through_its_lease_does_no_harm_when_it_wakes(yard, rows):
    yard.put("faq", rows)
    job = yard.ask(kind="train", dataset="faq", overrides={**FULL, "training.epochs": 60}, judge=False)
    first = yard.worker()
    yard.wait(job, is_fitting)
    # Its process goes on, and holds the job's folder until it is done.
    first.send_signal(signal.SIGSTOP)
    yard.worker()
    done = yard.wait(job)
    first.send_signal(signal.SIGCONT)
    assert (done["status"], done["attempts"], done["result"]["version"]) == ("succeeded", 2, 1), done
    second = yard.wait(yard.ask(kind="import", dataset="faq"))
    assert second["status"] == "succeeded"
    assert yard.see(job)["result"] == done["result"]
    assert yard.versions("support") == ["1"]


def test_a_service_that_is_killed_loses_no_job_and_the_next_one_tells_of_it(start, rows):
    with start() as (server, yard):
        yard.put("faq", rows)
        job = yard.ask(kind="train", dataset="faq", overrides=HEAD, judge=False)
        worker = yard.worker()
        yard.wait(job, lambda seen: seen["status"] == "running")
        os.kill(server.pid, signal.SIGKILL)
    with start() as (_, again):
        done = again.wait(job)
        assert (done["status"], done["attempts"]) == ("succeeded", 1), done
    worker.kill()
    worker.wait()


def test_a_job_that_is_cancelled_ends_with_its_process_and_the_worker_takes_the_next(yard, rows):
    yard.put("faq", rows)
    endless = {**FULL, "training.epochs": 1000}
    job = yard.ask(kind="train", dataset="faq", overrides=endless)
    worker = yard.worker()
    yard.wait(job, is_fitting)
    [child] = children(worker.pid)
    told = yard.client.delete(job["url"])
    assert (told.status_code, told.json()["cancel_requested"]) == (202, True)
    assert yard.wait(job)["status"] == "cancelled"
    assert not is_alive(child)
    assert list(yard.events(job))[-1][2]["status"] == "cancelled"
    # One that takes too long ends likewise, and one that is killed as though memory ran out says so.
    late = yard.wait(yard.ask(kind="train", dataset="faq", overrides=endless, timeout_s=2))
    assert (late["status"], late["error"]["code"]) == ("failed", "timeout")
    killed = yard.ask(kind="train", dataset="faq", overrides=endless)
    yard.wait(killed, is_fitting)
    os.kill(children(worker.pid)[0], signal.SIGKILL)
    failed = yard.wait(killed)
    assert (failed["status"], failed["error"]["code"]) == ("failed", "memory")
    assert yard.versions("support") == []
    assert yard.client.delete(killed["url"]).json()["code"] == "job_ended"


def test_a_worker_that_is_told_to_stop_gives_its_job_back(yard, rows):
    yard.put("faq", rows)
    job = yard.ask(kind="train", dataset="faq", overrides={**FULL, "training.epochs": 1000})
    worker = yard.worker()
    yard.wait(job, is_fitting)
    [child] = children(worker.pid)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
    assert not is_alive(child)
    seen = yard.see(job)
    assert (seen["status"], seen["attempts"], seen["workers"]) == ("queued", 0, 0)


def test_a_worker_without_a_database_says_so_in_one_line(tmp_path):
    environment = os.environ | {"TRIVET_HOME": str(tmp_path), "TRIVET_DATABASE_URL": "postgresql://127.0.0.1:1/none"}
    done = subprocess.run([*PROGRAM, "worker"], env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)
    assert "TRIVET_DATABASE_URL" in done.stderr
