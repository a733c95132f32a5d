"""Only the trained sign: by a qualification that counts today, which nobody records their own."""

from datetime import date, datetime, timedelta

import pytest

from records.accounts import sign_record
from records.errors import InvalidInput, NotAllowed
from records.lookup import find_events
from records.people import Meaning, Role, find_actor, register_person
from records.product import Device
from records.qualifications import Qualification, qualifications_of, qualify
from records.store import Store
from tests.people import prepare_to_sign

PASSWORD = "correct horse battery"
UNTIL = date(2026, 6, 30)


@pytest.fixture
def people(store: Store, now: datetime) -> Store:
    """Somebody of quality, an administrator, an engineer, and a device to sign."""
    with store.transaction("setup", now=now) as tx:
        for name, role in (
            ("quentin", Role.QUALITY), ("root", Role.ADMINISTRATOR), ("ed", Role.ENGINEER)
        ):
            register_person(
                tx, name, full_name=name.title(), roles=[role], password=PASSWORD, now=now
            )
        prepare_to_sign(tx, now)
        tx.add(Device(name="chest", revision=1, trade_name="Chest", definition={},
                      definition_digest="d", defined_at=now))  # fmt: skip
    return store


def record(
    store: Store, now: datetime, *, of: str = "quentin", by: str = "root", until: date = UNTIL,
    evidence: str = "SOP-7 course, certificate 12",
) -> list[Qualification]:
    with store.transaction(by, "trained", now=now) as tx:
        return qualify(
            tx, find_actor(tx, of), [Meaning.APPROVAL], until=until, evidence=evidence,
            recorded_by=find_actor(tx, by), now=now,
        )


def approve(store: Store, now: datetime) -> None:
    with store.reader() as reader:
        device, signer = reader.get_one(Device, 1), find_actor(reader, "quentin")
    sign_record(store, device, signer=signer, password=PASSWORD, meaning=Meaning.APPROVAL,
                reason="read", now=now)  # fmt: skip


@pytest.mark.requirement("REG-005", "R-P11-10i")
def test_without_a_qualification_nobody_signs_and_the_attempt_is_on_record(
    people: Store, now: datetime
) -> None:
    with pytest.raises(NotAllowed, match=r"'quentin' is not qualified .* 'approval'"):
        approve(people, now)
    with people.reader() as reader:
        assert [one.actor for one in find_events(reader, action="signature refused")] == ["quentin"]
    record(people, now)
    approve(people, now)


@pytest.mark.requirement("REG-005", "R-P11-10i")
def test_it_counts_through_its_last_day_and_then_signing_is_refused_with_the_date(
    people: Store, now: datetime
) -> None:
    record(people, now)
    last = datetime.combine(UNTIL, now.timetz())
    with pytest.raises(NotAllowed, match="the qualification ended on 2026-06-30"):
        approve(people, last + timedelta(days=1))
    with pytest.raises(NotAllowed, match="not qualified"):
        approve(people, now - timedelta(days=1))
    approve(people, last)


@pytest.mark.requirement("REG-005")
def test_it_is_recorded_by_somebody_else_with_evidence(people: Store, now: datetime) -> None:
    for by, match in (("quentin", "of his or her own"), ("ed", "may not record qualifications")):
        with pytest.raises(NotAllowed, match=match):
            record(people, now, by=by)
    with pytest.raises(InvalidInput, match="fewer than three"):
        record(people, now, evidence=" ")
    with pytest.raises(InvalidInput, match="2025-01-01 is past"):
        record(people, now, until=date(2025, 1, 1))
    record(people, now)
    with people.reader() as reader:
        (held,) = qualifications_of(reader, find_actor(reader, "quentin"))
    assert (held.label, held.recorded_by, held.valid_until) == ("QLF-0001", "root", UNTIL)
