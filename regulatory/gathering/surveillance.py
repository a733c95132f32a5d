"""The facts of a PSUR and of a PMS report: what the records hold of a period of surveillance."""

from collections.abc import Iterable
from dataclasses import replace

from sqlmodel import Session, col, select

from records.base import Record
from records.capas import CAPA
from records.clinical_follow_up import FollowUpActivity
from records.complaints import Complaint
from records.distribution import ExposureEstimate, Sales
from records.errors import NotFound, Refused
from records.event_counts import incidents_in_period
from records.event_terms import event_terms
from records.facts import Fact
from records.field_actions import FieldAction
from records.known_facts import standing_facts, twelve_months_back
from records.literature import LiteratureFinding, LiteratureSearch, RegisterSearch, SimilarDevice
from records.product import Device
from records.risk import RiskFile, RiskReview
from records.trends import standing_looks
from regulatory.documents.content import Trace
from regulatory.documents.performance_facts import PerformanceFacts
from regulatory.documents.registry import PMS_REPORT, PSUR
from regulatory.documents.surveillance_facts import Schedule, Span, SurveillanceFacts
from regulatory.documents.surveillance_tables import european
from regulatory.gathering import surveillance_actions as done
from regulatory.gathering import surveillance_quoted as told
from regulatory.gathering.edition import Basis, edition_of, trace
from regulatory.gathering.performance import gather_performance
from regulatory.gathering.surveillance_events import events
from regulatory.gathering.surveillance_exposure import exposure
from regulatory.gathering.surveillance_previous import previous
from regulatory.gathering.surveillance_trends import trends
from regulatory.report_period import fit_of

PERIODS = 4
"""N to N-3, 12 months each (MDCG 2022-21)."""


def gather_psur(session: Session, basis: Basis) -> SurveillanceFacts:
    """The facts of a PSUR (MDR Art. 86). Raises Refused without a period."""
    return _gather(session, basis, PSUR)


def gather_pms_report(session: Session, basis: Basis) -> SurveillanceFacts:
    """The facts of a PMS report (MDR Art. 85). Raises Refused without a period."""
    return _gather(session, basis, PMS_REPORT)


def _gather(session: Session, basis: Basis, kind: str) -> SurveillanceFacts:
    if basis.period is None:
        raise Refused("A report of surveillance is about a period; none was given.",
                      hint="Name first and last day.")  # fmt: skip
    name, report, last = basis.device.name, basis.period, basis.period[1]
    periods = tuple(twelve_months_back(last, PERIODS))
    used = exposure(session, name, periods, report)
    fit = fit_of(basis.definition, report)
    performance, why_not = _performance(session, basis)
    versions, ran = done.deployments(session, name, report)
    return SurveillanceFacts(
        edition=edition_of(kind, basis),
        schedule=Schedule(
            fit.report, fit.cadence_months, fit.says, fit.fits, fit.period_no, fit.issue_due,
            fit.submission, european(fit.citation), fit.issued_through,
        ),
        organisations=told.organisations(session, name, last),
        certificates=told.certificates(session, name, last),
        identifiers=told.identifiers(session, name, last),
        markets=told.markets(session, name, last), purpose=purpose(basis),
        versions=versions, deployments=ran, definitions=done.definitions(session, name),
        changes=done.changes(session, name, report), exposure=used,
        events=events(session, name, periods, report, used.denominators, basis.vault),
        trends=trends(session, name, report),
        field_actions=done.field_actions(session, name, report),
        capas=done.capas(session, name, report), searched=told.searched(session, name, report),
        follow_up=told.follow_up(session, name, report),
        alerts=done.alerts(session, name, report), risks=done.risks(session, name, report),
        actions=done.actions(session, name, report),
        sources=told.plan_sources(session, name, last),
        indicators=told.plan_indicators(session, name, last),
        previous=previous(session, basis, kind, report),
        traces=_in_sections(kind, _traces(session, name, report, performance)),
        performance=performance, why_no_performance=why_not,
        vocabulary=str(event_terms()["version"]), device_record=basis.device.label,
    )


