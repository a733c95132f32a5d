"""The facts of a performance-monitoring report: what ran, what was watched, what was found.

Only stored figures and counts of rows are quoted. How well the device did in the period was
measured and recorded beforehand (evaluations with the purpose 'post_market').
"""

from collections.abc import Iterable
from datetime import date

from sqlmodel import Session, col, select

from records.errors import Refused
from records.product import Device
from records.quality import Document
from records.surveillance import Evaluation
from regulatory.documents.content import Trace
from regulatory.documents.performance_facts import PerformanceFacts
from regulatory.documents.registry import PERFORMANCE_MONITORING_REPORT
from regulatory.gathering.edition import Basis, edition_of, trace
from regulatory.gathering.performance_alerts import (
    Answered,
    alert_facts,
    answered_in,
    decisions,
    revalidation_facts,
)
from regulatory.gathering.performance_charts import (
    Watched,
    chart_facts,
    drift_facts,
    plan_facts,
    watched_in,
)
from regulatory.gathering.performance_measured import (
    Found,
    comparisons,
    evaluations_in,
    known_in_shadow,
    performance_rows,
    versions_measured,
)
from regulatory.gathering.performance_sites import (
    Coverage,
    coverage_of,
    outputs,
    quarantine_rows,
    site_periods,
)
from regulatory.gathering.task_words import score_words
from regulatory.gathering.truth_states import truth_facts
from regulatory.gathering.validation_model import (
    compared_measures,
    main_measure,
)


def gather_performance(session: Session, basis: Basis) -> PerformanceFacts:
    """What surveillance stored about a period.

    Raises Refused without a period, a deployment in it, or a monitoring plan.
    """
    if basis.period is None:
        raise Refused(
            "A performance-monitoring report is about a period; none was given.",
            hint="Watch at least one day first, or name first and last day.",
        )
    coverage = coverage_of(session, basis, basis.period)
    if not coverage.deployments:
        raise Refused(
            f"{basis.device.name} ran nowhere from {basis.period[0]} to {basis.period[1]}.",
            hint="Choose a period in which a version was deployed.",
        )
    watched = watched_in(session, basis, coverage)
    answered = answered_in(session, watched, coverage)
    found = evaluations_in(session, coverage)
    previous = _previous_report(session, basis, basis.period)
    score = score_words(basis.definition.task.kind)
    return PerformanceFacts(
        edition=edition_of(PERFORMANCE_MONITORING_REPORT, basis),
        plan=plan_facts(watched), sites=site_periods(coverage),
        charts=chart_facts(watched, coverage, score=score), outputs=outputs(coverage),
        performance=performance_rows(basis, coverage, found), alerts=alert_facts(answered, watched),
        traces=_traces(coverage, watched, answered, found),
        quarantine=quarantine_rows(coverage), drift_reports=drift_facts(watched, score=score),
        revalidations=revalidation_facts(answered, compared_measures(basis)),
        comparisons=comparisons(basis, coverage, found), decisions=decisions(answered),
        previous_report=f"{previous.label}, version {previous.version}" if previous else "",
        main_measure=main_measure(basis), score_words=score,
        truth=truth_facts(
            session, basis.device, by=basis.freeze_at.date(), period=basis.period
        ),
        seen_from_outside=_outside(basis), measured=versions_measured(coverage, found),
        in_shadow=known_in_shadow(coverage),
    )


def _outside(basis: Basis) -> str:
    """How another maker's product is known, in sentences; empty of a device that is made here."""
    product = basis.definition.external
    if product is None:
        return ""
    stated = (
        "Its results state a score" if product.states_score
        else "Its results state no score, so that what rests on scores is not estimable"
    )
    return (
        f"{product.product} is made by {product.maker} and is known here by its results only: it "
        "was not trained, evaluated, released or returned by the author of this report. "
        f"{stated}. The versions are those that its results name; each site's reference is the "
        "first studies that the version read there."
    )


def _previous_report(
    session: Session, basis: Basis, period: tuple[date, date]
) -> Document | None:
    return session.exec(
        select(Document)
        .join(Device, col(Device.id) == Document.device_id)
        .where(
            Device.name == basis.device.name,
            Document.kind == PERFORMANCE_MONITORING_REPORT,
            col(Document.status).in_(("approved", "effective", "superseded")),
            col(Document.period_to) < period[0],
        )
        .order_by(col(Document.period_to).desc(), col(Document.id).desc())
    ).first()


def _traces(
    coverage: Coverage, watched: Watched, answered: Answered, found: Found
) -> tuple[Trace, ...]:
    groups: tuple[Iterable[Evaluation], ...] = (
        found.period.values(), found.previous.values(), found.validations,
    )
    stored = sorted((one for group in groups for one in group), key=lambda one: one.id or 0)
    of_period = [one for evaluation in found.period.values() for one in found.of(evaluation)]
    of_others = [
        one
        for evaluation in (*found.previous.values(), *found.validations)
        for one in found.of(evaluation)
    ]
    revalidated = [one for results in answered.results.values() for one in results]
    possible = (
        trace("1", "deployments that overlap the period", coverage.deployments),
        trace("1", "monitoring plan of the period", [watched.plan]),
        trace("1", "frozen baselines of its charts", watched.baselines),
        trace("1", "daily runs of the period", watched.runs),
        trace("1", "predictions on studies of the period", coverage.predictions),
        trace("1", "truths about these studies known at the freeze", coverage.truths),
        trace("2", "chart points of these runs", watched.points),
        trace("2", "files refused in the period", coverage.refused),
        trace("2", "Evidently reports of these runs", watched.reports),
        trace("3", "estimates of the period", of_period),
        trace("4", "alerts raised in the period", answered.alerts),
        trace("4", "revalidations of field data of the period", answered.revalidations),
        trace("4", "their overall estimates", revalidated),
        trace("5", "evaluations compared", stored),
        trace("5", "estimates of the validation and the period before", of_others),
        trace("6", "releases decided in the period", answered.releases),
    )
    return tuple(one for one in possible if one.records)
