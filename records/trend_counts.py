"""What trends are counted from: incidents by category, seriousness and harm, and the exposure.

An incident counts in the period in which it was opened, so that a period that is over gains none.
MDR Art. 88 counts what is not serious; serious ones are reported one by one and stand beside. What
nobody has decided yet is neither: it is counted apart, and so is a site without exposure.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from records.awareness import AwarenessCandidate
from records.cases import Prediction, Study
from records.complaints import OPEN, Complaint, same_event_links, told_together
from records.event_counts import incidents_in_period, seriousness_of
from records.incidents import CandidateScreening, Incident
from records.product import Deployment, Device, ModelVersion, Site
from records.reading_counts import day_readings
from records.trend_rules import Period, TrendRules
from records.use_in_care import read_in_care, used_in_care

NOT_SERIOUS, SERIOUS, NO_INCIDENT = "not serious", "serious", "no incident"


@dataclass(frozen=True, slots=True)
class EventFact:
    """What trends need of one incident: no words, no patient."""

    label: str
    site: str
    harm: str
    categories: tuple[str, ...]
    seriousness: str
    """serious, not serious, no incident; anything else is not decided."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Events of one category: not serious, not decided yet, serious."""

    certain: int = 0
    undecided: int = 0
    serious: int = 0


@dataclass(frozen=True, slots=True)
class Graded:
    """All events by harm: certain ones (grave, of unknown harm among them), not decided, serious.
    """

    grave: int = 0
    unknown: int = 0
    certain: int = 0
    undecided: int = 0
    serious: int = 0


@dataclass(frozen=True, slots=True)
class PeriodCounts:
    """Everything that is counted of one period.

    sites: exposure by site where the device ran; silent: those of them without any. outside: events
    of no category of the plan. unscreened: complaints and candidates of which nobody said yet
    whether they are incidents. duplicates: incidents left out, since another tells of the same.
    """

    period: Period
    exposure: int
    sites: dict[str, int] = field(default_factory=dict)
    silent: tuple[str, ...] = ()
    categories: dict[str, Counted] = field(default_factory=dict)
    severity: Graded = field(default_factory=Graded)
    events_by_site: dict[str, int] = field(default_factory=dict)
    serious: tuple[str, ...] = ()
    outside: int = 0
    unscreened: int = 0
    duplicates: tuple[str, ...] = ()


def count_period(session: Session, device: str, rules: TrendRules, period: Period) -> PeriodCounts:
    """Count a period by the categories, severity scale and exposure of a plan."""
    incidents = incidents_in_period(session, device, period.first, period.last)
    aside = duplicates_among(session, incidents)
    said = seriousness_of(session, incidents)
    facts = [
        EventFact(one.label, one.site, one.harm,
                  tuple(str(code["category"]) for code in one.codes),
                  said.get(one.id or 0, "not assessed"))
        for one in incidents if one.id not in aside
    ]  # fmt: skip
    sites, total = exposure_of(session, device, period, rules.exposure)
    left_out = tuple(one.label for one in incidents if one.id in aside)
    unscreened = _unscreened(session, device, period)
    return tallied(rules, period, facts, sites=sites, exposure=total, unscreened=unscreened,
                   duplicates=left_out)  # fmt: skip


def tallied(
    rules: TrendRules, period: Period, facts: Sequence[EventFact], *, sites: dict[str, int],
    exposure: int, unscreened: int = 0, duplicates: tuple[str, ...] = (),
) -> PeriodCounts:
    """The counts of a period from what is known of its incidents.

    An event of several categories counts in each; one that nobody coded may belong to any, and one
    that nobody screened may be an event.
    """
    facts = [one for one in facts if one.seriousness != NO_INCIDENT]
    known = [one for one in facts if one.seriousness == NOT_SERIOUS]
    serious = [one for one in facts if one.seriousness == SERIOUS]
    open_ones = [one for one in facts if one.seriousness not in (NOT_SERIOUS, SERIOUS)]
    named = {event for one in rules.categories for event in one.events}
    rule = rules.severity
    grades = Counter(rule.is_grave(one.harm) for one in known) if rule else Counter[bool | None]()
    return PeriodCounts(
        period, exposure, dict(sorted(sites.items())),
        tuple(sorted(name for name, n in sites.items() if not n)),
        {
            one.name: Counted(
                sum(_within(each, one.events) for each in known),
                sum(_may_be(each, one.events) for each in open_ones)
                + sum(not each.categories for each in known) + unscreened,
                sum(_may_be(each, one.events) for each in serious),
            )
            for one in rules.categories
        },
        Graded(grades[True], grades[None], len(known), len(open_ones) + unscreened, len(serious)),
        dict(sorted(Counter(one.site or "no site told" for one in known).items())),
        tuple(one.label for one in serious),
        sum(bool(one.categories) and not _within(one, named) for one in facts), unscreened,
        duplicates,
    )  # fmt: skip


