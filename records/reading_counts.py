"""How many studies a device has read, counted by site and day of reading: stored, and the rest."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from records.cases import Prediction, Study
from records.day_counts import (
    READ,
    CountMark,
    Counts,
    put_down,
    standing_mark,
    stored_counts,
    versions_of,
)  # fmt: skip
from records.product import Deployment, Device, ModelVersion, Site
from records.use_in_care import read_in_care

RULE: Final = "2"
"""What is counted and how; another number has everything counted anew."""


@dataclass(frozen=True)
class DayReadings:
    """What was read of a site on a day (UTC).

    care: studies whose result went to care. again: of these, those that had gone to care before, on
    another day: added up over days they count twice. deployments: readings by each deployment.
    """

    site_id: int
    day: date
    care: int
    again: int = 0
    deployments: dict[int, int] = field(default_factory=dict)


def day_readings(
    session: Session, device_name: str, *, since: date | None = None, until: date | None = None
) -> list[DayReadings]:
    """The readings of a device on the days of a period, both included."""
    mark = standing_mark(session, device_name, READ, RULE)
    if mark is None:
        return _counted(session, device_name, since=since, until=until)
    stored = stored_counts(session, device_name, READ, since=since, until=until)
    open_days = {
        day for day in _days_touched(session, mark)
        if (since is None or day >= since) and (until is None or day <= until)
    }
    found = [
        DayReadings(site, day, one["care"], one["again"],
                    {int(number): n for number, n in one["deployments"].items()})
        for (site, day), one in stored.items() if day not in open_days and one
    ]  # fmt: skip
    for day in sorted(open_days):
        found += _counted(session, device_name, since=day, until=day)
    return found


def readings_by_site(session: Session, version: ModelVersion) -> dict[str, int]:
    """How many studies of each site the deployments of a version have read."""
    device = session.get_one(Device, version.device_id)
    read = Counter[int]()
    for one in day_readings(session, device.name):
        read.update(one.deployments)
    query = (
        select(Deployment.id, Site.name).join(Site, col(Site.id) == Deployment.site_id)
        .where(Deployment.model_version_id == version.id)
    )  # fmt: skip
    found = Counter[str]()
    for number, site in session.exec(query):
        found[site] += read[number or 0]
    return {site: n for site, n in sorted(found.items()) if n}


def recount_readings(tx: Session, device_name: str, *, anew: bool = False) -> int:
    """Count again what no longer holds, or all of it, and put it down; how many days that were."""
    mark = None if anew else standing_mark(tx, device_name, READ, RULE)
    days = _days_touched(tx, mark) if mark else None
    if days is None:
        rows = _counted(tx, device_name)
    else:
        each = (_counted(tx, device_name, since=day, until=day) for day in sorted(days))
        rows = [one for found in each for one in found]
    counts: dict[tuple[int, date], Counts] = {
        (one.site_id, one.day): {
            "care": one.care, "again": one.again,
            "deployments": {f"{number}": n for number, n in one.deployments.items()},
        }
        for one in rows
    }
    put_down(tx, device_name, READ, RULE, counts, days=days)
    return len({one.day for one in rows} if days is None else days)


def _days_touched(session: Session, mark: CountMark) -> set[date]:
    """The days of which something was put on record after the mark."""
    query = select(Prediction.predicted_at).where(
        col(Prediction.id) > mark.prediction_id,
        col(Prediction.model_version_id).in_(versions_of(session, mark.device_name)),
    )
    return {at.date() for at in session.exec(query)}


def _counted(
    session: Session, device_name: str, *, since: date | None = None, until: date | None = None
) -> list[DayReadings]:
    """The same from the rows."""
    versions = versions_of(session, device_name)
    rows = session.exec(_rows(versions, since, until))
    care: dict[tuple[int, date], set[int]] = {}
    before: dict[tuple[int, date], set[int]] = {}
    deployments: dict[tuple[int, date], Counter[int]] = {}
    for site, study, at, deployment, in_care in rows:
        key = (site, at.date())
        care.setdefault(key, set())
        if deployment is not None:
            deployments.setdefault(key, Counter())[deployment] += 1
        if in_care:
            care[key].add(study)
    for site, study, at in session.exec(_read_before(versions, since, until)):
        before.setdefault((site, at.date()), set()).add(study)
    return [
        DayReadings(*key, len(studies), len(before.get(key, ())), dict(deployments.get(key, {})))
        for key, studies in sorted(care.items())
    ]


def _rows(versions: Sequence[int], since: date | None, until: date | None) -> Any:
    query: Any = (
        select(Study.site_id, Prediction.study_id, Prediction.predicted_at,
               Prediction.deployment_id, read_in_care())  # type: ignore[call-overload]
        .join(Study, col(Study.id) == Prediction.study_id)
        .where(col(Prediction.model_version_id).in_(versions),
               or_(col(Prediction.deployment_id).is_not(None),
                   col(Prediction.returned_to_care).is_(True)))
    )  # fmt: skip
    return query.where(*_between(Prediction, since, until)).execution_options(yield_per=10_000)


def _read_before(versions: Sequence[int], since: date | None, until: date | None) -> Any:
    """Readings in care of studies of which an earlier one of the device was."""
    earlier = aliased(Prediction)
    query: Any = (
        select(Study.site_id, Prediction.study_id, Prediction.predicted_at)
        .join(Study, col(Study.id) == Prediction.study_id)
        .join(earlier, col(earlier.study_id) == Prediction.study_id)
        .where(
            col(Prediction.model_version_id).in_(versions),
            read_in_care(), read_in_care(earlier),
            col(earlier.model_version_id).in_(versions), col(earlier.id) < col(Prediction.id),
        )
    )
    return query.where(*_between(Prediction, since, until))


def _between(table: type[Prediction], since: date | None, until: date | None) -> Collection[Any]:
    found = []
    if since is not None:
        found.append(col(table.predicted_at) >= datetime.combine(since, time(), UTC))
    if until is not None:
        after = datetime.combine(until + timedelta(days=1), time(), UTC)
        found.append(col(table.predicted_at) < after)
    return found
