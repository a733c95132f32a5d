"""The facts of a performance-monitoring report agree with the rows they are counted from."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from records.alert_decisions import Conclusion, acknowledge_alert, close_alert
from records.cases import Prediction, ReferenceStandard
from records.chart_names import level_chart
from records.errors import Refused
from records.people import find_actor
from records.product import Deployment, ModelVersion, Site
from records.quality import Document
from records.store import Store
from records.surveillance import Alert, ChartBaseline, EvaluationResult
from regulatory.documents import performance_monitoring_report
from regulatory.documents.performance_facts import PerformanceFacts
from regulatory.documents.registry import PERFORMANCE_MONITORING_REPORT
from regulatory.documents.rendering import render
from regulatory.gathering.performance import gather_performance
from regulatory.gathering.performance_measured import NO_TRUTH, NOT_MEASURED
from tests.regulatory.gathering.conftest import basis_in, statements
from tests.regulatory.gathering.small_operation import (
    CHART,
    DAILY,
    DAYS,
    FIRST,
    PERIOD,
    SIGNAL_DAY,
    add_alert,
    add_case,
    add_period_evaluations,
    add_revalidation,
)
from tests.regulatory.gathering.small_store import SITES, add, at


def facts_of(store: Store) -> PerformanceFacts:
    """The facts of the small period as of now."""
    with store.reader() as reader:
        return gather_performance(reader, basis_in(reader, period=PERIOD))


@pytest.mark.requirement("REG-065", "REG-066")
def test_coverage_counts_rows(operated: Store) -> None:
    """Studies, predictions, refused files and known truths of each site."""
    found = {one.site: one for one in facts_of(operated).sites}
    for site in SITES:
        assert found[site].studies == found[site].predictions == DAYS * DAILY
        assert found[site].truth_known == DAYS
        assert found[site].mode == "shadow"
    assert (found["northfield"].quarantined, found["westhaven"].quarantined) == (0, 1)
    assert facts_of(operated).quarantine == (("westhaven", "out of scope (view)", 1),)


def test_days_outside_the_period_do_not_count(operated: Store) -> None:
    """A study of the day before and one of the day after belong to other reports."""
    with operated.transaction("watch", "more days", now=at(FIRST + 3)) as tx:
        add_case(tx, 1, 5001, site=1, step=-1, known=True)
        add_case(tx, 1, 5002, site=1, step=DAYS, known=True)
    site = facts_of(operated).sites[0]
    assert (site.studies, site.predictions, site.truth_known) == (12, 12, DAYS)


@pytest.mark.requirement("REG-062")
def test_charts_are_the_stored_points(operated: Store) -> None:
    """Statistic and limit by day, None where a chart could not be run, signals as stored."""
    charts = {one.name: one for one in facts_of(operated).charts}
    assert list(charts) == [
        "image appearance", "score distribution", "sensitivity in use", "specificity in use",
        "pictures as the model sees them", "unfamiliar studies", "undecided outputs",
        "acquisition and age", "view mix", "new scanner", "refused files", "new reason of refusal",
        "AI did not run", "slow answers", "silence",
    ]  # fmt: skip
    first, second = charts[CHART].series
    assert (first.site, first.statistic) == (SITES[0], (1.0, 2.0, 6.5))
    assert first.signals == (SIGNAL_DAY,)
    assert (second.statistic, second.upper) == ((None, 2.0, 3.0), (5.0, 5.0, 5.0))
    assert charts["silence"].series[0].statistic == (None, None, None)
    assert "not run at westhaven: too few studies" in charts["silence"].in_control
    assert [charts[name].group for name in charts] == [
        "input", "output", "performance", "performance", "input", "output", "output",
        *["input"] * 8,
    ]  # fmt: skip
    assert "not recorded" not in {one.question for one in charts.values()}


def test_error_control_is_told_from_the_baselines(operated: Store) -> None:
    """Budget from the plan, shares from the frozen baselines."""
    plan = facts_of(operated).plan
    assert plan.budget.startswith("at most 5 % probability of one or more false alerts in 90 days")
    assert plan.error_control == (
        "Bonferroni: the budget is shared equally by 15 charts at 2 sites; each chart at each site "
        "has 0.167 %"
    )
    assert plan.truth_delay == "truths count up to 60 days after the study"


def test_charts_of_levels_stand_behind_their_own_with_those_that_could_not_run(
    operated: Store,
) -> None:
    with operated.transaction("setup", "a chart by subgroup", now=at(FIRST)) as tx:
        for label, reason in (("F", ""), ("M", "sex=M: 12 held-out studies; 50 are needed")):
            add(tx, ChartBaseline(
                plan_id=1, model_version_id=1, site_id=1, n=60, alpha=0.00125, reason=reason,
                chart=level_chart("score distribution", "sex", label), prepared={},
                frozen_at=at(FIRST),
            ))  # fmt: skip
    found = facts_of(operated)
    charts = {one.name: one for one in found.charts}
    assert list(charts)[1:4] == [
        "score distribution", "score distribution [sex=F]", "score distribution [sex=M]"
    ]
    assert charts["score distribution [sex=F]"].question.startswith("sex F: Has the distribution")
    assert "not run at northfield: sex=M: 12 held-out studies" in (
        charts["score distribution [sex=M]"].in_control
    )
    assert "shared equally by 15 charts at 2 sites" in found.plan.error_control
    assert "(2 charts of levels)" in found.plan.error_control


def test_outputs_count_what_was_flagged(operated: Store) -> None:
    """The share flagged is a count of rows; what the plan does not ask for is not estimated."""
    for one in facts_of(operated).outputs:
        assert (one.flagged.numerator, one.flagged.denominator) == (6, 12)
        assert not one.score.estimable and not one.out_of_distribution.estimable


def test_drift_reports_are_quoted(operated: Store) -> None:
    """Evidently's verdicts as stored."""
    (report,) = facts_of(operated).drift_reports
    assert (report.columns, report.drifted, report.html_digest) == (2, ("noise",), "html")


