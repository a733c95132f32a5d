"""The record behaves on PostgreSQL as on SQLite: audited, append-only, verifiable, one chain."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, SQLModel, select

from records import audit
from records.append_only import IDENTITY, NEVER_CHANGED
from records.errors import IntegrityBroken, Refused, Unavailable
from records.product import Site
from records.schema_check import schema_faults
from records.settings import Workspace
from records.store import SCHEMA, Store, open_store
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


@pytest.mark.requirement("REG-011")
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


@pytest.mark.requirement("REG-012", "R-P11-10e")
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


@pytest.mark.requirement("REG-045", "REG-046")
def test_what_is_recorded_once_is_not_changed_on_postgresql_either(pg: Store) -> None:
    columns = [(table, "id") for table in NEVER_CHANGED if table != "audit_event"]
    columns += [(table, one) for table, found in IDENTITY.items() for one in found]
    for table, column in columns:
        with pytest.raises(DBAPIError, match=f"{table} is append-only"), pg.engine.begin() as raw:
            raw.execute(text(f'UPDATE "{table}" SET "{column}" = "{column}"'))  # noqa: S608
    with pg.engine.begin() as raw:
        raw.execute(text("UPDATE model_version SET status = 'candidate'"))


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


def test_a_trigger_that_is_switched_off_altered_or_added_is_named(pg: Store) -> None:
    with pg.reader() as reader:
        assert verify_records(reader).findings == ()
    with pg.engine.begin() as connection:
        for statement in (
            "ALTER TABLE site DISABLE TRIGGER site_no_delete",
            "DROP TRIGGER alert_no_delete ON alert",
            "CREATE TRIGGER eve AFTER UPDATE ON site EXECUTE FUNCTION radvigil_append_only()",
        ):
            connection.execute(text(statement))
    with pg.reader() as reader:
        said = verify_records(reader).findings
    assert [one.split(",")[0] for one in said] == [
        "the trigger alert_no_delete", "the trigger eve was added to the database",
        "the trigger site_no_delete",
    ]


SCHEMA_ALTERED = {
    "CREATE TABLE shadow (id int)": "the table shadow was added to the database",
    "CREATE VIEW alerts AS SELECT * FROM alert": "the view alerts was added to the database",
    "ALTER TABLE site ADD note text": "the column note was added to the table site",
    "ALTER TABLE site ALTER name DROP NOT NULL": "the column name of the table site was altered: "
    "name VARCHAR, not name VARCHAR NOT NULL",
    "ALTER TABLE alert ALTER chart TYPE varchar COLLATE \"C\"":
        "the column chart of the table alert was altered",
    "ALTER TABLE site DROP CONSTRAINT site_name_key":
        "the constraint UNIQUE(name) of the table site is missing",
    "ALTER TABLE deployment DROP CONSTRAINT deployment_site_id_fkey":
        "the constraint FOREIGN KEY(site_id) REFERENCES site(id) of the table deployment is miss",
    "ALTER TABLE site ADD CHECK (length(name) < 9) NOT VALID": "the constraint CHECK",
    "DROP INDEX ix_study_patient": "the index ix_study_patient of the table study is missing",
    "CREATE UNIQUE INDEX mine ON alert (chart)": "the index mine was added to the table alert",
    "ALTER TABLE drift_report SET UNLOGGED": "the property unlogged was added to the table",
    "ALTER TABLE site ENABLE ROW LEVEL SECURITY": "the property row security was added",
    "CREATE RULE mine AS ON INSERT TO alert DO INSTEAD NOTHING": "the property rules was added",
    "CREATE TABLE below () INHERITS (site)": "the property inheritance was added to the table site",
    "ALTER TABLE study DISABLE TRIGGER ALL": "the property constraints that are switched off was",
    "ALTER TABLE site ALTER id SET DEFAULT 7": "the column id of the table site was altered",
    "INSERT INTO alembic_version VALUES ('0000')": "the table alembic_version says ['0000', ",
}  # fmt: skip


@pytest.mark.requirement("REG-013", "R-P11-10a")
def test_what_was_altered_in_the_schema_is_named(pg: Store) -> None:
    for statement, said in SCHEMA_ALTERED.items():
        with pg.reader() as reader:
            assert verify_records(reader).findings == ()
        changing = pg.engine.connect()
        act = changing.begin()
        changing.execute(text(statement))
        found = schema_faults(Session(changing), SCHEMA)
        act.rollback()
        changing.close()
        assert [one for one in found if one.startswith(said)], (statement, found)


def test_a_lost_database_is_not_made_anew(
    workspace: Workspace, pg: Store, postgresql: str
) -> None:
    with pg.engine.begin() as connection:
        connection.execute(text("ALTER TABLE alembic_version RENAME TO elsewhere"))
    try:
        with pytest.raises(IntegrityBroken, match="missing or empty"):
            open_store(workspace, url=postgresql)
    finally:
        with pg.engine.begin() as connection:
            connection.execute(text("ALTER TABLE elsewhere RENAME TO alembic_version"))


def test_a_server_that_does_not_answer_is_unavailable(workspace: Workspace) -> None:
    with pytest.raises(Unavailable, match=r"does not answer.*RADVIGIL_DATABASE_URL"):
        open_store(workspace, url="postgresql://nobody@127.0.0.1:1/none?connect_timeout=2")
