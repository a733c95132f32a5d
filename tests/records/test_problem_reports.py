"""An open anomaly stands in the way of a release; a known one that was evaluated does not."""

from datetime import datetime

import pytest

from records.people import find_actor
from records.problem_reports import (
    decide_problem,
    known_anomalies,
    open_anomalies,
    report_problem,
)
from records.product import ModelVersion
from records.store import Store
from tests.records.alert_workspace import PASSWORD, watched


@pytest.mark.requirement("REG-096")
def test_an_open_anomaly_stands_in_the_way_of_a_release(store: Store, now: datetime) -> None:
    watched(store, now)
    with store.transaction("demo.quality", "a report", now=now) as tx:
        version, person = tx.get_one(ModelVersion, 1), find_actor(tx, "demo.quality")
        made = report_problem(tx, version, words="it stops", severity="unknown", by=person, now=now)
        assert open_anomalies(tx, version) == [made]
        decide_problem(tx, made, "known anomaly", risk_evaluation="none", rationale="rare",
                       by=person, password=PASSWORD, now=now)  # fmt: skip
        assert open_anomalies(tx, version) == []
        assert known_anomalies(tx, version) == [made]
