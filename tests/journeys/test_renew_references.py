"""A new reference after an announced change: by a person, on the truth's word, never by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from journeys.renew_references import renew_references
from monitoring.new_reference import performance_since
from monitoring.raising import restarted_charts
from monitoring.run import baselines_of
from records.cases import Prediction
from records.errors import NotAllowed, Refused
from records.planned_changes import PlannedChange
from records.product import Deployment, ModelVersion
from records.renewed_references import RenewedReference
from records.store import Store
from records.surveillance import ChartBaseline, MonitoringPlan, MonitoringRun
from tests.regulatory.gathering import small_store as small
from tests.regulatory.gathering.small_store import add, at

BEGUN, OVER, LAST = 28, 29, 33
OUTPUT, PERFORMANCE = "score distribution", "sensitivity in use"
OLD = {"daily_n": 20, "old": True}


def operate(store: Store, *, studies: int = 60, wrong: int = 0) -> PlannedChange:
    """A scanner is replaced, then so many studies with their truth come; the last watched day."""
    with store.transaction("setup", now=at(20)) as tx:
        device = small.add_device(tx)
        version = small.add_version(tx, device, small.add_development(tx, device))
        add(tx, Deployment(model_version_id=1, site_id=1, mode="live", started_at=at(20)))
        for chart in (OUTPUT, PERFORMANCE):
            add(tx, ChartBaseline(
                plan_id=1, model_version_id=version.id or 0, site_id=1, n=90, chart=chart,
                alpha=0.01, prepared=OLD, frozen_at=at(20),
            ))  # fmt: skip
        change = PlannedChange(
            site_id=1, kind="scanner", first_day=at(BEGUN).date(), last_day=at(OVER).date(),
            description="another unit", reason="letter", announced_by="demo.quality",
            announced_at=at(20),
        )
        add(tx, change)
        for number in range(studies):
            _study(tx, number, day=OVER + 1 + number % 4, wrong=number < wrong)
        add(tx, MonitoringRun(plan_id=1, model_version_id=1, day=at(LAST).date(), studies=9,
                              counts={}, run_at=at(LAST, 20)))  # fmt: skip
    return change


def _study(tx: Session, number: int, *, day: int, wrong: bool) -> None:
    ill = number % 2 == 0
    study = small.add_study(tx, 1000 + number, site_id=1, purpose="clinical", day=at(day))
    add(tx, Prediction(
        study_id=study, model_version_id=1, deployment_id=1, score=0.2 + 0.01 * number,
        decision=ill != wrong, out_of_distribution=0.2, returned_to_care=False,
        predicted_at=at(day),
    ))  # fmt: skip
    small.add_truth(tx, study, present=ill, day=at(day))


def renew(
    store: Store, change: PlannedChange, *, without: bool = False, actor: str = "demo.quality"
) -> list[RenewedReference]:
    return renew_references(
        store, small.DEVICE, change, without_truth=without, actor=actor,
        reason="the new unit is in use", now=at(LAST, 21),
    )[1]


def test_charts_of_output_start_afresh_on_the_new_reference_and_performance_keeps_its_own(
    store: Store,
) -> None:
    made = renew(store, operate(store))
    assert [(one.n, one.confirmed_by) for one in made] == [(50, "demo.quality")]
    assert made[0].grounds.startswith("sensitivity 1.00 (0.")
    with store.reader() as reader:
        plan, version = reader.get_one(MonitoringPlan, 1), reader.get_one(ModelVersion, 1)
        charts = baselines_of(reader, plan, version)[small.SITES[0]]
        kept = reader.exec(select(ChartBaseline).where(ChartBaseline.chart == OUTPUT)).one()
        afresh = restarted_charts(reader, plan, last=at(LAST).date())
        then = baselines_of(reader, plan, version, on=at(LAST).date())[small.SITES[0]]
        later = baselines_of(reader, plan, version, on=at(LAST + 1).date())[small.SITES[0]]
    assert then[OUTPUT] == OLD, "an incident of then is held against the reference of then"
    assert later == charts
    assert kept.prepared == OLD  # what was frozen first stays on record
    assert charts[PERFORMANCE] == OLD
    assert charts[OUTPUT]["reference_n"] == 50
    assert afresh == {(OUTPUT, small.SITES[0])}


def test_a_loss_never_becomes_the_new_normal(store: Store) -> None:
    change = operate(store, wrong=40)
    for without in (False, True):
        with pytest.raises(Refused, match="make the loss the new normal"):
            renew(store, change, without=without)


def test_without_the_word_of_the_truth_a_person_says_so_on_record(store: Store) -> None:
    change = operate(store, wrong=14)  # neither kept nor broken by the interval
    with pytest.raises(Refused, match="does not show that the claims hold") as refused:
        renew(store, change)
    assert "--without-truth" in refused.value.hint
    (made,) = renew(store, change, without=True)
    assert made.grounds.startswith("confirmed without truth; sensitivity 0.7")


def test_it_is_refused_to_who_may_not_too_early_and_after_a_withdrawal(store: Store) -> None:
    change = operate(store, studies=30)
    with pytest.raises(Refused, match="Too early for a new reference"):
        renew(store, change)
    with store.transaction("setup", now=at(LAST)) as tx:
        for number in range(30, 60):
            _study(tx, number, day=LAST, wrong=False)
    with pytest.raises(NotAllowed):
        renew(store, change, actor="demo.engineer")
    with store.transaction("demo.quality", "put off", now=at(LAST)) as tx:
        given = change.model_dump(exclude={"id", "withdraws_id"})
        add(tx, PlannedChange(**given, withdraws_id=change.id))
    with pytest.raises(Refused, match="does not stand"):
        renew(store, change)
    with store.reader() as reader:
        assert not reader.exec(select(RenewedReference)).all()


def test_a_change_that_is_not_over_gives_no_reference(store: Store) -> None:
    change = operate(store)
    with store.transaction("setup", "x", now=at(LAST)) as tx:
        longer = change.model_dump(exclude={"id", "last_day"})
        add(tx, PlannedChange(**longer, last_day=at(LAST).date() + timedelta(days=1)))
        other = tx.get_one(PlannedChange, 2)
    with pytest.raises(Refused, match="is not over by the last watched day"):
        renew(store, other)


@pytest.mark.parametrize(
    ("right", "holds"), [(30, True), (20, None), (8, False)]
)
def test_the_truth_decides_by_its_interval(right: int, *, holds: bool | None) -> None:
    rows = [{"truth": True, "decision": number < right} for number in range(30)]
    rows += [{"truth": None, "decision": True}] * 5
    found, words = performance_since({"sensitivity": 0.7}, rows)
    assert found is holds
    assert "n = 30; at least 0.70" in words


def test_a_claim_without_truth_decides_nothing() -> None:
    assert performance_since({"sensitivity": 0.7}, [])[0] is None
    assert performance_since({}, [])[0] is None
