"""Alerts are acknowledged by a person, and only then revalidated."""

from datetime import UTC, datetime

import pytest

from journeys.demonstration_steps import Course, _answer_alerts
from journeys.revalidate import revalidate_alerts
from journeys.simulated_subjects import Scale
from records.store import Store
from records.surveillance import Alert
from tests.regulatory.gathering import small_operation as operation
from tests.regulatory.gathering import small_store as small

DEVICE = small.DEVICE


@pytest.fixture
def alerted(operated: Store) -> Store:
    """Three days watched, an alert raised on the last evening."""
    with operated.transaction("watch", now=small.at(operation.FIRST + 2, 20)) as tx:
        operation.add_alert(tx)
    return operated


def alert_in(store: Store) -> Alert:
    with store.reader() as reader:
        return reader.get_one(Alert, 1)


def test_without_a_person_an_alert_that_waits_is_left_alone(alerted: Store) -> None:
    made = revalidate_alerts(
        alerted, DEVICE, actor="service:surveillance", quality=None, now=small.at(30)
    )
    assert made == []
    assert alert_in(alerted).status == "open"


def test_in_a_demonstration_alerts_are_acknowledged_the_next_morning(alerted: Store) -> None:
    course = Course(
        store=alerted, order={}, seed=1, data=None, external=None, drift=True, columns={},
        workers=1, scale=Scale(), advance=lambda _done, _total: None,
    )
    day = small.at(operation.FIRST + 3).date()
    _answer_alerts(course, day)
    found = alert_in(alerted)
    assert (found.status, found.acknowledged_by) == ("acknowledged", "demo.quality")
    assert found.acknowledged_at == datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    _answer_alerts(course, small.at(operation.FIRST + 4).date())
    assert course.now == found.acknowledged_at, "where nothing waits the clock stays"
