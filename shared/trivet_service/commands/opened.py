"""The database that a command works on: the one of a server with the same settings, which need not run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from trivet_service.moments import moment

if TYPE_CHECKING:
    from trivet_service.storage.database import Database


@contextmanager
def opened_database() -> Iterator[Database]:
    """The database, with the tables of the kit and the keys of an older version in it.

    Raises:
        StoreError: it cannot be opened.
    """
    from trivet_service.key_file import import_key_file
    from trivet_service.settings import read_settings
    from trivet_service.storage.database import Database
    from trivet_service.storage.kit import kit_domain

    settings = read_settings()
    database = Database(settings.store_url)
    database.open([kit_domain()])
    try:
        import_key_file(database, settings.home / "keys.json")
        yield database
    finally:
        database.close()


def show_time(seconds: float | None) -> str:
    """Seconds since 1970 for people and programs; empty where there are none."""
    return "" if seconds is None else moment(seconds).isoformat(timespec="seconds")
