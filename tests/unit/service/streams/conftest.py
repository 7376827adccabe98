"""A database of each kind with the tables of the kit."""

from __future__ import annotations

import pytest

from trivet_service.storage.database import Database
from trivet_service.storage.kit import kit_domain


@pytest.fixture
def database(database_url):
    opened = Database(database_url)
    opened.open([kit_domain()])
    yield opened
    opened.close()
