"""Incidents and complaints of four periods: tables T4 to T6, the log of the period, complaints.

An incident counts in the period in which it was opened, as in trends; a duplicate by a person's
word counts once. Worldwide counts all of them; EEA, Türkiye and Northern Ireland those that are
known to have happened there (R-PSUR-04), so that one of a third country is worldwide only.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlmodel import Session, col, select

from measures.estimate import Estimate
from measures.event_rate import events_per_exposure
from records.awareness import AwarenessCandidate
from records.complaints import OPEN, Complaint
from records.countries import countries_of_sites
from records.event_counts import incidents_in_period, seriousness_of
from records.incidents import CandidateScreening, Incident
from records.known_facts import REGIONS
from records.product import Device
from records.regulatory_reports import RegulatoryReport, Submission
from records.reportabilities import Reportability
from records.trend_counts import NO_INCIDENT, NOT_SERIOUS, SERIOUS, duplicates_among
from records.vault import Vault
from regulatory.documents.surveillance_facts import (
    Across,
    Events,
    InPeriod,
    Listed,
    PeriodTable,
    Rows,
    Span,
)
from regulatory.documents.surveillance_tables import COUNTED_HERE, ESTIMATE, PER
from regulatory.documents.wording import spaced
from regulatory.event_places import counts_inside
from regulatory.gathering.surveillance_codes import NOT_CODED, Coded, coded
from regulatory.gathering.surveillance_exposure import HERE
from regulatory.risk_counts import counting_complaints

ALL_SERIOUS, ALL_OTHERS, ALL_COMPLAINTS = (
    "all serious incidents", "all incidents that are not serious", "all complaints"
)  # fmt: skip
WORLD = REGIONS[1]
NO_REPORT = "none"


@dataclass(frozen=True)
class Found:
    """The incidents of each period, duplicates left out, and what their rates are related to."""

    periods: tuple[Span, ...]
    by_period: tuple[tuple[Coded, ...], ...]
    denominators: PeriodTable

    def table(
        self, wanted: str, kinds: Callable[[Coded], Iterable[tuple[str, ...]]], *, whole: str,
        width: int, rated: bool, shared: bool = False,
    ) -> PeriodTable:
        """Incidents of one seriousness by kind and region; the whole of a region comes first."""
        own = tuple(tuple(one for one in each if one.seriousness == wanted)
                    for each in self.by_period)  # fmt: skip
        named = sorted({kind for each in own for one in each for kind in kinds(one)})
        rows = []
        for kind in (None, *named):
            for region in REGIONS:
                label = kind or (whole, *("all",) * (width - 1))
                rows.append(Across((*label, region), tuple(
                    self._cell(
                        [one for one in each if kind is None or kind in set(kinds(one))],
                        each, region, place, rated=rated, shared=shared and kind is not None,
                    ) for place, each in enumerate(own)
                )))  # fmt: skip
        return PeriodTable(self.periods, tuple(rows))

    def _cell(
        self, members: Sequence[Coded], every: Sequence[Coded], region: str, place: int, *,
        rated: bool, shared: bool,
    ) -> InPeriod:
        here = [one for one in members if region == WORLD or one.inside]
        whole = sum(region == WORLD or one.inside is True for one in every)
        records = tuple(dict.fromkeys(label for one in here for label in one.records))
        rate = self.rate(len(here), region, place) if rated else None
        return InPeriod(len(here), rate=rate, of=whole if shared else None, records=records,
                        related_to=self.related_to(region, place) if rated else "")  # fmt: skip

    def related_to(self, region: str, place: int) -> str:
        """Which studies a rate of a region in a period is related to; '' where there are none."""
        (row,) = (one for one in self.denominators.rows if one.labels == (region,))
        studies = row.periods[place]
        if studies.value is None:
            return ""
        return COUNTED_HERE if studies.why == HERE else f"{ESTIMATE} {', '.join(studies.records)}"

    def rate(self, count: int, region: str, place: int) -> Estimate:
        """Events for 1,000 studies of a region in a period."""
        (row,) = (one for one in self.denominators.rows if one.labels == (region,))
        studies = row.periods[place]
        if studies.value is None:
            why = f"studies {studies.why}"
            return Estimate.not_estimable("events per 1,000 studies", why, n=0)
        return per_thousand(count, studies.value)


def per_thousand(count: int, studies: int) -> Estimate:
    """Events for 1,000 studies with the exact interval of a Poisson count."""
    one = events_per_exposure("events per 1,000 studies", count, studies)
    if one.value is None or one.low is None or one.high is None:
        return one
    return replace(one, value=PER * one.value, low=PER * one.low, high=PER * one.high)


def events(
    session: Session, device: str, periods: tuple[Span, ...], report: Span,
    denominators: PeriodTable, vault: Vault | None,
) -> Events:
    """Everything that is known of incidents and complaints, by period and of the report's own."""
    aside: list[str] = []
    by_period = []
    for one in (*periods, report):
        known = incidents_in_period(session, device, *one)
        twice = duplicates_among(session, known)
        if one == report:
            aside = [each.label for each in known if each.id in twice]
        kept = [each for each in known if each.id not in twice]
        by_period.append(tuple(coded(session, kept, seriousness_of(session, kept), vault)))
    found = Found(periods, tuple(by_period[:-1]), denominators)
    own = by_period[-1]
    log = log_of(session, own)
    told = {one.record for one in log.rows if one.values[6] != NO_REPORT}
    counting = [one for one in own if one.seriousness != NO_INCIDENT]
    serious = [one for one in own if one.seriousness == SERIOUS]
    before = [one for each, span in zip(by_period, periods, strict=False) if span[1] < report[0]
              for one in each if one.seriousness == SERIOUS]  # fmt: skip
    earlier = {kind for one in before for kind in one.kinds}
    return Events(
        found.table(SERIOUS, lambda one: ((kind,) for kind in one.kinds), whole=ALL_SERIOUS,
                    width=1, rated=True),
        found.table(SERIOUS, lambda one: ((kind,) for kind in one.of("C")), whole=ALL_SERIOUS,
                    width=1, rated=True),
        found.table(
            SERIOUS, lambda one: ((f, d) for f in one.of("F") for d in one.of("D")),
            whole=ALL_SERIOUS, width=2, rated=False, shared=True,
        ),
        log, _complaints(session, device, found),
        found.table(NOT_SERIOUS, lambda one: ((kind,) for kind in one.kinds), whole=ALL_OTHERS,
                    width=1, rated=True),
        _complaint_sites(session, device, report), len(serious),
        tuple(one.incident.label for one in counting
              if one.seriousness not in (SERIOUS, NOT_SERIOUS)),
        tuple(one.incident.label for one in counting if one.inside is None),
        tuple(one.incident.label for one in serious
              if not one.codes["A"] or NOT_CODED in (*one.of("C"), *one.of("F"), *one.of("D"))),
        tuple(one.incident.label for one in serious
              if one.inside and one.incident.label not in told),
        tuple(sorted({kind for one in serious for kind in one.kinds} - earlier)),
        _unscreened(session, device, report), tuple(aside),
        tuple(f"{one.incident.label} is {one.otherwise}" for one in counting if one.otherwise),
        _unplaced(session, device, report), ever_complained=_ever(session, device),
    )  # fmt: skip


