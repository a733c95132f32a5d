"""One action is one transaction: rows and audit events together, or neither."""

from datetime import date, datetime

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from records import audit
from records.cases import Study
from records.errors import Refused, TransitionRefused
from records.product import Site
from records.store import SCHEMA, Store
from records.surveillance import Alert
from records.verify import verify_records


def a_site(now: datetime, name: str = "northfield") -> Site:
    return Site(name=name, registered_at=now)


@pytest.mark.requirement("REG-010", "R-P11-10e")
def test_every_change_is_one_event_with_old_and_new_value(store: Store, now: datetime) -> None:
    with store.transaction("ada", "first site", now=now) as tx:
        tx.add(a_site(now))
    with store.transaction("bob", "checked by telephone", now=now) as tx:
        site = tx.exec(select(Site)).one()
        site.status = "confirmed"
        tx.add(site)
    with store.reader() as reader:
        created, changed = audit.read_events(reader)
    assert (created["actor"], created["action"], created["subject"]) == ("ada", "create", "Site:1")
    assert (changed["actor"], changed["action"]) == ("bob", "change status")
    assert changed["reason"] == "checked by telephone"
    assert changed["old"] == '{"status":"unconfirmed"}'
    assert changed["new"] == '{"status":"confirmed"}'
    assert changed["previous"] == created["digest"]


@pytest.mark.requirement("REG-011")
def test_a_failed_action_leaves_neither_row_nor_event(store: Store, now: datetime) -> None:
    with pytest.raises(RuntimeError), store.transaction("ada", now=now) as tx:
        tx.add(a_site(now))
        tx.flush()
        raise RuntimeError
    with store.reader() as reader:
        assert audit.count_events(reader) == 0
        assert reader.exec(select(Site)).all() == []


def test_only_the_store_commits(store: Store, now: datetime) -> None:
    with pytest.raises(Refused, match="Only the store commits"):
        with store.transaction("ada", now=now) as tx:
            tx.add(a_site(now))
            tx.commit()


def test_a_reader_cannot_write(store: Store, now: datetime) -> None:
    with store.reader() as reader:
        reader.add(a_site(now))
        with pytest.raises(DBAPIError):
            reader.flush()
    with store.reader() as reader, pytest.raises(Refused):
        reader.commit()


@pytest.mark.requirement("REG-012", "REG-014", "REG-017", "R-P11-10c", "R-P11-10e")
def test_nothing_is_deleted_by_object_statement_or_raw_sql(store: Store, now: datetime) -> None:
    with store.transaction("ada", now=now) as tx:
        tx.add(a_site(now))
    with pytest.raises(Refused, match="cannot be deleted"):
        with store.transaction("ada", now=now) as tx:
            tx.delete(tx.exec(select(Site)).one())
    with pytest.raises(Refused, match="bypass"), store.transaction("ada", now=now) as tx:
        tx.execute(update(Site).values(name="elsewhere"))
    for statement in (
        "DELETE FROM site", "DELETE FROM audit_event", "UPDATE audit_event SET actor='eve'"
    ):
        with pytest.raises(DBAPIError, match="append-only"):
            with store.transaction("ada", now=now) as tx:
                tx.execute(text(statement))


@pytest.mark.requirement("REG-030", "R-P11-10f")
def test_a_status_changes_only_as_its_table_allows(store: Store, now: datetime) -> None:
    with store.transaction("ada", now=now) as tx:
        tx.add(a_site(now))
    with pytest.raises(TransitionRefused, match=r"may not become 'closed'\. Allowed: confirmed"):
        with store.transaction("ada", now=now) as tx:
            site = tx.exec(select(Site)).one()
            site.status = "closed"
            tx.add(site)


@pytest.mark.requirement("REG-030")
def test_a_record_begins_with_its_first_status(store: Store, now: datetime) -> None:
    alert = Alert(
        plan_id=1, chart_point_id=1, chart="c", site="s", severity="high", summary="x",
        raised_on=date(2026, 1, 5), raised_at=now, status="closed",
    )
    with pytest.raises((Refused, DBAPIError)), store.transaction("ada", now=now) as tx:
        tx.add(alert)


def test_times_keep_their_zone_and_numbers_their_bits(store: Store, now: datetime) -> None:
    with store.transaction("ada", now=now) as tx:
        tx.add(a_site(now))
        tx.flush()
        tx.add(
            Study(
                study_uid="2.25.1", patient="P1", site_id=1, purpose="clinical",
                arrived_on=now.date(), received_at=now, rows=1, columns=1, age_years=0.1 + 0.2,
            )
        )
    with store.reader() as reader:
        study = reader.exec(select(Study)).one()
        assert study.received_at == now
        assert study.age_years == 0.1 + 0.2
        assert verify_records(reader).whole


def test_the_schema_named_in_the_code_is_the_newest_migration() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    from records.settings import REPOSITORY

    configuration = Config()
    configuration.set_main_option("script_location", str(REPOSITORY / "migrations"))
    assert ScriptDirectory.from_config(configuration).get_current_head() == SCHEMA


def test_the_migrations_make_exactly_the_tables_of_the_code(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlmodel import SQLModel

    import records.tables  # noqa: F401

    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
