"""A breach's clocks, and that it is not closed before everybody was told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from records.breaches import (
    Breach,
    assess_breach,
    close_breach,
    duties,
    open_duties,
    record_breach,
    record_notification,
)
from records.errors import InvalidInput, NotAllowed, Refused, TransitionRefused
from records.people import Role, find_actor
from records.store import Store
from tests.people import add_people

AWARE = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
FACTS: dict[str, Any] = {
    "aware_at": AWARE, "what": "a disk was lost", "categories": "images", "people": 12,
    "risk": "risk", "regimes": ["EU", "US"],
}  # fmt: skip


@pytest.fixture
def store(store: Store) -> Store:
    with store.transaction("setup", now=AWARE) as tx:
        add_people(tx, [("quinn", Role.QUALITY), ("ada", Role.ADMINISTRATOR),
                        ("emil", Role.ENGINEER)], "x", AWARE)  # fmt: skip
    return store


def recorded(store: Store, by: str = "quinn", **changes: Any) -> Breach:
    with store.transaction(by, "found by IT", now=NOW) as tx:
        return record_breach(tx, FACTS | changes, by=find_actor(tx, by), now=NOW)


def due(**changes: Any) -> dict[str, datetime]:
    breach = Breach(**(FACTS | changes), recorded_by="quinn", recorded_at=NOW)
    return {one.to: one.due_at for one in duties(breach)}


def test_the_authority_is_told_within_72_hours_of_awareness() -> None:
    assert due()["supervisory authority"] == AWARE + timedelta(hours=72)
    assert "people concerned (EU)" not in due()
    assert due(risk="high risk")["people concerned (EU)"] == AWARE + timedelta(hours=72)
    assert due(risk="unlikely") == {}
    assert "supervisory authority" not in due(regimes=["US"])


@pytest.mark.parametrize(
    ("people", "secretary", "media"),
    [(499, datetime(2027, 3, 1, tzinfo=UTC), False), (500, AWARE + timedelta(days=60), False),
     (501, AWARE + timedelta(days=60), True), (None, AWARE + timedelta(days=60), True)],
)  # fmt: skip
def test_hipaa_counts_60_days_and_the_number_of_people(
    people: int | None, secretary: datetime, media: bool
) -> None:
    found = due(people=people)
    assert found["people concerned (US)"] == AWARE + timedelta(days=60)
    assert found["HHS Secretary"] == secretary
    assert ("media" in found) is media


def test_a_breach_is_closed_when_everybody_was_told_and_not_before(store: Store) -> None:
    made = recorded(store, regimes=["EU"])
    with store.transaction("quinn", "told", now=NOW) as tx:
        breach, quinn = tx.get_one(Breach, made.id), find_actor(tx, "quinn")
        with pytest.raises(Refused, match="supervisory authority was not told"):
            close_breach(tx, breach, conclusion="done", by=quinn, now=NOW)
        with pytest.raises(InvalidInput, match="has not to be told"):
            record_notification(tx, breach, "media", at=NOW, evidence="no. 7", by=quinn)
        with pytest.raises(InvalidInput, match="before anybody"):
            record_notification(tx, breach, "supervisory authority",
                                at=AWARE - timedelta(hours=1), evidence="no. 7", by=quinn)
        record_notification(
            tx, breach, "supervisory authority", at=NOW, evidence="no. 7", by=quinn
        )
        assert open_duties(breach) == ()
    with store.transaction("quinn", "the disk was found", now=NOW) as tx:
        breach = tx.get_one(Breach, made.id)
        close_breach(tx, breach, conclusion="found", by=find_actor(tx, "quinn"), now=NOW)
        with pytest.raises(TransitionRefused):
            close_breach(tx, breach, conclusion="x1", by=find_actor(tx, "quinn"), now=NOW)
        with pytest.raises(Refused):
            assess_breach(tx, breach, risk="risk", people=1, by=find_actor(tx, "quinn"))


def test_a_higher_risk_brings_more_duties(store: Store) -> None:
    made = recorded(store, regimes=["EU"], risk="unlikely")
    assert open_duties(made) == ()
    with store.transaction("quinn", "names were on it", now=NOW) as tx:
        breach = assess_breach(tx, tx.get_one(Breach, made.id), risk="high risk", people=None,
                               by=find_actor(tx, "quinn"))  # fmt: skip
        assert [one.to for one in open_duties(breach)] == [
            "supervisory authority", "people concerned (EU)"
        ]


def test_only_those_who_may_record_and_close(store: Store) -> None:
    with pytest.raises(NotAllowed):
        recorded(store, by="emil")
    made = recorded(store, by="ada", risk="unlikely")
    with pytest.raises(NotAllowed), store.transaction("ada", "x1", now=NOW) as tx:
        close_breach(tx, tx.get_one(Breach, made.id), conclusion="x1",
                     by=find_actor(tx, "ada"), now=NOW)  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [{"risk": "some"}, {"regimes": []}, {"regimes": ["CH"]}, {"people": -1}, {"what": " "},
     {"aware_at": NOW + timedelta(hours=1)}],
)  # fmt: skip
def test_what_cannot_be_a_breach_is_refused(store: Store, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        recorded(store, **wrong)
