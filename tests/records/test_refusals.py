"""What the rules refuse leaves one event and nothing else, whoever tried it from wherever."""

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import product

import pytest
from sqlalchemy import text

from records.absences import Absence
from records.accounts import acting_on
from records.audit import ACT_REFUSED, STATUS_REFUSED, count_events, read_events
from records.audit_grants import AuditGrant
from records.base import Record
from records.errors import InvalidInput, NotAllowed, Refused, TransitionRefused
from records.identity_links import IdentityLink
from records.lifecycle import FIRST_STATUS, LIFECYCLES
from records.product import Site
from records.store import Store
from records.tables import RECORDS
from tests.dashboards.conftest import TODAY, populate
from tests.records.one_of_each import add_one_of_each

KINDS = {one.__name__: one for one in RECORDS if one.__name__ in LIFECYCLES}


@pytest.fixture(scope="module")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A workspace with a record of each kind that has statuses, for all tests of this file."""
    from records.settings import Workspace
    from records.store import open_store

    store = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    populate(store)
    with store.transaction("setup", now=TODAY) as tx:
        add_one_of_each(tx, TODAY)
        tx.add(Absence(person_id=1, substitute_id=2, first_day=TODAY.date(), last_day=TODAY.date(),
                       reason="course", recorded_by="ada", recorded_at=TODAY))  # fmt: skip
        tx.add(AuditGrant(auditor_id=1, purpose="audit 7", first_day=TODAY.date(),
                          last_day=TODAY.date(), granted_by="ada", granted_at=TODAY))
        tx.add(IdentityLink(person_id=1, issuer="https://x.example", identity="7f3a",
                            linked_by="ada", linked_at=TODAY))  # fmt: skip
    yield store
    store.close()


def refused_pairs(kind: str) -> list[tuple[str, str]]:
    """Every change of status of a kind of record that its table does not list."""
    table = LIFECYCLES[kind]
    known = FIRST_STATUS[kind].union(table, *table.values())
    return [
        (old, new) for old, new in product(sorted(known), sorted(known))
        if old != new and new not in table.get(old, frozenset())
    ]  # fmt: skip


def put_in_status(store: Store, kind: type[Record], status: str) -> None:
    """Set the status of the first record without the program, to try what comes next."""
    with store.engine.begin() as raw:
        raw.execute(
            text(f"UPDATE {kind.__tablename__} SET status = :status WHERE id = 1"),  # noqa: S608
            {"status": status},
        )


def last_event(store: Store) -> dict[str, str]:
    with store.reader() as reader:
        return list(read_events(reader, since=count_events(reader)))[-1]


@pytest.mark.requirement("REG-030", "R-P11-10f")
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_change_of_status_that_is_not_listed_is_refused_and_on_record(
    peopled: Store, kind: str
) -> None:
    table = KINDS[kind]
    pairs = refused_pairs(kind)
    assert pairs, kind
    for old, new in pairs:
        put_in_status(peopled, table, old)
        with pytest.raises(TransitionRefused, match=f"'{old}' and may not become '{new}'"):
            with peopled.transaction("ada", "I try", now=TODAY) as tx:
                tx.add(Site(name=f"left-{old}-{new}".replace(" ", "-")[:40], registered_at=TODAY))
                setattr(tx.get_one(table, 1), "status", new)  # noqa: B010
        event = last_event(peopled)
        assert (event["actor"], event["action"], event["subject"], event["reason"]) == (
            "ada", STATUS_REFUSED, f"{kind}:1", "I try"
        )  # fmt: skip
        assert json.loads(event["old"]) == {"status": old}
        assert json.loads(event["new"]) == {"status": new}
    with peopled.reader() as reader:
        names = set(reader.execute(text("SELECT name FROM site")).scalars())
    assert not [one for one in names if one.startswith("left-")], "nothing else is written"


def test_every_kind_with_statuses_is_tried() -> None:
    assert set(KINDS) == set(LIFECYCLES) == set(FIRST_STATUS)


@pytest.mark.requirement("REG-030")
def test_another_refusal_says_why(store: Store, now: datetime) -> None:
    with pytest.raises(Refused), store.transaction("ada", "I try", now=now) as tx:
        tx.add(Site(name="north", status="closed", registered_at=now))
    event = last_event(store)
    assert (event["actor"], event["action"]) == ("ada", ACT_REFUSED)
    assert "cannot begin as 'closed'" in json.loads(event["new"])["why"]


@pytest.mark.requirement("R-P11-10g")
def test_who_is_not_allowed_is_on_record_too_and_a_mistake_is_not(
    store: Store, now: datetime
) -> None:
    for why, events in ((NotAllowed("'ada' may not."), 1), (InvalidInput("Row 3 is empty."), 1)):
        with pytest.raises(type(why)), store.transaction("ada", now=now):
            raise why
        with store.reader() as reader:
            assert count_events(reader) == events


def test_a_deed_that_is_refused_is_told_once_on_its_record(peopled: Store) -> None:
    put_in_status(peopled, Site, "closed")
    with peopled.reader() as reader:
        site, before = reader.get_one(Site, 1), count_events(reader)
    with pytest.raises(TransitionRefused):
        with acting_on(
            peopled, site, "confirmation", actor="demo.quality", reason="I try", now=TODAY
        ) as tx:
            tx.get_one(Site, 1).status = "confirmed"
            tx.flush()
    with peopled.reader() as reader:
        assert count_events(reader) == before + 1
    event = last_event(peopled)
    assert (event["action"], event["subject"]) == ("confirmation refused", "Site:1")
