"""Only a person answers an alert, with words, in the right role and the right order."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from records.alert_decisions import (
    DISPOSITIONS,
    OUTCOMES,
    Conclusion,
    acknowledge_alert,
    close_alert,
)
from records.awareness import AwarenessCandidate, open_on_signal
from records.errors import InvalidInput, NotAllowed, PasswordWrong, Refused, TransitionRefused
from records.people import Actor, Role, find_actor
from records.product import Deployment
from records.signatures import is_valid, signatures_on
from records.store import Store
from records.surveillance import Alert
from records.verify import verify_records
from tests.records.alert_workspace import PASSWORD, SITE, watched

WORDS = "as reported by the vendor"
SAFE = Conclusion("false alarm", "chance", WORDS)


def acknowledged(tx: Session, alert: Alert, now: datetime) -> Alert:
    return acknowledge_alert(
        tx, alert, by=find_actor(tx, "demo.quality"), finding=" new detector ", now=now
    )


def closed(store: Store, number: int, now: datetime, conclusion: Conclusion, **given: Any) -> Alert:
    with store.transaction("demo.quality", "answered", now=now) as tx:
        alert = tx.get_one(Alert, number)
        if alert.status == "open":
            acknowledged(tx, alert, now)
    with store.transaction("demo.quality", "answered", now=now) as tx:
        return close_alert(
            tx, tx.get_one(Alert, number), by=find_actor(tx, "demo.quality"),
            conclusion=conclusion, now=now, **given,
        )


def test_an_acknowledged_alert_says_by_whom_when_and_what_was_found(
    store: Store, now: datetime
) -> None:
    number = watched(store, now)
    with store.transaction("demo.quality", "seen", now=now) as tx:
        alert = acknowledged(tx, tx.get_one(Alert, number), now)
    assert (alert.status, alert.acknowledged_by, alert.acknowledged_at, alert.disposition) == (
        "acknowledged", "demo.quality", now, "new detector",
    )  # fmt: skip


@pytest.mark.requirement("REG-036", "REG-063")
def test_a_closed_alert_keeps_cause_disposition_and_what_was_done(
    store: Store, now: datetime
) -> None:
    assert set(OUTCOMES) == set(DISPOSITIONS)
    assert set(OUTCOMES.values()) == {"noise", "investigate", "complaint", "CAPA", "stop use"}
    alert = closed(store, watched(store, now), now, Conclusion("complaint", "software", WORDS))
    assert (alert.status, alert.closed_at, alert.closed_by) == ("closed", now, "demo.quality")
    assert (alert.root_cause, alert.disposition) == ("software", f"complaint: {WORDS}")
    assert alert.action == "acknowledge: acknowledged by demo.quality"
    with store.reader() as reader:
        (candidate,) = reader.exec(select(AwarenessCandidate)).all()
        assert verify_records(reader).whole
    assert (candidate.occasion, candidate.known_at) == ("alert closed", now)


@pytest.mark.requirement("REG-036", "REG-063")
def test_roles_words_causes_and_dispositions_are_required(store: Store, now: datetime) -> None:
    number = watched(store, now)

    def person(role: Role, **other: Any) -> Actor:
        fields: dict[str, Any] = {"kind": "person", "active": True} | other
        return Actor(id=9, name="x", full_name="X", roles=[role], registered_at=now, **fields)

    with store.reader() as tx:
        alert = tx.get_one(Alert, number)
        for nobody in (
            person(Role.ADMINISTRATOR), person(Role.QUALITY, active=False),
            person(Role.QUALITY, kind="service"),
        ):  # fmt: skip
            with pytest.raises(NotAllowed):
                acknowledge_alert(tx, alert, by=nobody, finding="seen", now=now)
        quality = person(Role.QUALITY)
        with pytest.raises(InvalidInput, match="The finding says nothing"):
            acknowledge_alert(tx, alert, by=quality, finding="  ", now=now)
        for conclusion, words in (
            (Conclusion("?", "chance", WORDS), "is no disposition"),
            (Conclusion("complaint", "?", WORDS), "is no root cause"),
            (Conclusion("false alarm", "device", WORDS), "has no root cause 'device'"),
            (Conclusion("complaint", "device", " "), "The conclusion says nothing"),
        ):
            with pytest.raises(InvalidInput, match=words):
                close_alert(tx, alert, by=quality, conclusion=conclusion, now=now)
        with pytest.raises(NotAllowed, match="may not close alerts"):
            close_alert(tx, alert, by=person(Role.ENGINEER), conclusion=SAFE, now=now)


@pytest.mark.requirement("REG-063")
def test_an_alert_is_answered_once(store: Store, now: datetime) -> None:
    number = watched(store, now)
    closed(store, number, now, SAFE)
    with pytest.raises(TransitionRefused), store.reader() as reader:
        acknowledged(reader, reader.get_one(Alert, number), now)
    with pytest.raises(TransitionRefused):
        closed(store, number, now, SAFE)


@pytest.mark.requirement("REG-063")
def test_what_the_plan_demands_was_done_or_a_reason_stands(store: Store, now: datetime) -> None:
    number = watched(store, now, {"action": "revalidate"})
    with pytest.raises(Refused, match=r"the plan demands 'revalidate', and nothing on record"):
        closed(store, number, now, SAFE)
    said = Conclusion("false alarm", "chance", WORDS, not_done="no truth will come")
    assert closed(store, number, now, said).action == "revalidate: not done: no truth will come"


@pytest.mark.requirement("REG-063")
def test_use_was_stopped_only_where_no_deployment_stands(store: Store, now: datetime) -> None:
    number = watched(store, now, {"action": "stop use"})
    stopped = Conclusion("use stopped", "device", WORDS, not_done="not needed")
    with pytest.raises(Refused, match=f"A deployment of the device stands at {SITE}"):
        closed(store, number, now, stopped)
    with store.transaction("service:deployment", "stopped", now=now) as tx:
        tx.get_one(Deployment, 1).ended_at = now
    alert = closed(store, number, now, stopped)
    assert alert.action.startswith(f"stop use: no deployment at {SITE} since 2026-01-05")


@pytest.mark.requirement("REG-063", "R-P11-10g")
def test_closing_is_signed_where_the_plan_wants_it_and_no_other_way_is_open(
    store: Store, now: datetime
) -> None:
    number = watched(store, now, {"signed": True})
    with pytest.raises(PasswordWrong):
        closed(store, number, now, SAFE, password="wrong")
    with pytest.raises(Refused, match=r"is not closed without a root cause.*a valid signature"):
        with store.transaction("demo.quality", "around it", now=now) as tx:
            tx.get_one(Alert, number).status = "closed"
    alert = closed(store, number, now, SAFE, password=PASSWORD)
    with store.reader() as reader:
        (signature,) = signatures_on(reader, alert)
        assert is_valid(signature, reader.get_one(Alert, number))
        assert verify_records(reader).whole
    assert (signature.meaning, signature.printed_name) == ("approval", "Demo Quality")


@pytest.mark.requirement("REG-064")
@pytest.mark.parametrize(
    ("chart", "severity", "grounds"),
    [("sensitivity", "moderate", "the device may answer worse than it claims"),
     ("appearance", "high", "the change is large"), ("appearance", "moderate", None)],
)  # fmt: skip
def test_an_alert_that_suggests_harm_opens_an_awareness_candidate(
    store: Store, now: datetime, chart: str, severity: str, grounds: str | None
) -> None:
    number = watched(store, now, chart=chart, severity=severity)
    later = now + timedelta(hours=2)
    with store.transaction("service:surveillance", "watch", now=later) as tx:
        found = open_on_signal(tx, tx.get_one(Alert, number), known=now, now=later)
        assert (found and found.grounds) == grounds
        assert found is None or (found.known_at, found.site) == (now, SITE)


@pytest.mark.requirement("REG-064")
def test_a_fall_of_performance_that_joins_a_harmless_alert_opens_a_candidate_as_of_then_once(
    store: Store, now: datetime
) -> None:
    number = watched(store, now, chart="appearance", severity="moderate")
    later = now + timedelta(days=3)
    with store.transaction("service:surveillance", "watch", now=later) as tx:
        alert = tx.get_one(Alert, number)
        assert open_on_signal(tx, alert, known=now, now=now) is None
        alert.evidence = {**alert.evidence, "also": [{"chart": "sensitivity"}]}
        found = open_on_signal(tx, alert, known=later, now=later)
        assert found is not None
        assert (found.known_at, found.grounds) == (
            later, "the device may answer worse than it claims",
        )  # fmt: skip
        assert open_on_signal(tx, alert, known=later, now=later) is None
