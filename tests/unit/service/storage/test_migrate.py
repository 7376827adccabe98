"""Tables come to today's revision, whatever they stood at, or stay as they were."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import create_engine, inspect, text

from trivet_recommend.store import recommend_domain
from trivet_service.storage.engine import open_engine
from trivet_service.storage.errors import StoreError
from trivet_service.storage.installed import installed_domains
from trivet_service.storage.migrate import read_revision, upgrade

# What version 0.1 made, before there were revisions, with rows in it.
OLD = (
    "CREATE TABLE recommend_items (tenant VARCHAR NOT NULL, item VARCHAR NOT NULL, text VARCHAR NOT NULL,"
    " title VARCHAR NOT NULL, category VARCHAR NOT NULL, added_at FLOAT NOT NULL, PRIMARY KEY (tenant, item))",
    "CREATE TABLE recommend_events (sequence {serial}, tenant VARCHAR NOT NULL, id VARCHAR NOT NULL,"
    ' "user" VARCHAR NOT NULL, item VARCHAR NOT NULL, event VARCHAR NOT NULL, value FLOAT NOT NULL,'
    " time FLOAT NOT NULL, PRIMARY KEY (sequence), UNIQUE (tenant, id))",
    "CREATE TABLE recommend_embeddings (tenant VARCHAR NOT NULL, item VARCHAR NOT NULL, encoder VARCHAR NOT NULL,"
    " text VARCHAR NOT NULL, vector {bytes} NOT NULL, PRIMARY KEY (tenant, item))",
    "INSERT INTO recommend_items VALUES ('default', 'i', 'a light tent', 'Tent', 'Outdoor', 1.5)",
    'INSERT INTO recommend_events (tenant, id, "user", item, event, value, time)'
    " VALUES ('default', 'e1', 'u', 'i', 'view', 1.0, 2.0)",
)


@pytest.fixture
def engine(database_url):
    made = open_engine(database_url)
    yield made
    made.dispose()


def tables(engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def test_an_empty_database_gets_every_table(engine, notes_domain):
    upgrade(engine, [notes_domain()])
    assert {"notes_notes", "notes_marks", "notes_version"} <= tables(engine)
    with engine.connect() as connection:
        assert read_revision(connection, notes_domain()) == "v0002_more"


def test_rows_of_an_older_revision_are_still_there(engine, notes_domain):
    upgrade(engine, [notes_domain(1)])
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO notes_notes VALUES ('a', '1', 'kept')"))
    upgrade(engine, [notes_domain(2)])
    with engine.connect() as connection:
        assert connection.execute(text("SELECT text, weight FROM notes_notes")).all() == [("kept", 0.0)]


def test_an_upgrade_that_fails_leaves_the_tables_as_they_were(engine, notes_domain):
    upgrade(engine, [notes_domain()])
    before = tables(engine)
    with pytest.raises(ZeroDivisionError):
        upgrade(engine, [notes_domain(broken=True)])
    assert tables(engine) == before
    with engine.connect() as connection:
        assert read_revision(connection, notes_domain()) == "v0002_more"


def test_a_database_of_a_newer_version_is_refused(engine, notes_domain):
    upgrade(engine, [notes_domain(2)])
    with pytest.raises(StoreError, match="this version knows v0001_notes at most"):
        upgrade(engine, [notes_domain(1)])


def test_servers_that_start_at_once_upgrade_once(database_url, notes_domain):
    domain = notes_domain()
    errors: list[BaseException] = []

    def start() -> None:
        engine = open_engine(database_url)
        try:
            upgrade(engine, [domain])
        except BaseException as error:
            errors.append(error)
        finally:
            engine.dispose()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_a_database_of_version_0_1_is_taken_over_with_its_rows(database_url):
    engine = open_engine(database_url)
    is_sqlite = engine.dialect.name == "sqlite"
    words = {"serial": "INTEGER" if is_sqlite else "SERIAL", "bytes": "BLOB" if is_sqlite else "BYTEA"}
    with engine.begin() as connection:
        for statement in OLD:
            connection.execute(text(statement.format(**words)))
    upgrade(engine, [recommend_domain()])
    with engine.connect() as connection:
        assert connection.execute(text("SELECT id FROM recommend_events")).all() == [("e1",)]
        assert read_revision(connection, recommend_domain()) == recommend_domain().revisions[-1]
    indexes = {index["name"] for index in inspect(engine).get_indexes("recommend_events")}
    assert "ix_recommend_events_tenant" in indexes
    engine.dispose()


def test_the_revisions_of_every_domain_lead_to_the_tables_that_its_code_knows(engine):
    domains = installed_domains()
    upgrade(engine, domains)
    found = inspect(engine)
    for domain in domains:
        for name, table in domain.metadata.tables.items():
            columns = {column["name"]: column["nullable"] for column in found.get_columns(name)}
            assert columns == {column.name: bool(column.nullable) for column in table.columns}, name
            key = found.get_pk_constraint(name)["constrained_columns"]
            assert key == [column.name for column in table.primary_key.columns], name
            indexes = {tuple(index["column_names"]) for index in found.get_indexes(name)}
            indexes |= {tuple(one["column_names"]) for one in found.get_unique_constraints(name)}
            assert {tuple(index.columns.keys()) for index in table.indexes} <= indexes, name
        extra = {name for name in found.get_table_names() if name.startswith(f"{domain.name}_")}
        assert extra == {*domain.metadata.tables, domain.version_table}


def test_revisions_follow_each_other_in_the_order_of_their_names():
    from alembic.script import ScriptDirectory

    for domain in installed_domains():
        script = ScriptDirectory(str(domain.migrations), version_locations=[str(domain.migrations)])
        assert [one.revision for one in script.walk_revisions()] == domain.revisions[::-1]


def test_a_sqlite_file_that_may_not_be_written_is_named(tmp_path, notes_domain):
    (tmp_path / "folder.db").mkdir()
    engine = create_engine(f"sqlite:///{tmp_path / 'folder.db'}")
    with pytest.raises(StoreError, match=r"folder\.db"):
        upgrade(engine, [notes_domain()])
