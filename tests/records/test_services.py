"""Service accounts: registered once, never a person's, with the system user on record."""

import json
from datetime import datetime

import pytest
from sqlmodel import select

from records.errors import NotAllowed, Refused
from records.lookup import find_events
from records.people import Actor, prove_identity
from records.services import ensure_service, start_service
from records.store import Store


def test_a_service_is_registered_once_and_its_start_names_the_system_user(
    store: Store, now: datetime
) -> None:
    for _ in range(2):
        with store.transaction("service:intake", now=now) as tx:
            start_service(tx, "service:intake", task="study ingest", system_user="op", now=now)
    with store.reader() as reader:
        actor = reader.exec(select(Actor)).one()
        starts = find_events(reader, action="start")
    assert (actor.kind, actor.roles) == ("service", ["service"])
    assert [json.loads(one.new)["operating_system_user"] for one in starts] == ["op", "op"]


@pytest.mark.requirement("REG-006")
def test_a_service_cannot_sign_in_and_is_named_as_one(store: Store, now: datetime) -> None:
    with store.transaction("service:intake", now=now) as tx:
        actor = ensure_service(tx, "service:intake", now=now)
    with pytest.raises(NotAllowed):
        prove_identity(actor, "")
    with pytest.raises(Refused, match="not a service"), store.transaction("x", now=now) as tx:
        ensure_service(tx, "intake", now=now)


def test_the_account_of_a_person_runs_no_routine(store: Store, now: datetime) -> None:
    with store.transaction("setup", now=now) as tx:
        tx.add(Actor(name="service:eve", full_name="Eve", kind="person", registered_at=now))
    with pytest.raises(Refused, match="person"), store.transaction("x", now=now) as tx:
        ensure_service(tx, "service:eve", now=now)