def test_a_period_not_measured_has_no_performance(operated: Store) -> None:
    """No stored evaluation: plainly not estimable, nothing computed here."""
    found = facts_of(operated).performance
    assert {one.estimate.reason for one in found} == {NOT_MEASURED}
    assert all(one.period is None for one in facts_of(operated).comparisons)


def test_performance_is_the_stored_evaluation(operated: Store) -> None:
    """Overall, by site and by group, each number a stored row, beside the validation."""
    with operated.transaction("watch", "measure", now=at(FIRST + 4)) as tx:
        add_period_evaluations(tx, tx.get_one(ModelVersion, 1))
    facts = facts_of(operated)
    with operated.reader() as reader:
        stored = {one.label: one for one in reader.exec(select(EvaluationResult))}
    for one in facts.performance:
        assert one.estimate.value == stored[one.record].value
    places = {(one.site, one.estimate.subgroup) for one in facts.performance}
    assert places == {("", "all"), ("northfield", "all"), ("", "sex: F")}
    compared = {(one.measure, one.group): one for one in facts.comparisons}
    beside = compared["auc", "northfield, internal test"]
    assert beside.validation is not None and beside.period is not None
    assert beside.validation.estimate.subgroup == "site: northfield"
    assert ("auc", "all sites, external test") in compared


