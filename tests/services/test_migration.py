"""On PostgreSQL the owner migrates, in one transaction; the program's role cannot and says so."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlmodel import select

from records.audit import AuditEvent
from records.errors import IntegrityBroken, Refused
from records.migration import MIGRATED, migrate_workspace
from records.postgresql_role import role_statements
from records.product import Site
from records.settings import Workspace
from records.store import SCHEMA, Store, make_engine, open_store, schema_of
from records.verify import verify_records
from tests.records.older_workspace import FIRST, make_older
from tests.services.databases import databases

pytestmark = pytest.mark.service

ROLE = "radvigil_migrant"


@pytest.fixture
def older(workspace: Workspace, postgresql: str, now: datetime) -> Iterator[Store]:
    """The owner's way to a workspace of the first version, whose program runs as a role."""
    workspace.database.unlink()
    with databases(postgresql, "older") as (address,):
        store = Store(workspace, make_engine(workspace, address))
        make_older(store, now)
        yield store
        store.close()


@pytest.mark.requirement("R-P11-10c")
def test_an_older_database_is_migrated_whole_and_on_record(older: Store) -> None:
    done = migrate_workspace(older)
    assert done is not None
    assert (done.before, done.after, done.copy) == (FIRST, SCHEMA, "")
    with older.reader() as reader:
        assert verify_records(reader).findings == ()
        assert reader.get_one(Site, 2).status == "confirmed"
        assert len(reader.exec(select(AuditEvent).where(AuditEvent.action == MIGRATED)).all()) == 1
    assert migrate_workspace(older) is None


def test_records_that_are_not_whole_stay_as_they_are(older: Store) -> None:
    with older.engine.begin() as connection:
        connection.execute(text("UPDATE site SET name = 'elsewhere' WHERE id = 1"))
    with pytest.raises(IntegrityBroken, match="Site:1 was altered"):
        migrate_workspace(older)
    assert schema_of(older) == FIRST


@pytest.mark.requirement("REG-012")
def test_the_programs_role_is_led_to_the_owner(older: Store) -> None:
    address = make_url(str(older.engine.url.set(drivername="postgresql")))
    with older.engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {ROLE} LOGIN"))
        connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {ROLE}"))
    try:
        as_role = address.set(username=ROLE).render_as_string(hide_password=False)
        with pytest.raises(Refused, match=r"this role may not change tables.*install migrate"):
            open_store(older.workspace, url=as_role)
        assert schema_of(older) == FIRST
        migrate_workspace(older)
        with older.engine.begin() as connection:
            for statement in role_statements(ROLE):
                connection.execute(text(statement))
        store = open_store(older.workspace, url=as_role)
        with store.reader() as reader:
            assert verify_records(reader).findings == ()
        store.close()
    finally:
        with older.engine.begin() as connection:
            connection.execute(text(f"DROP OWNED BY {ROLE}"))
            connection.execute(text(f"DROP ROLE {ROLE}"))
