"""Who gets which job, and who keeps it."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from trivet.errors import OverloadError
from trivet_service.jobs.job import Failure
from trivet_service.outbox import outbox


def test_the_oldest_job_is_claimed_and_shows_who_has_it(office):
    first, second = office.ask("a"), office.ask("a")
    claimed = office.worker(a_tenant=2).claim()
    assert (claimed.id, claimed.status, claimed.attempts, claimed.worker) == (first.id, "running", 1, "w")
    assert office.find(first).status == "running"
    assert office.find(second).status == "queued"


def test_a_tenant_has_one_job_running_and_the_others_go_on(office):
    for tenant in ("a", "a", "b"):
        office.ask(tenant)
    worker = office.worker()
    assert [job.tenant if job else None for job in (worker.claim(), worker.claim(), worker.claim())] == ["a", "b", None]


def test_tenants_take_turns_however_many_jobs_one_of_them_has(office):
    for tenant in ("a", "a", "a", "a", "b", "b"):
        office.ask(tenant)
    worker, turns = office.worker(), []
    for _ in range(5):
        office.clock.now += 1
        job = worker.claim()
        turns.append(job.tenant)
        worker.finish(job, "succeeded", result={}, failure=None)
    assert turns == ["a", "b", "a", "b", "a"]


def test_a_job_whose_lease_ran_out_goes_to_another_who_alone_may_write_about_it(office):
    job = office.ask("a")
    lost, fresh = office.worker("lost"), office.worker("fresh")
    held = lost.claim()
    office.clock.now += 29
    assert fresh.claim() is None
    assert lost.renew(held) == "go on"
    office.clock.now += 29
    assert fresh.claim() is None
    office.clock.now += 2
    taken = fresh.claim()
    assert (taken.id, taken.attempts) == (job.id, 2)
    assert lost.renew(held) == "lost"
    assert not lost.finish(held, "succeeded", result={"wrong": True}, failure=None)
    lost.note(held, progress=0.9, stage="wrong", said=[(1.0, "wrong")])
    assert fresh.finish(taken, "succeeded", result={"right": True}, failure=None)
    assert office.find(job).result == {"right": True}
    assert office.lines(job) == ["the worker was lost; another takes over"]


def test_a_worker_whose_database_was_away_keeps_a_job_that_nobody_took(office):
    office.ask("a")
    worker = office.worker()
    held = worker.claim()
    office.clock.now += 300
    assert worker.renew(held) == "go on"
    assert office.worker("other").claim() is None


def test_a_job_that_every_worker_loses_is_given_up_with_a_reason(office):
    job = office.ask("a")
    for _ in range(2):
        assert office.worker(attempts=2).claim() is not None
        office.clock.now += 31
    assert office.worker(attempts=2).claim() is None
    ended = office.find(job)
    assert (ended.status, ended.error["code"]) == ("failed", "lost")
    assert "2 times" in ended.error["what"]


def test_a_job_that_is_given_back_does_not_count_as_lost(office):
    job = office.ask("a")
    worker = office.worker(attempts=1)
    assert worker.give_back(worker.claim())
    assert office.find(job).attempts == 0
    assert worker.claim().id == job.id


def test_a_job_that_waits_is_cancelled_at_once_and_one_that_runs_by_its_worker(office):
    waiting, running = office.ask("b"), office.ask("a")
    worker = office.worker()
    held = worker.claim()
    assert held.id == running.id
    assert office.cancel(waiting).status == "cancelled"
    told = office.cancel(running)
    assert (told.status, told.cancel_requested) == ("running", True)
    assert worker.renew(held) == "cancel"
    assert worker.finish(held, "cancelled", result=None, failure=None)
    assert office.cancel(running).status == "cancelled"
    assert worker.claim() is None


def test_a_cancelled_job_whose_worker_is_lost_ends_all_the_same(office):
    job = office.ask("a")
    office.worker().claim()
    office.cancel(job)
    office.clock.now += 31
    assert office.worker().claim() is None
    assert office.find(job).status == "cancelled"


def test_a_queue_that_is_full_takes_nothing_more(office):
    office.ask("a", most=1)
    with pytest.raises(OverloadError):
        office.ask("a", most=1)
    office.ask("b", most=1)


def test_what_a_job_says_is_cut_to_what_anybody_reads(office, monkeypatch):
    monkeypatch.setattr("trivet_service.jobs.lines.MOST_LINES", 3)
    job, worker = office.ask("a"), office.worker()
    held = worker.claim()
    worker.note(held, progress=0.5, stage="fit", said=[(1.0, "one\x00"), (2.0, "x" * 5000)])
    worker.note(held, progress=0.6, stage="fit", said=[(3.0, "three"), (4.0, "four")])
    lines = office.lines(job)
    assert (lines[0], len(lines[1]), lines[2], len(lines)) == ("one", 2003, "... (more lines than are kept)", 3)
    assert (office.find(job).progress, office.find(job).stage) == (0.6, "fit")


def test_every_change_of_status_leaves_an_event_for_those_who_follow(office):
    job, worker = office.ask("a"), office.worker()
    held = worker.claim()
    worker.finish(held, "failed", result=None, failure=Failure("data", "a bad row.", where="faq/train.csv:3"))
    with office.database.everyone().reading() as rows:
        events = rows.fetch(rows.select(outbox).order_by(outbox.c.entry))
    assert [event.type for event in events] == ["job.queued", "job.started", "job.failed"]
    assert {(event.tenant, event.subject, event.request_id) for event in events} == {("a", job.id, "request")}
    assert "a bad row." in events[-1].data


def test_of_many_that_claim_at_once_each_gets_another_job_and_no_tenant_two(office):
    for tenant in "abcdefgh" * 2:
        office.ask(tenant)
    claimed, start = [], threading.Barrier(8)

    def claim(name: str) -> None:
        worker = office.worker(name)
        start.wait()
        for _ in range(3):
            if (job := worker.claim()) is not None:
                claimed.append((job.tenant, job.id))

    threads = [threading.Thread(target=claim, args=(f"w{at}",)) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(tenant for tenant, _ in claimed) == list("abcdefgh")
    assert len({job for _, job in claimed}) == 8


def test_two_processes_that_claim_at_once_share_no_job(office, database_url):
    asked = {office.ask(f"t{at}").id for at in range(20)}
    program = f"""
import sys, time
from trivet_service.jobs.claims import Claims
from trivet_service.storage.database import Database
from trivet_service.storage.kit import kit_domain
database = Database({database_url!r})
database.open([kit_domain()])
claims = Claims(database, sys.argv[1], lease_s=60, attempts=3, a_tenant=1)
print("ready", flush=True)
sys.stdin.readline()
while (job := claims.claim()) is not None:
    print(job.id, flush=True)
database.close()
"""
    command = [sys.executable, "-c", program]
    both = [
        subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name in ("one", "two")
    ]
    for process in both:
        assert process.stdout.readline() == "ready\n"
    for process in both:
        process.stdin.write("\n")
        process.stdin.flush()
    got = [process.communicate(timeout=60)[0].split() for process in both]
    assert sorted(got[0] + got[1]) == sorted(asked)