def test_the_period_before_is_compared_with(operated: Store) -> None:
    """The evaluation and the approved report of an earlier period are found."""
    earlier = (PERIOD[0] - timedelta(days=3), PERIOD[0] - timedelta(days=1))
    with operated.transaction("watch", "earlier period", now=at(FIRST + 4)) as tx:
        version = tx.get_one(ModelVersion, 1)
        add_period_evaluations(tx, version)
        add_period_evaluations(tx, version, earlier)
        report = Document(
            device_id=1, kind=PERFORMANCE_MONITORING_REPORT, number="DOC-26-x", version=3,
            title="t", period_from=earlier[0], period_to=earlier[1], freeze_at=at(FIRST),
            freeze_sequence=1, facts_digest="f", template_digest="t", draft_json_digest="j",
            compiled_at=at(FIRST),
        )
        add(tx, report)
        number = report.id
    with operated.engine.begin() as raw:
        raw.execute(
            text("UPDATE document SET status = 'effective' WHERE id = :id"), {"id": number}
        )
    facts = facts_of(operated)
    assert facts.previous_report == "DOC-0001, version 3"
    whole = next(one for one in facts.comparisons if one.group == "all sites, internal test")
    assert whole.previous is not None and whole.period is not None
    assert whole.previous.record != whole.period.record


def test_alerts_and_what_people_decided(operated: Store) -> None:
    """An alert with its answers: who, when, in which words, from the audit trail."""
    with operated.transaction("watch", "signal", now=at(FIRST + 2, 20)) as tx:
        alert = add_alert(tx)
        number = alert.id
    with operated.transaction("demo.quality", "seen", now=at(FIRST + 3)) as tx:
        person = find_actor(tx, "demo.quality")
        acknowledge_alert(
            tx, tx.get_one(Alert, number), by=person, finding="asking the site", now=at(FIRST + 3)
        )
    with operated.transaction("watch", "revalidate", now=at(FIRST + 3, 9)) as tx:
        add_revalidation(tx, tx.get_one(ModelVersion, 1), tx.get_one(Alert, number))
    with operated.transaction("demo.quality", "answered", now=at(FIRST + 4)) as tx:
        close_alert(
            tx, tx.get_one(Alert, number), by=find_actor(tx, "demo.quality"),
            conclusion=Conclusion("true change at the site", "software", "new detector"),
            now=at(FIRST + 4),
        )
    facts = facts_of(operated)
    (seen,) = facts.alerts
    assert (seen.acknowledged_by, seen.status) == ("Demo Quality", "closed")
    said = [(one.record, one.decision, one.reason, one.decided_by) for one in facts.decisions]
    assert said == [
        ("ALT-0001", "acknowledged", "asking the site", "Demo Quality"),
        ("RVL-0001", "revalidation: degraded", "Specificity below its bound.",
         "computed for watch"),
        ("ALT-0001", "closed: true change at the site", "new detector", "Demo Quality"),
    ]  # fmt: skip
    (again,) = facts.revalidations
    measure, before, after, difference = again.rows[0]
    assert measure == "auc" and before is not None and after is not None
    assert difference is not None and difference.value == -0.1
    assert again.rows[1][3] is None  # no difference was stored for the sensitivity


def test_an_alert_of_another_period_is_left_out(operated: Store) -> None:
    """Only what was raised in the period is listed."""
    with operated.transaction("watch", "signal", now=at(FIRST + 2, 20)) as tx:
        add_alert(tx)
    with operated.reader() as reader:
        basis = basis_in(reader, period=(PERIOD[0], SIGNAL_DAY - timedelta(days=1)))
        assert gather_performance(reader, basis).alerts == ()


def test_refused_without_a_period_or_a_deployment(operated: Store) -> None:
    """Each refusal says what is missing."""
    long_ago = (PERIOD[0] - timedelta(days=99), PERIOD[0] - timedelta(days=90))
    with operated.reader() as reader:
        with pytest.raises(Refused, match="about a period"):
            gather_performance(reader, basis_in(reader))
        with pytest.raises(Refused, match="ran nowhere"):
            gather_performance(reader, basis_in(reader, period=long_ago))


