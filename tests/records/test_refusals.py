"""What the rules refuse leaves one event and nothing else, whoever tried it from wherever."""

import json
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from itertools import product

import pytest
from sqlalchemy import text
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import select

from records.absences import Absence
from records.accounts import acting_on
from records.audit import ACT_REFUSED, STATUS_REFUSED, count_events, read_events
from records.audit_grants import AuditGrant
from records.base import Record
from records.errors import InvalidInput, NotAllowed, Refused, TransitionRefused
from records.guarded_changes import GUARDS, Guard
from records.identity_links import IdentityLink
from records.lifecycle import FIRST_STATUS, LIFECYCLES, SIGNED_WHILE
from records.people import Actor, Meaning, Role, find_actor, register_person
from records.permissions import Action, may
from records.product import Site
from records.separation import MAKER_FIELDS, NO_MAKER, NOT_BOTH, makers_of, require_separate
from records.store import Store
from records.tables import RECORDS
from tests.dashboards.small_workspace import PASSWORD, TODAY, populate
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
        for name, role in (("root", Role.ADMINISTRATOR), ("reader", Role.CLINICIAN)):
            register_person(tx, name, full_name=name, roles=[role], password=PASSWORD, now=TODAY)
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


GUARDED = [
    (kind, old, new, guard)
    for kind, moves in GUARDS.items() for (old, new), guard in moves.items()
    if any(getattr(guard, one.name) for one in fields(Guard) if one.name != "act")
]
"""Every change of status that needs more than a role."""
LACKING = {
    "complete": "open gap", "undisputed": "comments that are not answered",
    "signed": "signature|signed|two people|people in different roles",
    "rejected": "only by a rejection that", "replaced": "only by a later version",
    "answered": "is not closed without a root cause, a disposition",
    "confirmed": "without a valid signature of",
    "carried": "only by a resumption|RVL-0001 was made before",
    "reviewed": "without the signatures of who assessed it",
    "filled": "not|no |lacks|without|needs", "overtaken": "no other suspension is in force",
}  # fmt: skip
"""By what a change needs, the words that say it is missing."""


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


@pytest.mark.requirement("REG-030", "REG-036", "R-P11-10f")
@pytest.mark.parametrize("kind", sorted(GUARDS))
def test_each_change_without_what_it_needs_is_refused_and_says_what_is_missing(
    peopled: Store, kind: str
) -> None:
    table = KINDS[kind]
    if kind == "Document":
        with peopled.engine.begin() as raw:
            raw.execute(text("UPDATE document SET gaps = :gaps WHERE id = 1"),
                        {"gaps": json.dumps([{"missing": "a text", "who": "quality"}])})
    for old, new, guard in [rest for name, *rest in GUARDED if name == kind]:
        put_in_status(peopled, table, old)
        needed = [LACKING[one.name] for one in fields(Guard)
                  if one.name != "act" and getattr(guard, one.name)]  # fmt: skip
        with pytest.raises(Refused, match="|".join(needed)) as refused:
            with peopled.transaction(who_may(peopled, guard.act), "I try", now=TODAY) as tx:
                setattr(tx.get_one(table, 1), "status", new)  # noqa: B010
        assert not isinstance(refused.value, TransitionRefused | NotAllowed), (old, new)
        with peopled.reader() as reader:
            assert getattr(reader.get_one(table, 1), "status") == old  # noqa: B009


@pytest.mark.requirement("REG-030")
@pytest.mark.parametrize("kind", sorted(GUARDS))
def test_each_guarded_change_by_somebody_without_the_role_is_refused(
    peopled: Store, kind: str
) -> None:
    table = KINDS[kind]
    for (old, new), guard in GUARDS[kind].items():
        put_in_status(peopled, table, old)
        with pytest.raises(NotAllowed, match=f"may not {guard.act.value}"):
            with peopled.transaction(who_may(peopled, guard.act, not_=True), "I try",
                                     now=TODAY) as tx:  # fmt: skip
                setattr(tx.get_one(table, 1), "status", new)  # noqa: B010


def who_may(store: Store, act: Action, *, not_: bool = False) -> str:
    """A person of the workspace who may, or may not, do this."""
    with store.reader() as reader:
        people = reader.exec(select(Actor).where(Actor.kind == "person")).all()
        return next(one.name for one in people if may(one, act) is not not_)


@pytest.mark.requirement("REG-003")
@pytest.mark.parametrize("kind", sorted(set(SIGNED_WHILE) & set(KINDS) - NO_MAKER))
def test_who_made_a_record_of_any_kind_judges_it_with_no_meaning(
    peopled: Store, kind: str
) -> None:
    with peopled.reader() as reader:
        row = reader.get_one(KINDS[kind], 1)
        person = find_actor(reader, "demo.quality")
        field = MAKER_FIELDS.get(kind)
        named = getattr(row, field) if field else next(iter(makers_of(reader, row)))
        assert named in makers_of(reader, row)
        with reader.no_autoflush:
            set_committed_value(person, "name", named)
            for meaning in NOT_BOTH[Meaning.AUTHOR]:
                with pytest.raises(NotAllowed, match=f"'{named}' made .*'{meaning.value}'"):
                    require_separate(reader, row, person, meaning)
        reader.expunge_all()


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
