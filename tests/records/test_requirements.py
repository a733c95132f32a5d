"""Acceptance checks of the record's requirements that no other test makes."""

import random
import subprocess
import sys
from datetime import datetime, timedelta
from itertools import product

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from records.audit import count_events, read_events
from records.errors import NotAllowed, Refused, TransitionRefused
from records.lifecycle import FIRST_STATUS, LIFECYCLES, check_transition
from records.lookup import find_events
from records.people import Meaning, Role, find_actor, register_person
from records.product import Device, Site
from records.settings import REPOSITORY
from records.signatures import is_valid, require_two_people, sign, signatures_on
from records.store import Store
from records.verify import verify_records
from tests.people import qualify_everybody

PASSWORD = "correct horse battery"


@pytest.mark.requirement("REG-010", "R-P11-10e")
@pytest.mark.parametrize("seed", range(3))
def test_so_many_random_acts_are_so_many_events_that_rebuild_the_records(
    store: Store, now: datetime, seed: int
) -> None:
    draw = random.Random(seed)
    for number in range(40):
        with store.transaction(f"person{number % 3}", f"act {number}", now=now) as tx:
            sites = list(tx.exec(select(Site)))
            waiting = [one for one in sites if one.status != "closed"]
            if not waiting or draw.random() < 0.4:
                tx.add(Site(name=f"site {number}", registered_at=now))
            elif draw.random() < 0.5:
                draw.choice(waiting).name = f"renamed {number}"
            else:
                site = draw.choice(waiting)
                site.status = {"unconfirmed": "confirmed", "confirmed": "closed"}[site.status]
    with store.reader() as reader:
        assert [one["reason"] for one in read_events(reader)] == [f"act {n}" for n in range(40)]
        verdict = verify_records(reader)
        assert (verdict.events, verdict.whole) == (40, True)


KILLED = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from records import store as stores
from records.product import Site
from records.settings import Workspace

write_events, when = stores.seal, sys.argv[2]

def dies(tx):
    if when == "behind the events":
        write_events(tx)
    os._exit(9)

stores.seal = dies
store = stores.open_store(Workspace(Path(sys.argv[1])), url="")
now = datetime(2026, 1, 5, tzinfo=UTC)
with store.transaction("ada", now=now) as tx:
    tx.add(Site(name="north", registered_at=now))
