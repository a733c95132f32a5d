"""As the program's own role everything works, and the database itself refuses to forget."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from records.postgresql_role import role_statements
from records.settings import Workspace
from records.store import Store, make_engine, open_store
from tests.proof.writer import (
    NOW,
    add_studies,
    confirm_site,
    prepare,
    require_all_or_nothing,
    sign_device,
)
from tests.services.databases import databases

pytestmark = pytest.mark.service

ROLE = "radvigil_app"


@pytest.fixture
def as_role(workspace: Workspace, postgresql: str) -> Iterator[Store]:
    with databases(postgresql, "roles") as (address,):
        owner = open_store(workspace, url=address)
        for _ in range(2):  # doing it again does no harm
            with owner.engine.begin() as connection:
                for statement in role_statements(ROLE):
                    connection.execute(text(statement))
        address = make_url(address).set(username=ROLE).render_as_string(hide_password=False)
        store = open_store(workspace, url=address)
        prepare(store)
        yield store
        store.close()
        with owner.engine.begin() as connection:
            connection.execute(text(f"DROP OWNED BY {ROLE}"))
            connection.execute(text(f"DROP ROLE {ROLE}"))
        owner.close()


@pytest.mark.requirement("REG-012")
def test_the_program_works_as_its_own_role(as_role: Store) -> None:
    acts = {"north": confirm_site, "device": sign_device, "batch": add_studies}
    for name, act in acts.items():
        with as_role.transaction("ada", f"make {name}", now=NOW) as tx:
            act(tx, name)
    require_all_or_nothing(as_role, set(acts))


@pytest.mark.requirement("REG-012", "R-P11-10e")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET actor = 'eve'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "ALTER TABLE audit_event ADD note text",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_event_no_update ON audit_event",
        "DROP TABLE audit_event CASCADE",
        "CREATE TRIGGER eve BEFORE INSERT ON audit_event EXECUTE FUNCTION radvigil_append_only()",
        "CREATE OR REPLACE FUNCTION radvigil_append_only() RETURNS trigger LANGUAGE plpgsql "
        "AS 'BEGIN RETURN NULL; END'",
        "SET session_replication_role = replica",
        "UPDATE signature SET meaning = 'approval'",
        "DELETE FROM site",
        "TRUNCATE site CASCADE",
        "ALTER TABLE site DISABLE TRIGGER ALL",
        "UPDATE alembic_version SET version_num = '0002'",
        "CREATE TABLE audit_event_2 (sequence int)",
        "CREATE TEMPORARY TABLE audit_event (sequence int)",
    ],
)
def test_the_database_refuses_its_role_to_forget(as_role: Store, statement: str) -> None:
    """Past the program and its triggers: over a bare connection."""
    engine = make_engine(as_role.workspace, as_role.engine.url.render_as_string(False))
    with engine.connect() as bare, pytest.raises(DBAPIError) as refused:
        bare.execute(text(statement))
    engine.dispose()
    assert "permission denied" in str(refused.value) or "must be owner" in str(refused.value)


def test_the_owner_is_not_made_the_role(as_role: Store, postgresql: str) -> None:
    owner = make_url(postgresql)
    engine = make_engine(
        as_role.workspace,
        as_role.engine.url.set(username=owner.username).render_as_string(False),
    )
    with engine.connect() as connection, pytest.raises(DBAPIError, match="name another role"):
        for statement in role_statements(str(owner.username)):
            connection.execute(text(statement))
    engine.dispose()