def _within(one: EventFact, events: Collection[str]) -> bool:
    return any(each in events for each in one.categories)


def _may_be(one: EventFact, events: Collection[str]) -> bool:
    return not one.categories or _within(one, events)


def duplicates_among(session: Session, incidents: Sequence[Incident]) -> set[int | None]:
    """Incidents whose complaint tells of the same event as another one that represents it.

    Complaints that links join, duplicates and follow-ups, in whatever direction and over however
    many, are one group; of each group exactly one complaint with an incident represents it, and
    keeps them all. One of which it was decided that it is no incident represents only such ones:
    it is counted nowhere, and the event would be lost with it.
    """
    told = {one.complaint_id for one in incidents} - {None}
    links = same_event_links(session)
    groups = [one for one in told_together(links) if one & told]
    if not groups:
        return set()
    later = {one for one, _ in links}
    joined = {one for group in groups for one in group}
    known = list(session.exec(
        select(Incident).where(col(Incident.complaint_id).in_(joined))
        .order_by(col(Incident.opened_at).desc())
    ))  # fmt: skip
    opened = {one.complaint_id or 0: one.opened_at for one in known}  # the earliest, read last
    said = seriousness_of(session, known)
    real = {one.complaint_id for one in known if said.get(one.id or 0) != NO_INCIDENT}
    aside: set[int | None] = set()
    for group in groups:
        first = min(group & opened.keys(),
                    key=lambda one: (one not in real, one in later, opened[one], one))
        aside |= group - {first}
    return {one.id for one in incidents if one.complaint_id in aside}


def _instants(period: Period) -> tuple[datetime, datetime]:
    after = period.last + timedelta(days=1)
    return datetime.combine(period.first, time(), UTC), datetime.combine(after, time(), UTC)


def _unscreened(session: Session, device: str, period: Period) -> int:
    """Complaints and awareness candidates of the period that nobody has screened."""
    first, after = _instants(period)
    has_one = select(Incident.complaint_id).where(col(Incident.complaint_id).is_not(None))
    complaints = (
        select(func.count()).select_from(Complaint)
        .join(Device, col(Device.id) == Complaint.device_id)
        .where(Device.name == device, Complaint.status == OPEN, Complaint.received_at >= first,
               Complaint.received_at < after, col(Complaint.id).not_in(has_one))
    )  # fmt: skip
    candidates = (
        select(func.count()).select_from(AwarenessCandidate)
        .join(Device, col(Device.id) == AwarenessCandidate.device_id)
        .where(Device.name == device, AwarenessCandidate.known_at >= first,
               AwarenessCandidate.known_at < after,
               col(AwarenessCandidate.id).not_in(select(CandidateScreening.candidate_id)))
    )  # fmt: skip
    return int(session.exec(complaints).one()) + int(session.exec(candidates).one())


def exposure_of(
    session: Session, device: str, period: Period, basis: str = "studies read"
) -> tuple[dict[str, int], int]:
    """By site where the device ran in care, and over all sites: a patient may come to several."""
    first, after = _instants(period)
    unit = Study.patient if basis == "patients" else Study.id
    ran = (
        select(Site.name).join(Deployment, col(Deployment.site_id) == Site.id)
        .join(ModelVersion, col(ModelVersion.id) == Deployment.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == device, used_in_care(), Deployment.started_at < after,
               col(Deployment.ended_at).is_(None) | (col(Deployment.ended_at) >= first))
    )  # fmt: skip
    sites = dict.fromkeys(session.exec(ran), 0)
    if basis != "patients":
        found = day_readings(session, device, since=period.first, until=period.last)
        if not any(one.again for one in found):  # else days cannot be added up
            names = dict(session.exec(select(Site.id, Site.name)).all())
            for one in found:
                if one.care:
                    sites[names[one.site_id]] = sites.get(names[one.site_id], 0) + one.care
            return sites, sum(sites.values())
    sites |= {name: int(n) for name, n in session.exec(
        _read(device, first, after, Site.name, func.count(func.distinct(unit))).group_by(Site.name)
    )}  # fmt: skip
    if basis != "patients":
        return sites, sum(sites.values())
    total = _read(device, first, after, func.count(func.distinct(unit)))
    return sites, int(session.exec(total).one())


def _read(device: str, first: datetime, after: datetime, *what: Any) -> Any:
    """A question about the studies that a device read in care from one instant on."""
    return (
        select(*what).select_from(Prediction)
        .join(Study, col(Study.id) == Prediction.study_id)
        .join(Site, col(Site.id) == Study.site_id)
        .join(ModelVersion, col(ModelVersion.id) == Prediction.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == device, read_in_care(),
               Prediction.predicted_at >= first, Prediction.predicted_at < after)
    )  # fmt: skip