def test_questions_do_not_grow_with_the_studies(operated: Store) -> None:
    """The number of statements is the same whatever the number of studies."""
    with operated.reader() as reader, statements(operated) as asked:
        gather_performance(reader, basis_in(reader, period=PERIOD))
        first = asked()
    with operated.transaction("watch", "more", now=at(FIRST + 3)) as tx:
        for number in range(7000, 7020):
            add_case(tx, 1, number, site=1, step=0, known=True)
    with operated.reader() as reader, statements(operated) as asked:
        gather_performance(reader, basis_in(reader, period=PERIOD))
        assert asked() == first < 32


def test_the_report_can_be_set(operated: Store) -> None:
    """From rows to PDF."""
    with operated.transaction("watch", "measure", now=at(FIRST + 4)) as tx:
        add_period_evaluations(tx, tx.get_one(ModelVersion, 1))
        add_alert(tx)
    content = performance_monitoring_report.build(facts_of(operated))
    assert render(content).pdf.startswith(b"%PDF")


@pytest.mark.requirement("REG-065")
def test_each_version_that_ran_in_care_is_told_apart_and_one_not_measured_is_a_gap(
    operated: Store,
) -> None:
    """A second version follows at one site; one shadow beside it says nothing to care."""
    with operated.transaction("watch", "measure, then another version", now=at(FIRST + 4)) as tx:
        first = tx.get_one(ModelVersion, 1)
        add_period_evaluations(tx, first)
        again = first.model_dump(exclude={"id", "status"})
        numbers = [
            add(tx, ModelVersion(**again | {"name": name, "version_digest": name}))
            for name in ("small-2", "small-3")
        ]
        places = [
            add(tx, Deployment(model_version_id=number, site_id=1, mode=mode, started_at=day))
            for number, mode, day in (
                (numbers[0], "live", at(FIRST + 2)), (numbers[1], "shadow", at(FIRST + 2, 9)),
            )
        ]
        for number, place, study in zip(numbers, places, (1, 2), strict=True):
            one = tx.exec(select(Prediction).where(
                col(Prediction.deployment_id) == 1,
                col(Prediction.study_id).in_(select(ReferenceStandard.study_id)),
            ).offset(study)).first()  # fmt: skip
            assert one is not None
            add(tx, Prediction(**one.model_dump(exclude={"id"}) | {
                "model_version_id": number, "deployment_id": place,
            }))  # fmt: skip
    facts = facts_of(operated)
    measured = [(one.name, one.known, one.judged) for one in facts.measured]
    assert measured == [("small-1", 2 * DAYS, 4), ("small-2", 1, None)]
    assert facts.in_shadow == 1
    rows = {(one.version, one.site, one.estimate.reason) for one in facts.performance}
    assert ("MDV-0002", "", NOT_MEASURED) in rows
    assert {one.version for one in facts.comparisons} == {"MDV-0001", "MDV-0002"}
    said = str(performance_monitoring_report.build(facts))
    assert "Performance of small-2 (MDV-0002) in the period" in said
    assert "Performance of small-1 (MDV-0001) at westhaven in the period" in said
    assert "Why small-1 (MDV-0001) was judged on 2 readings fewer than have a known truth" in said
    assert "known at the data freeze: 7; judged: 4" in said


def test_a_site_without_known_truth_is_not_estimable_of_none(operated: Store) -> None:
    """The row stands, with n = 0; it is not left out."""
    with operated.transaction("watch", "measure", now=at(FIRST + 4)) as tx:
        add_period_evaluations(tx, tx.get_one(ModelVersion, 1))
        site = add(tx, Site(
            name="southgate", title="Southgate", origin="simulated", registered_at=at(1)
        ))  # fmt: skip
        add(tx, Deployment(
            model_version_id=1, site_id=site, mode="shadow", started_at=at(FIRST)
        ))  # fmt: skip
    own = [one.estimate for one in facts_of(operated).performance if one.site == "southgate"]
    assert own and all(one.n == 0 and one.reason == NO_TRUTH for one in own)