def _instants(span: Span) -> tuple[datetime, datetime]:
    first, after = span[0], span[1] + timedelta(days=1)
    return datetime.combine(first, time(), UTC), datetime.combine(after, time(), UTC)


def log_of(session: Session, own: Sequence[Coded]) -> Rows:
    """Each incident of the period as the log of vigilance holds it, with its reports."""
    numbers = [one.incident.id for one in own]
    rows = session.exec(
        select(Reportability).where(col(Reportability.incident_id).in_(numbers))
        .order_by(Reportability.jurisdiction)
    ).all()
    said: dict[int, list[str]] = {}
    for row in rows:
        said.setdefault(row.incident_id, []).append(f"{row.jurisdiction}: {row.status}")
    query = (
        select(Reportability.incident_id, Submission, RegulatoryReport)
        .join(RegulatoryReport, col(RegulatoryReport.reportability_id) == Reportability.id)
        .join(Submission, col(Submission.report_id) == RegulatoryReport.id)
        .where(col(Reportability.incident_id).in_(numbers)).order_by(col(Submission.id))
    )
    sent: dict[int, list[tuple[Submission, RegulatoryReport]]] = {}
    for number, one, report in session.exec(query):
        sent.setdefault(number, []).append((one, report))
    return Rows(tuple(
        Listed(one.incident.label, (
            one.incident.opened_at.date(), one.incident.site or "no site told",
            one.country or "not known", one.seriousness,
            "; ".join(one.kinds), "; ".join(said.get(one.incident.id or 0, ())) or "not asked",
            _reports(sent.get(one.incident.id or 0, ())), one.incident.status,
        ), (*one.records, *(each.label for each, _ in sent.get(one.incident.id or 0, ()))))
        for one in own
    ))  # fmt: skip


