"""A small period of operation on record: three days at two sites, one of them signalling."""

from datetime import date, timedelta
from typing import Any

from sqlmodel import Session

from measures.estimate import Estimate
from records.cases import Prediction, Quarantine
from records.product import Deployment, ModelVersion
from records.surveillance import (
    Alert,
    ChartBaseline,
    ChartPoint,
    DriftReport,
    MonitoringRun,
    Revalidation,
)
from tests.regulatory.gathering.small_store import (
    SITES,
    add,
    add_evaluation,
    add_study,
    add_truth,
    at,
    definition,
)

FIRST, DAYS, DAILY = 21, 3, 4
PERIOD = (at(FIRST).date(), at(FIRST + DAYS - 1).date())
SIGNAL_DAY = at(FIRST + 2).date()
CHART = "image appearance"


def add_operation(tx: Session, version: ModelVersion, *, daily: int = DAILY) -> None:
    """Deployments, studies with predictions, some truths, refused files, runs and charts."""
    assert version.id is not None
    for site in (1, 2):
        add(tx, Deployment(
            model_version_id=version.id, site_id=site, mode="shadow", started_at=at(FIRST - 1),
        ))  # fmt: skip
        add_baselines(tx, version.id, site)
    number = 1000
    for step in range(DAYS):
        for site in (1, 2):
            for index in range(daily):
                number += 1
                add_case(tx, version.id, number, site=site, step=step, known=index == 0)
        add_run(tx, version.id, step)
    add(tx, Quarantine(
        source_digest="field", site_id=2, reason="out_of_scope:view", size_bytes=9,
        arrived_on=PERIOD[0], received_at=at(FIRST),
    ))  # fmt: skip


def add_case(
    tx: Session, version: int, number: int, *, site: int, step: int, known: bool
) -> None:
    """A study in operation; odd numbers are flagged; the truth of some is known the same day."""
    day = at(FIRST + step)
    study = add_study(tx, number, site_id=site, purpose="clinical", day=day)
    add(tx, Prediction(
        study_id=study, model_version_id=version, deployment_id=site, score=0.5,
        decision=number % 2 == 1, out_of_distribution=0.2, returned_to_care=False,
        predicted_at=day,
    ))  # fmt: skip
    if known:
        add_truth(tx, study, present=True, day=day)


def add_baselines(tx: Session, version: int, site: int) -> None:
    """Every chart of the plan prepared; silence cannot run at the second site."""
    charts = definition().monitoring_plan["charts"]
    share = 0.05 / (2 * len(charts))
    for chart in charts:
        refused = "too few studies" if (site, chart["name"]) == (2, "silence") else ""
        add(tx, ChartBaseline(
            plan_id=1, model_version_id=version, site_id=site, chart=chart["name"], n=60,
            alpha=share, prepared={} if refused else {"mean": {"noise": 0.5}, "bound": 0.75},
            reason=refused, frozen_at=at(FIRST - 1),
        ))  # fmt: skip


def add_run(tx: Session, version: int, step: int) -> None:
    """A day's run: the image chart at both sites; it signals at the first on the last day."""
    day = at(FIRST + step).date()
    run = add(tx, MonitoringRun(
        plan_id=1, model_version_id=version, day=day, studies=2 * DAILY, counts={},
        run_at=at(FIRST + step, 20),
    ))  # fmt: skip
    for site in SITES:
        beyond = site == SITES[0] and day == SIGNAL_DAY
        waiting = site == SITES[1] and step == 0
        add(tx, ChartPoint(
            run_id=run, chart=CHART, site=site, day=day, n=DAILY, limit=5.0, signal=beyond,
            statistic=None if waiting else 6.5 if beyond else 1.0 + step,
            reason="no study today" if waiting else "",
        ))  # fmt: skip
    if step == DAYS - 1:
        add(tx, DriftReport(
            run_id=run, day=day, occasion="weekly", reference_rows=18, current_rows=24,
            verdicts=[{"column": "noise", "drifted": True}, {"column": "sex", "drifted": False}],
            html_digest="html", json_digest="json",
        ))  # fmt: skip


def add_alert(tx: Session) -> Alert:
    """The alert that the signal raised, still open."""
    alert = Alert(
        plan_id=1, chart_point_id=5, chart=CHART, site=SITES[0], severity="high",
        summary="northfield: noise is higher.", onset_estimate=SIGNAL_DAY - timedelta(days=1),
        raised_on=SIGNAL_DAY, raised_at=at(FIRST + 2, 20),
    )
    add(tx, alert)
    return alert


def add_revalidation(tx: Session, version: ModelVersion, alert: Alert) -> None:
    """The version judged before and after the alert's onset."""
    assert version.id is not None
    before, after = (
        add_evaluation(tx, version, "revalidation", site_id=1, evaluated_at=at(FIRST + 3))
        for _ in range(2)
    )
    difference = Estimate("auc_difference", n=8, value=-0.1, low=-0.3, high=0.1, method="Welch")
    add(tx, Revalidation(
        alert_id=alert.id, model_version_id=version.id, site=SITES[0],
        trigger=f"alert {alert.label}: {alert.summary}", period_from=SIGNAL_DAY,
        period_to=PERIOD[1], before_evaluation_id=before.id, after_evaluation_id=after.id,
        comparison={"differences_after_minus_before": [difference.to_dict()]},
        outcome="degraded", conclusion="specificity below its bound.",
        revalidated_at=at(FIRST + 3),
    ))  # fmt: skip


def add_period_evaluations(
    tx: Session, version: ModelVersion, period: tuple[date, date] = PERIOD
) -> None:
    """How well the device did in a period: all sites, then the first site."""
    for site in (None, 1):
        more: dict[str, Any] = {"site_id": site, "period_from": period[0], "period_to": period[1]}
        add_evaluation(tx, version, "post_market", evaluated_at=at(FIRST + 4), **more)
