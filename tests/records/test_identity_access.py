"""Nobody asks who is behind a pseudonym but by a grant, and each asking goes on record first."""

from datetime import date, timedelta

import pytest
from sqlmodel import col, select

from journeys.reveal_identity import reveal_identity
from records.audit import AuditEvent
from records.cases import Study
from records.errors import InvalidInput, NotAllowed, NotFound, TransitionRefused
from records.identity_access import (
    REVEALED,
    IdentityGrant,
    access_report,
    grant_identity,
    withdraw_identity_grant,
)
from records.legal_holds import place_hold
from records.people import find_actor
from records.store import Store
from tests.records.kept_bytes import LATER, kept, template
from tests.records.mapped import NAME, mapped

__all__ = ["kept", "template"]

TODAY = LATER.date()


def granted(
    store: Store, *, holder: str = "regina", by: str = "quinn", first: date = TODAY,
    last: date = TODAY,
) -> IdentityGrant:  # fmt: skip
    with store.transaction(by, "recall 3", now=LATER) as tx:
        return grant_identity(
            tx, find_actor(tx, holder), purpose="recall 3", first_day=first, last_day=last,
            by=find_actor(tx, by), now=LATER,
        )


def asked(store: Store, pseudonym: str = "P2", *, by: str = "regina") -> dict[str, str]:
    return reveal_identity(store, pseudonym, by=by, purpose="call back for recall 3", now=LATER)


def askings(store: Store) -> list[AuditEvent]:
    with store.reader() as reader:
        query = select(AuditEvent).where(col(AuditEvent.action).startswith(REVEALED))
        return list(reader.exec(query.order_by(col(AuditEvent.sequence))))


@pytest.mark.requirement("REG-007", "REG-018", "REG-111")
def test_an_identity_is_told_to_who_was_granted_it_and_the_event_holds_none_of_it(
    kept: Store,
) -> None:
    mapped(kept)
    granted(kept)
    assert asked(kept) == {"PatientName": NAME}
    (event,) = askings(kept)
    assert (event.actor, event.action, event.subject) == ("regina", REVEALED, "Identity:P2")
    assert "call back for recall 3" in str(event.new)
    assert "IDG-0001" in str(event.new)
    assert "Zwetschkenbaum" not in str(event.model_dump())


@pytest.mark.requirement("REG-007")
def test_nobody_may_ask_without_a_grant_and_the_refusal_is_on_record(kept: Store) -> None:
    mapped(kept)
    with pytest.raises(NotAllowed, match="nobody has granted it"):
        asked(kept)
    granted(kept, first=TODAY + timedelta(days=1), last=TODAY + timedelta(days=2))
    with pytest.raises(NotAllowed):
        asked(kept)
    refused = askings(kept)
    assert [(one.actor, one.action) for one in refused] == [("regina", f"{REVEALED} refused")] * 2
    with kept.reader() as reader:
        rows = access_report(reader, "P2")
    assert [row["what"] for row in rows] == [f"{REVEALED} refused"] * 2


@pytest.mark.requirement("REG-007")
def test_a_grant_is_given_by_somebody_else_to_a_role_that_may_for_some_days(kept: Store) -> None:
    with pytest.raises(NotAllowed, match="to oneself"):
        granted(kept, holder="quinn")
    with pytest.raises(NotAllowed):
        granted(kept, by="regina", holder="quinn")
    with pytest.raises(InvalidInput, match="more than 90 days"):
        granted(kept, last=TODAY + timedelta(days=90))
    with pytest.raises(InvalidInput, match="past"):
        granted(kept, first=TODAY - timedelta(days=2), last=TODAY - timedelta(days=1))
    assert granted(kept, last=TODAY + timedelta(days=89)).label == "IDG-0001"


@pytest.mark.requirement("REG-007")
def test_a_grant_that_was_withdrawn_counts_no_more(kept: Store) -> None:
    mapped(kept)
    made = granted(kept)
    with kept.transaction("quinn", "recall is over", now=LATER) as tx:
        grant = tx.get_one(IdentityGrant, made.id)
        withdraw_identity_grant(tx, grant, by=find_actor(tx, "quinn"), now=LATER)
        with pytest.raises(TransitionRefused):
            withdraw_identity_grant(tx, grant, by=find_actor(tx, "quinn"), now=LATER)
    with pytest.raises(NotAllowed):
        asked(kept)


def test_a_name_typed_in_place_of_a_pseudonym_is_not_written_down(kept: Store) -> None:
    mapped(kept)
    granted(kept)
    with pytest.raises(NotFound):
        asked(kept, NAME)
    with pytest.raises(InvalidInput):
        reveal_identity(kept, "P2", by="regina", purpose=" - ", now=LATER)
    with kept.reader() as reader:
        events = reader.exec(select(AuditEvent)).all()
    assert not [one for one in events if "Zwetschkenbaum" in str(one.model_dump())]


@pytest.mark.requirement("REG-007")
def test_the_report_tells_all_that_was_done_about_a_patient(kept: Store) -> None:
    mapped(kept)
    granted(kept)
    with kept.reader() as reader:
        study = reader.exec(select(Study).where(Study.patient == "P2")).first()
    assert study is not None
    mapped(kept, study.study_uid)
    asked(kept)
    asked(kept, study.study_uid)
    with kept.transaction("regina", "a claim", now=LATER) as tx:
        place_hold(tx, by=find_actor(tx, "regina"), reason="a claim", now=LATER, patient="P2")
    with kept.reader() as reader:
        rows = access_report(reader, "P2")
        with pytest.raises(NotFound):
            access_report(reader, "P9999")
        assert access_report(reader, "P1") == []
    assert sorted(row["what"] for row in rows) == [
        "place legal hold HLD-0001", REVEALED, REVEALED
    ]
    assert {row["by"] for row in rows} == {"regina"}
    assert "call back for recall 3" in {row["purpose"] for row in rows}