def _reports(sent: Iterable[tuple[Submission, RegulatoryReport]]) -> str:
    return "; ".join(
        f"{one.label} to {one.authority}, {spaced(report.kind).lower()}: {one.status}"
        + (f", reference {one.reference}" if one.reference else "") for one, report in sent
    ) or NO_REPORT  # fmt: skip


def _of_device(device: str) -> Any:
    return select(Device.id).where(Device.name == device)


def _received(session: Session, device: str, span: Span) -> list[Complaint]:
    first, after = _instants(span)
    query = counting_complaints(session, device).where(
        Complaint.received_at >= first, Complaint.received_at < after
    )
    return list(session.exec(query.order_by(col(Complaint.id))))


def _ever(session: Session, device: str) -> bool:
    own = select(Complaint.id).where(col(Complaint.device_id).in_(_of_device(device)))
    return session.exec(own).first() is not None


def _complaints(session: Session, device: str, found: Found) -> PeriodTable:
    """Complaints by category and region, by the country of the site; what several tell of counts
    once."""
    countries = countries_of_sites(session)
    inside = {site for site, country in countries.items() if counts_inside(country)}
    by_period = [_received(session, device, one) for one in found.periods]
    named = sorted({kind for each in by_period for one in each for kind in _categories(one)})
    rows = []
    for kind in (None, *named):
        for region in REGIONS:
            cells = []
            for place, each in enumerate(by_period):
                own = [one for one in each if (kind is None or kind in _categories(one))
                       and (region == WORLD or one.site in inside)]  # fmt: skip
                cells.append(InPeriod(len(own), rate=found.rate(len(own), region, place),
                                      records=tuple(one.label for one in own),
                                      related_to=found.related_to(region, place)))  # fmt: skip
            rows.append(Across((kind or ALL_COMPLAINTS, region), tuple(cells)))
    return PeriodTable(found.periods, tuple(rows))


def _unplaced(session: Session, device: str, report: Span) -> tuple[str, ...]:
    countries = countries_of_sites(session)
    return tuple(one.label for one in _received(session, device, report)
                 if one.site not in countries)  # fmt: skip


def _categories(one: Complaint) -> set[str]:
    return {str(code["category"]) for code in one.codes} or {NOT_CODED}


def _complaint_sites(session: Session, device: str, report: Span) -> Rows:
    """Complaints of the period by site and what became of them."""
    own = _received(session, device, report)
    places: Counter[tuple[str, str]] = Counter((one.site, one.status) for one in own)
    return Rows(tuple(
        Listed(", ".join(one.label for one in own if (one.site, one.status) == place),
               (place[0] or "no site told", place[1], count))
        for place, count in sorted(places.items())
    ))  # fmt: skip


def _unscreened(session: Session, device: str, report: Span) -> tuple[str, ...]:
    """Complaints and awareness candidates of the period that nobody has screened."""
    first, after = _instants(report)
    has_one = select(Incident.complaint_id).where(col(Incident.complaint_id).is_not(None))
    complaints = select(Complaint).where(
        col(Complaint.device_id).in_(_of_device(device)), Complaint.status == OPEN,
        Complaint.received_at >= first,
        Complaint.received_at < after, col(Complaint.id).not_in(has_one),
    )
    candidates = select(AwarenessCandidate).where(
        col(AwarenessCandidate.device_id).in_(_of_device(device)),
        AwarenessCandidate.known_at >= first, AwarenessCandidate.known_at < after,
        col(AwarenessCandidate.id).not_in(select(CandidateScreening.candidate_id)),
    )
    return (*(one.label for one in session.exec(complaints.order_by(col(Complaint.id)))),
            *(one.label for one in session.exec(candidates.order_by(col(AwarenessCandidate.id)))))


