"""`trivet worker`: does the jobs that were asked for over HTTP."""

from __future__ import annotations

from typing import Annotated

import typer


def worker(
    once: Annotated[bool, typer.Option("--once", help="End when no job waits.")] = False,
    poll: Annotated[float, typer.Option(min=0.05, help="Seconds between two looks for a job.")] = 1.0,
) -> None:
    """Do the jobs of the store (train, evaluate, import, rebuild), one at a time; start more for more."""
    import signal
    from importlib.util import find_spec

    from trivet.errors import TrivetError

    if find_spec("torch") is None:
        raise TrivetError("a worker trains, and torch is not installed.", todo="Run `pip install 'trivet[train]'`.")
    from trivet_service.jobs.worker import Worker
    from trivet_service.logs import Lines, open_log
    from trivet_service.settings import read_settings
    from trivet_service.storage.database import Database
    from trivet_service.storage.kit import kit_domain

    settings = read_settings()
    database, lines = Database(settings.store_url), Lines()
    database.open([kit_domain()])
    try:
        working = Worker(database, settings, open_log(settings.log_level, lines))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: working.stop.set())
        if not once:
            print(f"{working.id} waits for jobs. Ctrl-C stops it.", flush=True)
        begun = working.run(poll_s=poll, once=once)
        print(f"{begun} job{'s' if begun != 1 else ''} begun.", flush=True)
    finally:
        database.close()
        lines.close()
