"""What was decided and done in a period: field actions, CAPAs, changes, risks."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlmodel import Session, col, select

from measures.estimate import Estimate
from records.capas import CAPA, CLOSED, NEXT
from records.countries import countries_of_sites
from records.field_actions import FieldAction
from records.field_notices import FieldActionCheck, consigned, notices_of, reconciled
from records.product import Deployment, Device, ModelVersion, Site
from records.quality import ChangeRequest, Release
from records.risk import RiskFile, RiskReview
from records.surveillance import Alert, MonitoringPlan
from regulatory.documents.surveillance_facts import Listed, Risks, Rows, Span
from regulatory.documents.surveillance_tables import PER
from regulatory.gathering.event_entries import full_names

_RUN = "runs"
DECIDED_CHANGES = ("released", "refused")
"""Nothing is left to do of these."""


def instants(span: Span) -> tuple[datetime, datetime]:
    """The first instant of a span of days (UTC), and the first after it."""
    first, after = span[0], span[1] + timedelta(days=1)
    return datetime.combine(first, time(), UTC), datetime.combine(after, time(), UTC)


def of_device(device: str) -> Any:
    """The numbers of all revisions of a device."""
    return select(Device.id).where(Device.name == device)


def _field_actions(session: Session, device: str, report: Span) -> list[FieldAction]:
    first, after = instants(report)
    query = select(FieldAction).where(
        col(FieldAction.device_id).in_(of_device(device)), FieldAction.opened_at < after,
        col(FieldAction.ended_at).is_(None) | (col(FieldAction.ended_at) >= first),
    )
    return list(session.exec(query.order_by(col(FieldAction.id))))


def _with_country(site: str, countries: Mapping[str, str]) -> str:
    return f"{site} ({countries.get(site, 'country not recorded')})"


def field_actions(session: Session, device: str, report: Span) -> Rows:
    """T7: corrections and removals that were opened in the period, or open at its beginning."""
    found = _field_actions(session, device, report)
    steps = notices_of(session, found)
    checks = session.exec(
        select(FieldActionCheck)
        .where(col(FieldActionCheck.field_action_id).in_([one.id for one in found]))
        .order_by(col(FieldActionCheck.id))
    )
    last = {one.field_action_id: one for one in checks}
    countries = countries_of_sites(session)
    rows = []
    for one in found:
        check = last.get(one.id or 0)
        versions = ", ".join(dict.fromkeys(row["name"] for row in one.scope))
        rows.append(Listed(one.label, (
            one.kind, one.in_force_at.date() if one.in_force_at else "not in force",
            f"{versions} at {', '.join(_with_country(site, countries) for site in one.sites)}",
            f"{one.status}: {reconciled(consigned(one, steps.get(one.id or 0, []))).words}",
            f"{one.reason} {one.actions}", ", ".join(one.incidents) or "none",
            f"{check.result}: {check.words}" if check else "not checked yet",
        ), tuple(filter(None, (*one.ties, check.label if check else "")))))  # fmt: skip
    return Rows(tuple(rows))


def capas(session: Session, device: str, report: Span) -> Rows:
    """T8: CAPAs that were opened in the period, or open at its beginning.

    One that is not closed lacks what it has not: an owner, and a day for its next step.
    """
    found = _capas(session, device, report)
    return Rows(tuple(
        Listed(one.label, (
            "preventive and corrective" if one.preventive_action else "corrective",
            one.opened_at.date(), one.source, _status(one), one.problem,
            one.root_cause or "not found yet",
            _effect(one),
        ), tuple(map(str, one.links)))
        for one in found
    ), tuple(said for one in found if (said := _unplanned(one))))  # fmt: skip


def _unplanned(one: CAPA) -> str:
    step = NEXT.get(one.status)
    if step is None:
        return ""
    lacks = [] if one.owner else ["no owner is named"]
    lacks += [] if one.due.get(step) else [f"no day is set for '{step}'"]
    return f"{one.label}: {' and '.join(lacks)}." if lacks else ""


def _capas(session: Session, device: str, report: Span) -> list[CAPA]:
    first, after = instants(report)
    query = select(CAPA).where(
        col(CAPA.device_id).in_(of_device(device)), CAPA.opened_at < after,
        col(CAPA.closed_at).is_(None) | (col(CAPA.closed_at) >= first),
    )
    return list(session.exec(query.order_by(col(CAPA.id))))


def _status(one: CAPA) -> str:
    if one.status == CLOSED and one.closed_at is not None:
        return f"closed {one.closed_at:%Y-%m-%d}"
    return f"{one.status}; {_next(one)}"


def _next(one: CAPA) -> str:
    step = NEXT.get(one.status, "")
    day = one.due.get(step)
    return f"{step} due {day}" if day else f"no day set for '{step}'"


def days_of(one: CAPA) -> str:
    """The days that a CAPA has, the step that is owed next first.

    >>> days_of(CAPA(status="investigated", due={"closed": "2027-03-01", "planned": "2026-12-01"}))
    'planned 2026-12-01; closed 2027-03-01'
    """
    owed = NEXT.get(one.status, "")
    steps = sorted(
        (step for step in NEXT.values() if one.due.get(step)), key=lambda step: step != owed
    )
    return "; ".join(f"{step} {one.due[step]}" for step in steps) or "no day is set"


def _effect(one: CAPA) -> str:
    if one.status != CLOSED:
        return "not applicable: not closed"
    return f"{one.closed_as or 'closed'}: {one.effectiveness_result}"


def changes(session: Session, device: str, report: Span) -> Rows:
    """Changes proposed or decided in the period, with what came of them."""
    first, after = instants(report)
    query = (
        select(ChangeRequest, ModelVersion.name)
        .join(ModelVersion, col(ModelVersion.id) == ChangeRequest.model_version_id)
        .where(
            col(ChangeRequest.device_id).in_(of_device(device)), ChangeRequest.proposed_at < after,
            (col(ChangeRequest.proposed_at) >= first) | (col(ChangeRequest.decided_at) >= first),
        )
    )
    found = list(session.exec(query.order_by(col(ChangeRequest.id))))
    releases = session.exec(select(Release).where(
        col(Release.change_request_id).in_([one.id for one, _ in found])
    ))  # fmt: skip
    by_change = {one.change_request_id: one for one in releases}
    rows = []
    for one, version in found:
        release = by_change.get(one.id or 0)
        rows.append(Listed(one.label, (
            one.title, version, one.reason, one.proposed_at.date(), one.status,
            f"{release.outcome}, {release.decided_at:%Y-%m-%d}" if release else "not decided",
        ), (release.label,) if release else ()))  # fmt: skip
    return Rows(tuple(rows))


def definitions(session: Session, device: str) -> Rows:
    """Every revision of the device's definition, so of its intended use."""
    query = select(Device).where(Device.name == device).order_by(col(Device.revision))
    return Rows(tuple(
        Listed(one.label, (one.revision, one.status, one.defined_at.date()))
        for one in session.exec(query)
    ))  # fmt: skip


