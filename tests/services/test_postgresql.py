"""The record behaves on PostgreSQL as on SQLite: audited, append-only, verifiable, one chain."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel, select

from records import audit
from records.errors import Refused
from records.product import Site
from records.settings import Workspace
from records.store import Store, open_store
from records.verify import verify_records

pytestmark = pytest.mark.service


@pytest.fixture
def pg(workspace: Workspace, postgresql: str) -> Iterator[Store]:
    store = open_store(workspace, url=postgresql)
    yield store
    with store.engine.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        for table in reversed(SQLModel.metadata.sorted_tables):
            connection.execute(text(f'DROP TABLE IF EXISTS "{table.name}" CASCADE'))
        connection.execute(text("DROP TABLE alembic_version"))
    store.close()


def add(store: Store, name: str, now: datetime) -> None:
    with store.transaction("ada", f"add {name}", now=now) as tx:
        tx.add(Site(name=name, registered_at=now))


def test_rows_and_events_are_written_together(pg: Store, now: datetime) -> None:
    add(pg, "northfield", now)
    with pytest.raises(RuntimeError), pg.transaction("ada", now=now) as tx:
        tx.add(Site(name="never", registered_at=now))
        tx.flush()
        raise RuntimeError
    with pg.reader() as reader:
        assert [site.name for site in reader.exec(select(Site))] == ["northfield"]
        assert audit.count_events(reader) == 1
        assert verify_records(reader).whole


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM site", "UPDATE audit_event SET actor = 'eve'", "TRUNCATE audit_event",
     "TRUNCATE site CASCADE", "DELETE FROM audit_event"],
)
def test_the_database_refuses_to_forget(pg: Store, now: datetime, statement: str) -> None:
    add(pg, "northfield", now)
    with pytest.raises(DBAPIError, match="append-only"):
        with pg.transaction("eve", now=now) as tx:
            tx.execute(text(statement))


def test_a_reader_cannot_write(pg: Store, now: datetime) -> None:
    with pg.reader() as reader, pytest.raises(DBAPIError, match="read-only"):
        reader.execute(text("CREATE TABLE t (a int)"))
    with pg.reader() as reader, pytest.raises(Refused):
        reader.commit()


def test_many_writers_keep_one_unforked_chain(pg: Store, now: datetime) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda k: add(pg, f"site-{k:02d}", now), range(24)))
    with pg.reader() as reader:
        verdict = verify_records(reader)
    assert verdict.whole
    assert verdict.events == 24


def test_an_altered_row_is_named(pg: Store, now: datetime) -> None:
    add(pg, "northfield", now)
    with pg.engine.begin() as connection:
        connection.execute(text("UPDATE site SET name = 'elsewhere'"))
    with pg.reader() as reader:
        verdict = verify_records(reader)
    assert any("Site:1 was altered" in one for one in verdict.findings)
