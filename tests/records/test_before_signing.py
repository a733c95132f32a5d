"""Before the first signature: who a person is was verified, and the policy is acknowledged."""

import hashlib
import json
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from records import signature_policy as policy_module
from records.accounts import acting_on, sign_record
from records.clock import mark_workspace
from records.errors import InvalidInput, NotAllowed, PasswordWrong, Refused
from records.identity_checks import IdentityCheck, checks_of, verify_identity
from records.lookup import find_events
from records.people import Meaning, Role, find_actor
from records.product import Device, WorkspaceKind
from records.qualifications import qualify
from records.signature_policy import (
    FILE,
    PolicyAcknowledgement,
    acknowledge_policy,
    has_acknowledged,
    signature_policy,
)  # fmt: skip
from records.store import Store
from tests.people import add_people

PASSWORD = "correct horse battery"


@pytest.fixture
def people(store: Store, now: datetime) -> Store:
    """A live workspace: Quentin is qualified to approve a device; an administrator, an engineer."""
    with store.transaction("setup", now=now) as tx:
        mark_workspace(tx, WorkspaceKind.LIVE, now=now)
        add_people(tx, (("quentin", Role.QUALITY), ("root", Role.ADMINISTRATOR),
                        ("ed", Role.ENGINEER)), PASSWORD, now)  # fmt: skip
        tx.add(Device(name="chest", revision=1, trade_name="Chest", definition={},
                      definition_digest="d", defined_at=now))  # fmt: skip
        qualify(tx, find_actor(tx, "quentin"), [Meaning.APPROVAL], until=date(2027, 1, 1),
                evidence="course", recorded_by=find_actor(tx, "root"), now=now)  # fmt: skip
    return store


def check(
    store: Store, now: datetime, *, by: str = "root", way: str = "document-seen",
    evidence: str = "passport, form 7", on: date | None = None,
) -> IdentityCheck:
    with store.transaction(by, "before signing", now=now) as tx:
        return verify_identity(
            tx, find_actor(tx, "quentin"), way=way, evidence=evidence,
            certification="letter of 2026-01-02 to the FDA", verified_on=on or now.date(),
            by=find_actor(tx, by), now=now,
        )


def acknowledge(store: Store, now: datetime, password: str = PASSWORD) -> PolicyAcknowledgement:
    with store.reader() as reader:
        quentin = find_actor(reader, "quentin")
    with acting_on(
        store, quentin, "acknowledgement", actor="quentin", reason="read", now=now
    ) as tx:
        return acknowledge_policy(tx, find_actor(tx, "quentin"), password=password, now=now)


def approve(store: Store, now: datetime) -> None:
    with store.reader() as reader:
        device, signer = reader.get_one(Device, 1), find_actor(reader, "quentin")
    sign_record(store, device, signer=signer, password=PASSWORD, meaning=Meaning.APPROVAL,
                reason="read", now=now)  # fmt: skip


@pytest.mark.requirement("R-P11-10j", "R-P11-100")
def test_nobody_signs_unverified_or_without_having_acknowledged_the_policy(
    people: Store, now: datetime
) -> None:
    with pytest.raises(NotAllowed, match="how the identity of 'quentin' was verified"):
        approve(people, now)
    check(people, now)
    with pytest.raises(NotAllowed, match="'quentin' has not acknowledged version 1"):
        approve(people, now)
    acknowledge(people, now)
    approve(people, now)
    with people.reader() as reader:
        assert len(find_events(reader, action="signature refused", actor="quentin")) == 2


@pytest.mark.requirement("R-P11-10j")
def test_the_acknowledgement_is_the_persons_own_with_the_digest_of_the_text(
    people: Store, now: datetime
) -> None:
    with pytest.raises(PasswordWrong):
        acknowledge(people, now, "not the password")
    made = acknowledge(people, now)
    assert made.policy_digest == hashlib.sha256(FILE.read_bytes()).hexdigest()
    with people.reader() as reader:
        (event,) = find_events(reader, subject="PolicyAcknowledgement")
        assert (event.actor, event.action) == ("quentin", "create")
        assert json.loads(event.new)["policy_digest"] == signature_policy().digest
        assert find_events(reader, action="password refused", actor="quentin")
    with pytest.raises(Refused, match="acknowledged version 1 already"):
        acknowledge(people, now)


@pytest.mark.requirement("R-P11-10j")
def test_a_changed_text_is_acknowledged_anew(
    people: Store, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    acknowledge(people, now)
    newer = replace(signature_policy(), version=2, digest="0" * 64)
    monkeypatch.setattr(policy_module, "signature_policy", lambda: newer)
    with people.reader() as reader:
        assert not has_acknowledged(reader, find_actor(reader, "quentin"))
    assert acknowledge(people, now).policy_version == 2


@pytest.mark.requirement("R-P11-100")
def test_who_verified_whom_how_and_when_is_recorded_by_somebody_else(
    people: Store, now: datetime
) -> None:
    with pytest.raises(NotAllowed, match="may not record how identities"):
        check(people, now, by="ed")
    with pytest.raises(NotAllowed, match="Nobody verifies the own identity"):
        check(people, now, by="quentin")
    with pytest.raises(InvalidInput, match="'simulated' is no way to verify"):
        check(people, now, way="simulated")
    with pytest.raises(InvalidInput, match="No evidence"):
        check(people, now, evidence=" ")
    with pytest.raises(InvalidInput, match="is yet to come"):
        check(people, now, on=now.date() + timedelta(days=1))
    check(people, now)
    with people.reader() as reader:
        (held,) = checks_of(reader, find_actor(reader, "quentin"))
    assert (held.label, held.way, held.verified_by) == ("IDC-0001", "document-seen", "root")
    assert held.certification == "letter of 2026-01-02 to the FDA"
