"""A device whose plan watches performance before its truth is known, and calibration: a whole week
of days up to the day that judges it."""

from typing import Any

import numpy as np
import pytest
from sqlmodel import Session, select

from imaging.pseudonyms import workspace_deidentifier
from journeys.watch_day import DayReport, run_charts, watch_day, watch_of
from monitoring.baselines import QUALITY, prepare_baselines, record_baselines
from monitoring.merging import signals_of
from monitoring.plan import parse_plan
from records.cases import Prediction
from records.definition import find_definition, load_definition
from records.product import Deployment
from records.queries import effective_plan
from records.store import Store
from records.surveillance import Alert, ChartPoint
from tests.regulatory.gathering import small_store as small
from tests.regulatory.gathering.small_store import add, at

DEVICE = "paediatric-chest-pneumonia"
MONDAY, DAILY = 28, 30
POINT = 0.5


def case(rng: np.random.Generator, *, promise: float = 0.0) -> tuple[float, bool]:
    """A score and the truth it promises, or more log odds than it keeps."""
    odds = float(rng.normal(-0.5, 2.0))
    return 1.0 / (1.0 + np.exp(-(odds + promise))), bool(rng.random() < 1.0 / (1.0 + np.exp(-odds)))


def reference(rng: np.random.Generator) -> list[dict[str, Any]]:
    rows = []
    for number in range(400):
        score, truth = case(rng)
        quality = {name: float(rng.normal(0.5, 0.1)) for name in QUALITY}
        rows.append(quality | {
            "study_uid": f"1.{number}", "patient": f"R{number}", "site": small.SITES[0],
            "split": "internal_test", "score": score, "decision": score >= POINT, "truth": truth,
            "arrived_on": at(7).date(), "view": "PA",
        })  # fmt: skip
    return rows


def add_week(tx: Session, rng: np.random.Generator, promise: float) -> None:
    for number in range(7 * DAILY):
        score, truth = case(rng, promise=promise)
        day = at(MONDAY + number // DAILY)
        study = small.add_study(tx, 1000 + number, site_id=1, purpose="clinical", day=day)
        add(tx, Prediction(
            study_id=study, model_version_id=1, deployment_id=1, score=score,
            decision=score >= POINT, out_of_distribution=0.2, returned_to_care=False,
            predicted_at=day,
        ))  # fmt: skip
        if number % 2:
            small.add_truth(tx, study, present=truth, day=day)



@pytest.fixture
def watched(store: Store, monkeypatch: pytest.MonkeyPatch) -> DayReport:
    """The Sunday of a week in which the scores lie 1.5 log odds too low."""
    declared = load_definition(find_definition(DEVICE))
    declared.monitoring_plan.pop("evidently")  # describes only, and takes seconds
    monkeypatch.setattr(small, "DEVICE", DEVICE)
    monkeypatch.setattr(small, "definition", lambda: declared)
    workspace_deidentifier(store, site=small.SITES[0])  # its key comes before any study
    rng = np.random.default_rng(3)
    with store.transaction("setup", now=at(20)) as tx:
        device = small.add_device(tx)
        version = small.add_version(tx, device, small.add_development(tx, device))
        add(tx, Deployment(model_version_id=1, site_id=1, mode="live", started_at=at(20)))
        add_week(tx, rng, -1.5)
        plan = effective_plan(tx, device)
        assert plan is not None
        found = prepare_baselines(
            declared, parse_plan(plan.content), reference(rng), daily_n={small.SITES[0]: DAILY},
            watched_sites=1, seed=1,
        )
        assert set(found[0].refused) == {  # of which this reference knows nothing
            "pictures as the model sees them", "acquisition and age", "unfamiliar studies",
            "undecided outputs",
        }
        record_baselines(tx, plan, version, found, now=at(20))
    with store.reader() as reader:
        watch = watch_of(reader, DEVICE)
    for step in range(MONDAY, MONDAY + 6):
        run_charts(store, watch, at(step).date(), actor="watch", now=at(step, 20))
    last = at(MONDAY + 6, 20)
    return watch_day(store, DEVICE, last.date(), actor="watch", now=last)


def test_the_week_is_judged_before_all_truth_is_known_and_its_calibration_is_alerted(
    store: Store, watched: DayReport
) -> None:
    assert watched.watched
    with store.reader() as reader:
        of_day = select(ChartPoint).where(ChartPoint.day == watched.day)
        points = {one.chart: one for one in reader.exec(of_day)}
        alerts = list(reader.exec(select(Alert)))
    of_girls = points["sensitivity in use [sex=F]"]
    assert (of_girls.subgroup, of_girls.details["of"]["value"]) == ("sex=F", "F")
    assert of_girls.state["known"] + points["sensitivity in use [sex=M]"].state["known"] == (
        points["sensitivity in use"].state["known"]
    )
    sensitivity, calibration = points["estimated sensitivity"], points["calibration"]
    assert sensitivity.details["studies"] == 7 * DAILY
    assert sensitivity.details["known"] == 7 * DAILY // 2
    figures = sensitivity.details["figures"]
    powered = figures["prediction-powered"]
    assert powered["low"] < powered["value"] < powered["high"] < 0.9
    assert figures["estimated"]["value"] is None, "the range over what the scores may mean is wide"
    assert figures["realised"]["reason"] == "the truth of 105 of 210 studies is known"
    assert calibration.signal
    assert calibration.details["changed"] == "in the large"
    assert calibration.details["observed"] > 1.2 * calibration.details["expected"]
    assert calibration.details["proposed_recalibration"]["kind"] == "intercept"
    (alert,) = alerts
    told = {one["chart"] for one in signals_of(alert.chart, alert.evidence)}
    assert {"calibration", "estimated sensitivity", "score distribution"} <= told
