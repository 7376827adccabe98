"""A training job that is begun again after it had registered its model."""

from __future__ import annotations

from trivet.methods.progress import Silence
from trivet_service.jobs.job import Job
from trivet_service.jobs.kinds import Work
from trivet_service.jobs.train import train
from trivet_service.service import find_service
from trivet_service.settings import ServiceSettings
from trivet_service.tiny import TinyEncoder

TOPICS = {"card": ("my card", "the card", "a card now"), "pin": ("my pin", "the pin", "a pin now")}


def test_a_job_that_is_cut_off_after_it_registered_makes_no_second_candidate(tmp_path):
    words = sorted({word for texts in TOPICS.values() for text in texts for word in text.split()})
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "tiny").symlink_to(TinyEncoder.make(tmp_path / "encoder", words).source.path)
    settings = ServiceSettings(home=tmp_path / "home", cache=tmp_path / "cache", models=tmp_path / "models")
    folder = settings.home / "datasets" / "acme" / "faq" / ("0" * 16) / "faq"
    folder.mkdir(parents=True)
    rows = [f"{text} {at},{label}" for label, texts in TOPICS.items() for text in texts for at in range(8)]
    (folder / "train.csv").write_text("\n".join(["text,label", *rows]))
    request = {
        "dataset": "faq",
        "data_version": "0" * 16,
        "columns": {},
        "recipe": "default",
        "overrides": {"encoder.name": "tiny", "export.precision": "fp32", "method.expansion": 32},
        "judge": False,
        "model": "support--acme",
    }
    job = Job(
        tenant="acme",
        id="1",
        service="support",
        kind="train",
        request=request,
        status="running",
        progress=0.0,
        stage="",
        result=None,
        error=None,
        created_at=1.0,
        started_at=1.0,
        finished_at=None,
        attempts=1,
        lease_until=2.0,
        worker="w",
        cancel_requested=False,
        timeout_s=60.0,
        created_by="",
        request_id="",
    )
    work = Work(job, find_service("support"), settings, tmp_path / "work", Silence())
    work.folder.mkdir()
    first, second = train(work), train(work)
    assert (first["reference"], second["reference"]) == ("support--acme/1", "support--acme/1")
    assert [path.name for path in (settings.home / "registry" / "support--acme").glob("[0-9]*")] == ["1"]