def purpose(basis: Basis) -> tuple[tuple[str, str], ...]:
    """What the definition promises, in its words; what it leaves out is said to be left out."""
    said = basis.definition
    conditions = said.conditions_of_use
    none = "the definition says none"
    return (
        ("Intended purpose", said.intended_purpose), ("Indications", said.indications),
        ("Contraindications", _joined(said.contraindications) or none),
        ("Population", said.population), ("Users", "; ".join(said.users)),
        ("Environment", conditions.environment if conditions else none),
        ("Warnings", _joined(conditions.warnings) if conditions else none),
        ("Risks that users are told of",
         _joined(conditions.residual_risks) or none if conditions else none),
        ("Expected life, years",
         f"{conditions.expected_life_years:g}" if conditions and conditions.expected_life_years
         else none),
    )


def _joined(words: Iterable[str]) -> str:
    return "; ".join(one.rstrip(". ") for one in words)


def _performance(session: Session, basis: Basis) -> tuple[PerformanceFacts | None, str]:
    """What surveillance stored of the period, without its charts, which DOC-26 shows."""
    try:
        found = gather_performance(session, basis)
    except (Refused, NotFound) as why:
        return None, why.message
    return replace(found, charts=(), drift_reports=(), decisions=(), previous_report=""), ""


_IN_PMS_REPORT = {"2": "1", "4c": "4", "4d": "4", "9": "3"}
"""By section of the PSUR that of the PMS report that quotes the same; of the others the second."""


def _in_sections(kind: str, traces: tuple[Trace, ...]) -> tuple[Trace, ...]:
    if kind != PMS_REPORT:
        return traces
    return tuple(replace(one, section=_IN_PMS_REPORT.get(one.section, "2")) for one in traces)


def _traces(
    session: Session, device: str, report: Span, performance: PerformanceFacts | None
) -> tuple[Trace, ...]:
    own = done.of_device(device)
    first, after = done.instants(report)

    def facts(section: str, *tables: type[Fact]) -> Iterable[Trace]:
        for table in tables:
            yield trace(section, f"standing facts of the kind {table.KIND}",
                        standing_facts(session, table, device))  # fmt: skip

    looks = [one for one in standing_looks(session, device)
             if report[0] <= one.period_to <= report[1]]  # fmt: skip
    complaints = select(Complaint).where(
        col(Complaint.device_id).in_(own), Complaint.received_at >= first,
        Complaint.received_at < after,
    )
    reviews = (
        select(RiskReview).join(RiskFile, col(RiskFile.id) == RiskReview.risk_file_id)
        .where(RiskFile.device_name == device)
    )
    possible = (
        trace("2", "revisions of the device definition",
              session.exec(select(Device).where(Device.name == device)).all()),
        *facts("3", Sales, ExposureEstimate),
        trace("4a", "incidents opened in the period",
              incidents_in_period(session, device, *report)),
        trace("4b", "looks at trends in the period", looks),
        trace("4c", "field actions", _all(session, FieldAction, own)),
        trace("4d", "CAPAs", _all(session, CAPA, own)),
        trace("5a", "complaints received in the period",
              session.exec(complaints.order_by(col(Complaint.id))).all()),
        *facts("5b", LiteratureSearch, LiteratureFinding, RegisterSearch,
               SimilarDevice),
        *facts("6", FollowUpActivity),
        *(replace(one, section="7") for one in (performance.traces if performance else ())),
        trace("9", "risk reviews of the device", session.exec(reviews).all()),
    )  # fmt: skip
    return tuple(one for one in possible if one.records)


def _all(session: Session, table: type[FieldAction] | type[CAPA], own: object) -> list[Record]:
    query = select(table).where(col(table.device_id).in_(own)).order_by(col(table.id))  # type: ignore[arg-type]
    return list(session.exec(query))