def deployments(session: Session, device: str, report: Span) -> tuple[Rows, Rows]:
    """The versions that ran in the period, and where each ran from when to when."""
    first, after = instants(report)
    query = (
        select(Deployment, ModelVersion, Site.name)
        .join(ModelVersion, col(ModelVersion.id) == Deployment.model_version_id)
        .join(Site, col(Site.id) == Deployment.site_id)
        .where(
            col(ModelVersion.device_id).in_(of_device(device)), Deployment.started_at < after,
            col(Deployment.ended_at).is_(None) | (col(Deployment.ended_at) >= first),
        )
        .order_by(Site.name, col(Deployment.id))
    )  # fmt: skip
    found = list(session.exec(query))
    versions: dict[str, ModelVersion] = {}
    ran: dict[str, list[Deployment]] = {}
    for one, version, _ in found:
        versions[version.label] = version
        ran.setdefault(version.label, []).append(one)
    return Rows(tuple(
        Listed(label, (
            version.name, (version.weights_hash or "no weights here")[:16], version.status,
            len(ran[label]), min(one.started_at for one in ran[label]).date(), _last(ran[label]),
        ))
        for label, version in sorted(versions.items())
    )), Rows(tuple(
        Listed(one.label, (site, version.name, one.mode, one.started_at.date(),
                           one.ended_at.date() if one.ended_at else _RUN), (version.label,))
        for one, version, site in found
    ))  # fmt: skip


def _last(found: list[Deployment]) -> date | str:
    ends = [one.ended_at for one in found]
    return _RUN if None in ends else max(one for one in ends if one is not None).date()