"""


@pytest.mark.requirement("REG-011", "R-P11-10e")
@pytest.mark.parametrize("when", ["between row and event", "behind the events"])
def test_a_process_killed_before_the_commit_leaves_neither_row_nor_event(
    store: Store, when: str
) -> None:
    home = str(store.workspace.home)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, home, when], cwd=REPOSITORY, check=False
    )
    assert done.returncode == 9
    with store.reader() as reader:
        assert (count_events(reader), list(reader.exec(select(Site)))) == (0, [])


@pytest.mark.requirement("REG-014")
def test_what_is_no_longer_in_use_is_read_with_its_whole_history(
    store: Store, now: datetime
) -> None:
    person(store, now, "ada", Role.QUALITY)
    with store.transaction("root", "left the company", now=now) as tx:
        ada = find_actor(tx, "ada")
        ada.active, ada.full_name = False, "Ada Married"
        tx.add(ada)
    with store.reader() as reader:
        assert find_actor(reader, "ada").active is False
        created, left = find_events(reader, subject="Actor:1")
    assert '"full_name":"Ada"' in created.new
    assert left.old == '{"active":true,"full_name":"Ada"}'
    assert left.reason == "left the company"


@pytest.mark.requirement("REG-015")
def test_a_clock_that_was_set_back_is_flagged_and_changes_no_order(
    store: Store, now: datetime
) -> None:
    for number, hours in enumerate((0, -0.01, -5, 2)):
        with store.transaction("ada", now=now + timedelta(hours=hours)) as tx:
            tx.add(Site(name=f"site {number}", registered_at=now))
    with store.reader() as reader:
        events = list(read_events(reader))
        assert [one["sequence"] for one in events] == [1, 2, 3, 4, 5, 6]
        assert [one["subject"] for one in events] == [
            "Site:1", "Site:2", "AuditTrail:all", "Site:3", "Notice:1", "Site:4"
        ]  # fmt: skip
        assert [one["action"] for one in events].count("clock set back") == 1
        assert (events[2]["old"], events[2]["new"]) == (
            '{"at":"2026-01-05T07:59:24.000000Z"}', '{"at":"2026-01-05T03:00:00.000000Z"}'
        )
        assert verify_records(reader).whole


def person(store: Store, now: datetime, name: str, *roles: Role) -> None:
    with store.transaction("setup", now=now) as tx:
        register_person(
            tx, name, full_name=name.title(), roles=list(roles), password=PASSWORD, now=now
        )
        qualify_everybody(tx, now)


@pytest.fixture
def revisions(store: Store, now: datetime) -> Store:
    """Two revisions of a device with the same digest, and a person of three roles."""
    person(store, now, "ada", Role.ENGINEER, Role.QUALITY, Role.REGULATORY)
    with store.transaction("setup", now=now) as tx:
        for revision in (1, 2):
            tx.add(Device(name="chest", revision=revision, trade_name="C", definition={},
                          definition_digest="same", defined_at=now))  # fmt: skip
    return store


def signed(store: Store, now: datetime, *meanings: Meaning) -> None:
    with store.transaction("ada", "read", now=now) as tx:
        for meaning in meanings:
            sign(tx, tx.get_one(Device, 1), signer=find_actor(tx, "ada"), password=PASSWORD,
                 meaning=meaning, reason="read", now=now)  # fmt: skip


@pytest.mark.requirement("REG-021", "R-P11-70")
def test_a_signature_copied_to_another_revision_is_invalid_and_found(
    revisions: Store, now: datetime
) -> None:
    signed(revisions, now, Meaning.APPROVAL)
    with revisions.transaction("eve", now=now) as tx:
        tx.execute(text(
            "INSERT INTO signature (subject_name, signed_fields, subject_digest, signer_id, "
            "printed_name, role, meaning, reason, signed_at) SELECT 'Device:2', signed_fields, "
            "subject_digest, signer_id, printed_name, role, meaning, reason, signed_at "
            "FROM signature"
        ))  # fmt: skip
    with revisions.reader() as reader:
        second = reader.get_one(Device, 2)
        (copied,) = signatures_on(reader, second)
        assert not is_valid(copied, second)
        assert is_valid(signatures_on(reader, reader.get_one(Device, 1))[0],
                        reader.get_one(Device, 1))  # fmt: skip
        assert verify_records(reader).findings == ("Signature:2 was added without an audit event",)


@pytest.mark.requirement("REG-021", "REG-012", "R-P11-70")
@pytest.mark.parametrize(
    "change", ["signer_id = 2", "meaning = 'release'", "printed_name = 'Eve'", "signed_at = '2020'"]
)
def test_nobody_changes_signer_meaning_or_instant_unseen(
    revisions: Store, now: datetime, change: str
) -> None:
    person(revisions, now, "eve", Role.QUALITY)
    signed(revisions, now, Meaning.APPROVAL)
    statement = text(f"UPDATE signature SET {change}")  # noqa: S608
    with pytest.raises(DBAPIError, match="append-only"):
        with revisions.transaction("eve", now=now) as tx:
            tx.execute(statement)
    with revisions.transaction("owner of the file", now=now) as tx:
        tx.execute(text("DROP TRIGGER signature_no_update"))
        tx.execute(statement)
    with revisions.reader() as reader:
        assert any("Signature:1" in one for one in verify_records(reader).findings)


@pytest.mark.requirement("REG-003")
def test_whoever_has_all_roles_still_approves_nothing_alone(
    revisions: Store, now: datetime
) -> None:
    for meaning in (Meaning.REVIEW, Meaning.APPROVAL):
        signed(revisions, now, meaning)
    with pytest.raises(NotAllowed, match=r"'ada' signed DEV-0001 .*'approval'.* not be its author"):
        signed(revisions, now, Meaning.AUTHOR)
    with revisions.reader() as reader, pytest.raises(Refused, match="it has 1 people"):
        require_two_people(reader, reader.get_one(Device, 1))


@pytest.mark.requirement("REG-030", "R-P11-10f")
@pytest.mark.parametrize("name", LIFECYCLES)
def test_every_change_of_status_that_is_not_listed_is_refused(name: str) -> None:
    listed = {(old, new) for old, found in LIFECYCLES[name].items() for new in found}
    known = FIRST_STATUS[name].union(*(pair for pair in listed), {"withdrawn by magic"})
    for old, new in product(known, known):
        if (old, new) in listed:
            check_transition(name, f"{name}:1", old, new)
        else:
            with pytest.raises(TransitionRefused):
                check_transition(name, f"{name}:1", old, new)
