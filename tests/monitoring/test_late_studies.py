"""Studies that come after their day was watched: the day is gone over again, its points stay."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest
from sqlmodel import select

from monitoring.detectors import DETECTORS
from monitoring.detectors.base import ChartContext, SiteDay, read_parameters
from monitoring.plan import parse_plan
from monitoring.run import DayFacts, Running, prepare_day, record_day
from records.cases import Prediction, Study
from records.planned_changes import PlannedChange
from records.product import Deployment, ModelVersion
from records.renewed_references import RenewedReference
from records.store import Store
from records.surveillance import ChartBaseline, ChartPoint, MonitoringPlan
from records.vault import Vault
from tests.regulatory.gathering import small_store as small
from tests.regulatory.gathering.small_store import add, at

FIRST, CHART, SITE = 28, "score distribution", small.SITES[0]
USUAL = np.random.default_rng(8).random(200)


def frozen() -> dict[str, object]:
    detector = DETECTORS["conformal_test"]
    context = ChartContext(CHART, SITE, 0.01, 90, 20, 5, seed=1)
    parameters = read_parameters(detector, {"column": "score"}, where="here")
    return detector.prepare({"score": USUAL}, context=context, parameters=parameters)


def add_studies(
    store: Store, scores: np.ndarray, *, day: int, received: datetime, start: int
) -> None:
    with store.transaction("setup", "as it came", now=received) as tx:
        for number, score in enumerate(scores.tolist()):
            study = small.add_study(
                tx, start + number, site_id=1, purpose="clinical", day=at(day)
            )
            tx.get_one(Study, study).received_at = received
            add(tx, Prediction(
                study_id=study, model_version_id=1, deployment_id=1, score=score, decision=False,
                out_of_distribution=0.2, returned_to_care=False, predicted_at=received,
            ))  # fmt: skip


@pytest.fixture
def begun(store: Store) -> Store:
    with store.transaction("setup", now=at(20)) as tx:
        device = small.add_device(tx)
        small.add_version(tx, device, small.add_development(tx, device))
        add(tx, Deployment(model_version_id=1, site_id=1, mode="live", started_at=at(20)))
        add(tx, ChartBaseline(plan_id=1, model_version_id=1, site_id=1, n=200, chart=CHART,
                              alpha=0.01, prepared=frozen(), frozen_at=at(20)))  # fmt: skip
    return store


def watch(store: Store, day: int, *, gathering: dict[str, str] | None = None) -> DayFacts:
    with store.reader() as reader:
        plan, version = reader.get_one(MonitoringPlan, 1), reader.get_one(ModelVersion, 1)
        facts = prepare_day(
            reader, Vault(store.workspace.vault), plan, parse_plan(plan.content),
            {SITE: Running(version, at(20).date())}, day=at(day).date(), gathering=gathering,
        )
    assert facts is not None
    with store.transaction("service:surveillance", "watch", now=at(day, 20)) as tx:
        record_day(tx, tx.get_one(MonitoringPlan, 1), tx.get_one(ModelVersion, 1), facts,
                   now=at(day, 20))  # fmt: skip
    return facts


def test_the_day_is_gone_over_again_and_its_point_stays_as_it_was(begun: Store) -> None:
    usual = np.random.default_rng(9).random(20)
    add_studies(begun, usual, day=FIRST, received=at(FIRST, 10), start=1000)
    watch(begun, FIRST)
    with begun.reader() as reader:
        (before,) = reader.exec(select(ChartPoint)).all()
    late = np.full(25, 0.97)
    add_studies(begun, late, day=FIRST, received=at(FIRST + 1, 9), start=2000)
    facts = watch(begun, FIRST + 1)
    with begun.reader() as reader:
        points = reader.exec(select(ChartPoint).order_by(ChartPoint.id)).all()  # type: ignore[arg-type]
    kept, now = points
    assert (kept.n, kept.statistic, kept.state) == (20, before.statistic, before.state)
    assert facts.counts[SITE]["studies_late"] == 25
    (revised,) = now.details["recomputed"]
    assert (revised["day"], revised["n"]) == (at(FIRST).date().isoformat(), 45)
    assert revised["statistic"] > 2.0 > (kept.statistic or 0.0)
    # where the chart would stand had they come in time
    detector, both = DETECTORS["conformal_test"], np.concatenate([usual, late])
    in_time = detector.step(frozen(), None, SiteDay(SITE, at(FIRST).date(), {"score": both}))
    after = detector.step(
        frozen(), in_time.state, SiteDay(SITE, at(FIRST + 1).date(), {"score": np.zeros(0)})
    )
    assert now.state == after.state
    assert [one.chart for one in facts.alerts] == [CHART]  # seen late, and raised
    assert facts.alerts[0].evidence["found_late_of"] == at(FIRST).date().isoformat()


def test_nothing_is_gone_over_twice_nor_where_nothing_came_late(begun: Store) -> None:
    scores = np.random.default_rng(9).random(20)
    add_studies(begun, scores, day=FIRST, received=at(FIRST, 10), start=1000)
    watch(begun, FIRST)
    add_studies(begun, scores[:6], day=FIRST, received=at(FIRST + 1, 9), start=2000)
    assert watch(begun, FIRST + 1).counts[SITE]["studies_late"] == 6
    after = watch(begun, FIRST + 2)
    assert "studies_late" not in after.counts[SITE]
    assert "recomputed" not in after.results[0].details


def test_what_comes_weeks_late_is_counted_and_changes_no_chart(begun: Store) -> None:
    for day in (FIRST, FIRST + 40):
        watch(begun, day)
    scores = np.full(30, 0.97)
    add_studies(begun, scores, day=FIRST, received=at(FIRST + 41, 9), start=2000)
    facts = watch(begun, FIRST + 41)
    assert (facts.counts[SITE]["studies_late"], facts.counts[SITE]["studies_too_late"]) == (0, 30)
    assert not facts.results[0].signal


def states(store: Store) -> dict[str, dict[str, object]]:
    with store.reader() as reader:
        return {f"{one.day}": one.state for one in reader.exec(select(ChartPoint))}


def test_a_chart_that_began_afresh_on_the_first_day_is_left_as_it_began(begun: Store) -> None:
    add_studies(begun, np.full(40, 0.97), day=FIRST, received=at(FIRST, 10), start=1000)
    watch(begun, FIRST)
    with begun.transaction("setup", "renewed", now=at(FIRST, 21)) as tx:
        add(tx, PlannedChange(
            site_id=1, kind="scanner replaced", first_day=at(21).date(), last_day=at(21).date(),
            description="x", reason="x", announced_by="ada", announced_at=at(20),
        ))  # fmt: skip
        add(tx, RenewedReference(
            baseline_id=1, planned_change_id=1, n=200, prepared=frozen(), grounds="x",
            confirmed_by="ada", confirmed_at=at(FIRST, 21),
        ))  # fmt: skip
    usual = np.random.default_rng(9).random(20)
    add_studies(begun, usual, day=FIRST + 1, received=at(FIRST + 1, 10), start=2000)
    watch(begun, FIRST + 1)
    add_studies(begun, usual[:3], day=FIRST + 1, received=at(FIRST + 2, 9), start=3000)
    facts = watch(begun, FIRST + 2)
    assert facts.counts[SITE]["studies_late"] == 3
    detector = DETECTORS["conformal_test"]
    second = detector.step(
        frozen(), None, SiteDay(SITE, at(FIRST + 1).date(), {"score": usual})
    )
    empty = SiteDay(SITE, at(FIRST + 2).date(), {"score": np.zeros(0)})
    (result,) = facts.results
    assert result.state == detector.step(frozen(), second.state, empty).state, "began afresh"
    assert "recomputed" not in result.details


def test_days_without_charts_are_not_gone_over_and_charts_begin_afresh_after_them(
    begun: Store,
) -> None:
    usual = np.random.default_rng(9).random(20)
    suspended = {SITE: "device suspended (SUS-0001)"}
    for number in range(3):
        add_studies(begun, usual, day=FIRST + number, received=at(FIRST + number, 10),
                    start=1000 * (number + 1))  # fmt: skip
        watch(begun, FIRST + number, gathering=suspended if number == 1 else None)
    before = states(begun)
    assert len(before) == 2
    add_studies(begun, usual[:4], day=FIRST, received=at(FIRST + 3, 9), start=9000)
    facts = watch(begun, FIRST + 3)
    (result,) = facts.results
    assert [one["day"] for one in result.details["recomputed"]] == [at(FIRST).date().isoformat()]
    detector = DETECTORS["conformal_test"]
    third = detector.step(
        frozen(), None, SiteDay(SITE, at(FIRST + 2).date(), {"score": usual})
    )
    empty = SiteDay(SITE, at(FIRST + 3).date(), {"score": np.zeros(0)})
    assert result.state == detector.step(frozen(), third.state, empty).state
