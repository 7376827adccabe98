"""Which of a tenant's examples a model has learnt: those of the revision that went into its data set."""

from __future__ import annotations

import time
from pathlib import PurePath
from typing import TYPE_CHECKING

from trivet_service.storage.database import Database
from trivet_support.growth.tables import trainings

if TYPE_CHECKING:
    from trivet.artifact.artifact import Artifact


def note_training(database: Database, tenant: str, data_version: str, revision: int) -> None:
    """Remember that the rows of a revision are in a version of a data set; the first revision told counts."""
    row = {"data_version": data_version, "revision": revision, "created_at": time.time()}
    database.of(tenant).write(lambda rows: rows.insert_missing(trainings, [row], key=("tenant", "data_version")))


def trained_revision(database: Database, tenant: str, artifact: Artifact) -> int:
    """The revision that a model knows, 0 where it was trained on other data; a later example is new to it."""
    # A set of a tenant's own is a folder NAME/VERSION/NAME.
    version = PurePath(artifact.recipe.data.dataset).parent.name
    if not version:
        return 0
    query_of = trainings.c.data_version == version
    found = database.of(tenant).read(lambda rows: rows.first(rows.select(trainings).where(query_of)))
    return 0 if found is None else int(found.revision)
