"""The day that raises an alert of possible harm opens the candidate with it."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from monitoring.alerts import ProposedAlert, Severity
from monitoring.detectors.base import ChartResult, ChartStatus
from monitoring.run import DayFacts, record_day
from records.awareness import AwarenessCandidate
from records.product import ModelVersion
from records.store import Store
from records.surveillance import MonitoringPlan
from tests.records.alert_workspace import SITE, watched


@pytest.mark.requirement("REG-064")
def test_a_day_opens_a_candidate_for_each_alert_that_suggests_harm(
    store: Store, now: datetime
) -> None:
    watched(store, now)
    later = now + timedelta(days=1)
    charts = ("appearance", "sensitivity")
    facts = DayFacts(
        later.date(),
        [ChartResult(one, SITE, later.date(), 20, ChartStatus.SIGNAL, 2.0, statistic=3.0)
         for one in charts],
        tuple(ProposedAlert(one, SITE, later.date(), Severity.MODERATE, f"{one} moved", None)
              for one in charts),
        {SITE: {"studies": 20}},
    )  # fmt: skip
    with store.transaction("service:surveillance", "watch", now=later) as tx:
        _, alerts = record_day(
            tx, tx.get_one(MonitoringPlan, 1), tx.get_one(ModelVersion, 1), facts, now=later
        )
        numbers = [one.id for one in alerts]
    with store.reader() as reader:
        (candidate,) = reader.exec(select(AwarenessCandidate)).all()
    assert (candidate.alert_id, candidate.known_at, candidate.words) == (
        numbers[1], later, "sensitivity moved",
    )  # fmt: skip
