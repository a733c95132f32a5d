"""Similar incidents and the device's use in four periods, by site: what section 4.3 of a MIR asks.

Similar is what shares a category with the incident. Each use of the software is a study that was
read, by the day of its arrival. A site where the device ran and of which no study is on record is
silent, and so is a time on the market before the first study on record: its use is not recorded,
which is not zero (REG-067).
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from sqlmodel import Session, col, func, select

from records.cases import Prediction, Study
from records.event_counts import seriousness_of
from records.incidents import Incident
from records.known_facts import standing_facts
from records.market_facts import MarketPlacing
from records.product import Deployment, Device, ModelVersion, Site
from records.trend_counts import NO_INCIDENT, duplicates_among
from records.use_in_care import read_in_care, used_in_care

PERIODS: Final = 4

Period = tuple[date, date]


@dataclass(frozen=True, slots=True)
class SimilarInPeriod:
    """What one period holds, by site."""

    period: Period
    incidents: Mapping[str, int]
    used: Mapping[str, int]
    """Studies read; only of sites where the device ran in the period and that are not silent."""
    silent: tuple[str, ...]
    """Sites where it ran, without a study on record."""
    covered: bool = True
    """Whether studies on record reach back to where the period began, or to where the device was
    first placed on the market within it. Where they do not, no count of uses is one."""


@dataclass(frozen=True, slots=True)
class Similar:
    """The periods, the newest first, and by which categories incidents are alike."""

    categories: tuple[str, ...]
    """Empty: the incident is not coded, so nothing can be told to be alike."""
    rows: tuple[SimilarInPeriod, ...]
    placed: date | None = None
    """Since when it is on the market by the market facts; None where none says so."""
    studied: date | None = None
    """The day of the first study on record that it read for care."""

    @property
    def sites(self) -> set[str]:
        """Every site that a count speaks of."""
        return {
            site for row in self.rows for site in (*row.incidents, *row.used, *row.silent)
        }


def years_before(on: date) -> list[Period]:
    """The year of a day up to it, and the three whole years before it, the newest first.

    >>> years_before(date(2026, 3, 6))[1]
    (datetime.date(2025, 1, 1), datetime.date(2025, 12, 31))
    """
    return [
        (date(year, 1, 1), min(on, date(year, 12, 31)))
        for year in range(on.year, on.year - PERIODS, -1)
    ]


def similar_incidents(session: Session, incident: Incident, *, on: date) -> Similar:
    """Incidents like this one and the studies read in four periods up to a day (UTC days).

    An incident counts in the period in which it was opened, this one too; of those that tell of the
    same by a person's word one counts for all, and what was decided to be no incident does not.
    A few queries, and one a period.
    """
    periods = years_before(on)
    categories = {str(one["category"]) for one in incident.codes if one.get("category")}
    name = session.get_one(Device, incident.device_id).name
    events = session.exec(
        select(Incident).join(Device, col(Device.id) == Incident.device_id)
        .where(Device.name == name, col(Incident.opened_at) >= _begin(periods[-1][0]))
    ).all()
    aside = duplicates_among(session, events)
    said = seriousness_of(session, list(events))
    told_once = [one for one in events if one.id not in aside
                 and (one.id == incident.id or said.get(one.id or 0) != NO_INCIDENT)]  # fmt: skip
    runs = session.exec(
        select(Site.name, Deployment.started_at, Deployment.ended_at)
        .join(Deployment, col(Deployment.site_id) == Site.id)
        .join(ModelVersion, col(ModelVersion.id) == Deployment.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == name, used_in_care())
    ).all()
    began = min((since.date() for _, since, _ in runs), default=None)
    placed = min((one.since for one in standing_facts(session, MarketPlacing, name)), default=None)
    studied = _first_study(session, name)
    rows = []
    for period in periods:
        ran = {site for site, since, until in runs if since.date() <= period[1]
               and (until is None or until.date() >= period[0])}  # fmt: skip
        read = _read_in(session, name, period)
        rows.append(SimilarInPeriod(
            period, _alike(told_once, categories, period),
            {site: n for site, n in read.items() if n}, tuple(sorted(ran - set(read))),
            reached(period, placed, began, studied),
        ))  # fmt: skip
    return Similar(tuple(sorted(categories)), tuple(rows), placed, studied)


def reached(
    period: Period, placed: date | None, began: date | None, studied: date | None
) -> bool:
    """Whether the studies on record cover the part of a period in which it was on the market.

    placed: since when by the market facts; where there is none, its first deployment is taken for
    the period that holds it, and nothing is known of a period before.
    """
    if placed is not None and period[1] < placed:
        return True
    if studied is None:
        return False
    if placed is None:
        return began is not None and began <= period[1]
    return studied <= max(period[0], placed)


def _first_study(session: Session, device: str) -> date | None:
    """The day on which the first study arrived that the device read for care."""
    query = (
        select(func.min(Study.arrived_on))
        .join(Prediction, col(Prediction.study_id) == Study.id)
        .join(ModelVersion, col(ModelVersion.id) == Prediction.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == device, read_in_care())
    )
    return session.exec(query).one()


def _alike(
    events: Collection[Incident], categories: set[str], period: Period
) -> dict[str, int]:
    found: Counter[str] = Counter()
    for one in events:
        alike = categories & {str(code.get("category")) for code in one.codes}
        if alike and period[0] <= one.opened_at.date() <= period[1]:
            found[one.site] += 1
    return dict(found)


def _read_in(session: Session, device: str, period: Period) -> dict[str, int]:
    query = (
        select(Site.name, func.count(func.distinct(col(Study.id))))
        .join(Study, col(Study.site_id) == Site.id)
        .join(Prediction, col(Prediction.study_id) == Study.id)
        .join(ModelVersion, col(ModelVersion.id) == Prediction.model_version_id)
        .join(Device, col(Device.id) == ModelVersion.device_id)
        .where(Device.name == device, read_in_care(),
               col(Study.arrived_on).between(*period))
        .group_by(Site.name)
    )  # fmt: skip
    return dict(session.exec(query).all())


def _begin(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
