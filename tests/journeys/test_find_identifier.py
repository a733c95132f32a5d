"""What has an identifier is found by keys and indexes only, and only by who may see it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from sqlalchemy import event, inspect, text

from journeys.find_identifier import Found, find_identifier
from records.audit_grants import grant_access
from records.errors import InvalidInput, NotAllowed, NotFound
from records.kinds import Scope
from records.lookup import find_events
from records.people import Role, find_actor, register_person
from records.product import DatasetVersion, ModelVersion
from records.store import Store
from tests.dashboards.small_workspace import PASSWORD, TODAY, populate


@pytest.fixture
def populated_store(store: Store) -> Store:
    populate(store)
    return store


KNOWN = {
    "ALT-0001": "ALT-0001", "alt-1": "ALT-0001", "Alert:1": "ALT-0001", "CHR-0001": "CHR-0001",
    "DOC-26-0001": "DOC-26-0001 v1", "doc-26-0001 v1": "DOC-26-0001 v1", "chest-1.0": "MDV-0001",
    "chest-1": "DSV-0001", "1f" * 32: "MDV-0001", "#3": "#3", "3": "#3", "REG-016": "REG-016",
    "r-803-01": "R-803-01", "north hospital": "SIT-0001", "MPL-0001": "MPL-0001",
}


@pytest.mark.parametrize("typed", KNOWN)
def test_each_kind_of_identifier_is_found(populated_store: Store, typed: str) -> None:
    with populated_store.reader() as reader:
        person = find_actor(reader, "demo.quality")
        found = find_identifier(populated_store, reader, person, f"  {typed} ", now=TODAY)
    assert [one.label for one in found] == [KNOWN[typed]]
    assert found[0].kind


@pytest.mark.parametrize("typed", ["ALT-9999", "DOC-26-0001 v9", "#999999", "x' OR 1=1", "a" * 999])
def test_what_nothing_has_is_said_with_what_identifiers_look_like(
    populated_store: Store, typed: str
) -> None:
    with populated_store.reader() as reader:
        person = find_actor(reader, "demo.quality")
        with pytest.raises(NotFound, match="Nothing has the identifier") as told:
            find_identifier(populated_store, reader, person, typed, now=TODAY)
        with pytest.raises(InvalidInput):
            find_identifier(populated_store, reader, person, "  ", now=TODAY)
    assert "DOC-26-0001 v2" in told.value.hint


def test_no_table_is_read_from_end_to_end(populated_store: Store) -> None:
    asked: list[tuple[str, object]] = []

    def keep(_c: object, _k: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(populated_store.engine, "before_cursor_execute", keep)
    with populated_store.reader() as reader:
        person = find_actor(reader, "demo.quality")
        for typed in (*KNOWN, "H-01"):
            try:
                find_identifier(populated_store, reader, person, typed, now=TODAY)
            except NotFound:
                continue
    event.remove(populated_store.engine, "before_cursor_execute", keep)
    plans = []
    with populated_store.engine.connect() as connection:
        for statement, parameters in asked:
            if statement.startswith("SELECT"):
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                plans += [row[3] for row in rows]
    read_whole = [one for one in plans if one.startswith("SCAN")]
    assert plans
    assert not [one for one in read_whole if "device" not in one and "workspace_mark" not in one]


def test_an_auditor_finds_what_was_granted_and_the_rest_is_refused_on_record(
    populated_store: Store,
) -> None:
    now = datetime.now(UTC)
    with populated_store.engine.connect() as connection:
        connection.execute(text("UPDATE workspace_mark SET kind = 'live', clock_at = NULL"))
        connection.commit()
    with populated_store.transaction("setup", now=now) as tx:
        olga = register_person(tx, "olga", full_name="Olga Auditor", roles=[Role.AUDITOR],
                               password=PASSWORD, now=now)  # fmt: skip
        grant_access(
            tx, olga, Scope(kinds=("alert",)), purpose="audit 7", first_day=now.date(),
            last_day=now.date() + timedelta(days=1), by=find_actor(tx, "demo.quality"), now=now,
        )
    with populated_store.reader() as reader:
        person = find_actor(reader, "olga")
        (found,) = find_identifier(populated_store, reader, person, "ALT-0001", now=now)
        with pytest.raises(NotAllowed) as refused:
            find_identifier(populated_store, reader, person, "chest-1.0", now=now)
    assert "ModelVersion" not in refused.value.message, "which record has the name is not told"
    with populated_store.reader() as reader:
        assert len(find_events(reader, action="audit access refused", actor="olga")) == 1
    with patch("journeys.find_identifier.WAYS", (one_of_several,)), pytest.raises(NotAllowed), \
            populated_store.reader() as reader:
        find_identifier(populated_store, reader, find_actor(reader, "olga"), "twice", now=now)
    assert found.subject == "Alert:1"


def one_of_several(_session: object, _text: str) -> Iterator[Found]:
    """A name that two records have, neither of them granted."""
    yield Found("MDV-0001", "model version", "ModelVersion:1")
    yield Found("DSV-0001", "dataset version", "DatasetVersion:1")


def test_names_have_an_index() -> None:
    for table in (ModelVersion, DatasetVersion):
        indexes = inspect(table).local_table.indexes
        assert "name" in {column.name for index in indexes for column in index.columns}