def risks(session: Session, device: str, report: Span) -> Risks:
    """The estimates of the risk file beside what was observed, by the reviews of the period."""
    query = (
        select(RiskReview, RiskFile)
        .join(RiskFile, col(RiskFile.id) == RiskReview.risk_file_id)
        .where(RiskFile.device_name == device, RiskReview.period_to >= report[0],
               RiskReview.period_to <= report[1])
        .order_by(col(RiskReview.period_to), col(RiskReview.id))
    )  # fmt: skip
    found = list(session.exec(query))
    if not found:
        return Risks(why_none=_why_no_review(session, device))
    rows, hazards, reviews, names = [], [], [], full_names(session)
    for review, file in found:
        span = f"{review.period_from} to {review.period_to}"
        reviews.append(Listed(review.label, (
            file.label, file.version, span, review.studies, len(review.rows),
            len(review.new_hazards), names.get(review.made_by, review.made_by),
        )))  # fmt: skip
        rows += [Listed(review.label, (span, one["code"], one["hazard"], _expected(one),
                                       *_observed(one)))
                 for one in review.rows]  # fmt: skip
        hazards += [Listed(review.label, (span, one["source"], one["kind"], one["events"]))
                    for one in review.new_hazards]  # fmt: skip
    return Risks(tuple(rows), tuple(hazards), Rows(tuple(reviews)))


def _expected(row: dict[str, Any]) -> str:
    value = row["estimate"]
    return "no estimate" if value is None else f"{PER * value:.3g}"


def _observed(row: dict[str, Any]) -> tuple[Any, ...]:
    """Counts, estimate, verdict and reason of a row, as the review stored it."""
    n = int(row["exposure"] or 0)
    reason = row["reason"] or "no figure"
    one = (
        Estimate.not_estimable(row["code"], reason, n=n) if row["observed"] is None
        else Estimate(row["code"], n, PER * row["observed"], PER * row["low"], PER * row["high"],
                      method=row["method"])
    )  # fmt: skip
    events = "not counted" if row["events"] is None else (
        f"{row['events']} on {row['exposure']} {row['unit']}"
    )
    return events, one, row["verdict"], row["reason"] or "none"


def _why_no_review(session: Session, device: str) -> str:
    query = select(RiskFile).where(RiskFile.device_name == device)
    if session.exec(query).first() is None:
        return "no risk file is on record"
    return "no period of the risk file that ended in this one was reviewed"


def actions(session: Session, device: str, report: Span) -> Rows:
    """What is open at the end of the period or was closed in it, with who answers and by when.

    A change that was released or refused is no open action: section 2 tells of it.
    """
    first, after = instants(report)
    names = full_names(session)

    def since(opened: datetime) -> str:
        return "before the period" if opened < first else "in the period"

    rows = [
        Listed(one.label, (
            one.problem, _status(one).split(";")[0],
            names.get(one.owner, one.owner) or "nobody is named",
            days_of(one),
            since(one.opened_at),
        ))
        for one in _capas(session, device, report)
    ]  # fmt: skip
    rows += [
        Listed(one.label, (one.actions, one.status, names.get(one.opened_by, one.opened_by),
                           one.act_by or "no day is set",
                           since(one.opened_at)))
        for one in _field_actions(session, device, report)
    ]  # fmt: skip
    query = select(ChangeRequest).where(
        col(ChangeRequest.device_id).in_(of_device(device)), ChangeRequest.proposed_at < after,
        col(ChangeRequest.status).not_in(DECIDED_CHANGES),
    )
    rows += [
        Listed(one.label, (one.title, one.status, names.get(one.proposed_by, one.proposed_by),
                           "no day is set",
                           since(one.proposed_at)))
        for one in session.exec(query.order_by(col(ChangeRequest.id)))
    ]  # fmt: skip
    return Rows(tuple(rows))


def alerts(session: Session, device: str, report: Span) -> Rows:
    """Alerts of surveillance raised in the period: drift and performance signals."""
    query = (
        select(Alert).join(MonitoringPlan, col(MonitoringPlan.id) == Alert.plan_id)
        .where(col(MonitoringPlan.device_id).in_(of_device(device)),
               Alert.raised_on >= report[0], Alert.raised_on <= report[1])
        .order_by(col(Alert.id))
    )  # fmt: skip
    return Rows(tuple(
        Listed(one.label, (one.raised_on, one.site, ", ".join(one.charts), one.severity, one.status,
                           one.disposition or "not decided"))
        for one in session.exec(query)
    ))  # fmt: skip
