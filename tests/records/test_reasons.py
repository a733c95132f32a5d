"""What was approved is changed for a reason only, whichever record it is and whoever changes it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product

import pytest
from sqlalchemy import text

from records.audit import ACT_REFUSED, count_events, read_events
from records.base import Record
from records.door import Door
from records.errors import Refused
from records.lifecycle import DECIDED, FIRST_STATUS, LIFECYCLES
from records.product import Site
from records.store import Store
from records.tables import RECORDS
from tests.records.older_workspace import opened_older

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A workspace with rows of every table that the first version had."""
    store = opened_older(tmp_path_factory.mktemp("w"), NOW)
    yield store
    store.close()


def there(store: Store) -> list[type[Record]]:
    with store.reader() as reader:
        return [table for table in RECORDS if reader.get(table, 1) is not None]


def some_change(table: type[Record], number: int) -> tuple[str, object]:
    """A column that a change can be tried on, and another value for it."""
    return next(
        (name, f"other {number}" if field.annotation is str else number)
        for name, field in table.model_fields.items()
        if field.annotation in (str, float, int, float | None)
        and not name.endswith("id") and name != "status"
    )


@pytest.mark.requirement("REG-010", "R-P11-10e")
def test_no_record_is_changed_without_a_reason_after_its_first_approval(filled: Store) -> None:
    tables = there(filled)
    assert len(tables) >= 28
    for table in tables:
        name = table.__name__
        statuses = sorted(DECIDED.get(name, {""}))
        for status, reason in product(statuses, ("", "  ", "-")):
            if status:
                with filled.engine.begin() as raw:
                    raw.execute(text(f"UPDATE {table.__tablename__} SET status = :status "  # noqa: S608
                                     "WHERE id = 1"), {"status": status})  # fmt: skip
            with filled.reader() as reader:
                before = count_events(reader)
            with pytest.raises(Refused, match=r"without a reason|is not changed"):
                with filled.transaction("ada", reason, now=NOW) as tx:
                    setattr(tx.get_one(table, 1), *some_change(table, before))
            with filled.reader() as reader:
                told = read_events(reader, since=before + 1)  # the first: a clock set back
                (event,) = [one for one in told if one["action"] == ACT_REFUSED]
            assert f"{name}:1" in json.loads(event["new"])["why"]


@pytest.mark.requirement("REG-010")
def test_the_change_that_approves_needs_a_reason_and_a_draft_does_not(
    store: Store, now: datetime
) -> None:
    with store.transaction("ada", now=now) as tx:
        tx.add(Site(name="north", registered_at=now))
    with store.transaction("ada", now=now) as tx:
        tx.get_one(Site, 1).name = "north hospital"
    with pytest.raises(Refused, match="Site:1 is not changed without a reason"):
        with store.transaction("ada", now=now) as tx:
            tx.get_one(Site, 1).status = "confirmed"
    with store.transaction("ada", "contract signed", now=now) as tx:
        tx.get_one(Site, 1).status = "confirmed"


def test_every_life_cycle_says_from_where_on_a_reason_is_asked_for() -> None:
    assert set(DECIDED) == set(LIFECYCLES)
    for name, decided in DECIDED.items():
        known = FIRST_STATUS[name].union(LIFECYCLES[name], *LIFECYCLES[name].values())
        assert decided <= known, name


@pytest.mark.requirement("REG-010")
@pytest.mark.parametrize("source", ["command", "page", "job", "program", "program by token"])
def test_each_event_says_by_which_door_the_act_came(
    store: Store, now: datetime, source: str
) -> None:
    door = store.through(Door(source))  # type: ignore[arg-type]
    with pytest.raises(Refused), door.transaction("ada", "I try", now=now):
        raise Refused("not now")
    with door.transaction("ada", "register", now=now) as tx:
        tx.add(Site(name="north", registered_at=now))
    with store.reader() as reader:
        assert {one["software"] for one in read_events(reader)} == {f"radvigil 0.1.0; {source}"}
