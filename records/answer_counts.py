"""How a device's answers compare with the truth, counted by site, day of arrival and deployment.

What a page tells radiologists of their site is added up from here: the four cells of the table of
answer and truth, and the studies of which nothing is known. Stored by day, and the rest from rows.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import func
from sqlmodel import Session, col, not_, or_, select

from records.base import digest_of
from records.cases import Prediction, ReferenceStandard, Study
from records.day_counts import (
    ANSWERS,
    Counts,
    days_touched,
    put_down,
    standing_mark,
    stored_counts,
    versions_of,
)  # fmt: skip
from records.held_definition import definition_of
from records.one_a_site import measured_at_site
from records.product import Deployment, Device
from records.queries import find_device
from records.reference_kinds import TruthRule, rule_declared
from records.truth import truth_of_study

RULE: Final = "2"
"""What is counted and how; another number has everything counted anew."""
NO_YES_OR_NO: Final = ("segmentation", "enhancement", "radiomics")
"""Kinds of tasks whose answer is no yes or no, so that no truth says that it was wrong."""
_DOUBT: Final = "%?%"
"""A truth of several findings of which some are not known (:mod:`records.finding_states`)."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Studies by what the device answered and what the truth is; both figures add up.

    hits: flagged and present; alarms: flagged and absent; misses: not flagged and present;
    cleared: neither. flagged_open, spared_open: of which no truth is known, flagged and not.
    """

    hits: int = 0
    alarms: int = 0
    misses: int = 0
    cleared: int = 0
    flagged_open: int = 0
    spared_open: int = 0

    def __add__(self, other: "Answers") -> "Answers":
        return Answers(*(getattr(self, name) + getattr(other, name) for name in CELLS))

    @property
    def read(self) -> int:
        """All studies that were read."""
        return sum(getattr(self, name) for name in CELLS)

    @property
    def known(self) -> int:
        """Of them those of which the truth is known."""
        return self.hits + self.alarms + self.misses + self.cleared


CELLS: Final = ("hits", "alarms", "misses", "cleared", "flagged_open", "spared_open")
_CELL: Final = {
    (True, True): "hits", (True, False): "alarms", (False, True): "misses",
    (False, False): "cleared", (True, None): "flagged_open", (False, None): "spared_open",
}  # fmt: skip
Key = tuple[int, date, int]
"""Site, day of arrival and deployment by their numbers."""


def answers_judged(device: Device) -> bool:
    """Whether the answers of a device are a yes or no that a truth shows to be right or wrong."""
    return definition_of(device).task.kind not in NO_YES_OR_NO


def answers_at(
    session: Session, device: Device, *, site: int, version: int, since: date | None = None,
    until: date | None = None,
) -> Answers:  # fmt: skip
    """The answers of a version in operation at a site to studies that arrived in a period.

    Of its deployments those that are measured (:func:`records.one_a_site.measured_at_site`), as in
    evaluations and documents: what it said as a shadow beside another version reached nobody.
    """
    ran = session.exec(
        select(Deployment).where(
            Deployment.site_id == site,
            col(Deployment.model_version_id).in_(versions_of(session, device.name)),
        ).order_by(col(Deployment.id))
    ).all()  # fmt: skip
    own = {one.id for one in measured_at_site(ran) if one.model_version_id == version}
    found = day_answers(session, device, site=site, since=since, until=until)
    return sum((one for (_, _, run), one in found.items() if run in own), Answers())


def day_answers(
    session: Session, device: Device, *, site: int | None = None, since: date | None = None,
    until: date | None = None,
) -> dict[Key, Answers]:  # fmt: skip
    """The answers of all versions of a device, or those at a site, by site, day and deployment."""
    rule = rule_declared(device.definition)
    mark = standing_mark(session, device.name, ANSWERS, _rule_digest(rule))
    if mark is None:
        return _counted(session, device.name, rule, site=site, since=since, until=until)
    stored = stored_counts(session, device.name, ANSWERS, site=site, since=since, until=until)
    open_days = {
        day for day in days_touched(session, mark)
        if (since is None or day >= since) and (until is None or day <= until)
    }
    found = {
        (place, day, int(run)): Answers(**cells)
        for (place, day), counts in stored.items() if day not in open_days
        for run, cells in counts.items()
    }
    return found | (
        _counted(session, device.name, rule, site=site, days=open_days) if open_days else {}
    )


def recount_answers(tx: Session, device_name: str, *, anew: bool = False) -> int:
    """Count again what no longer holds, or all of it, and put it down; how many days that were."""
    rule = rule_declared(find_device(tx, device_name).definition)
    digest = _rule_digest(rule)
    mark = None if anew else standing_mark(tx, device_name, ANSWERS, digest)
    days = days_touched(tx, mark) if mark else None
    rows = _counted(tx, device_name, rule, days=days) if days != set() else {}
    counts: dict[tuple[int, date], Counts] = {}
    for (site, day, run), one in rows.items():
        cells = {name: n for name in CELLS if (n := getattr(one, name))}
        counts.setdefault((site, day), {})[f"{run}"] = cells
    put_down(tx, device_name, ANSWERS, digest, counts, days=days)
    return len({day for _, day in counts} if days is None else days)


def _rule_digest(rule: TruthRule) -> str:
    return digest_of({"order": list(rule.order), "rule": RULE})


def _counted(
    session: Session, device_name: str, rule: TruthRule, *, site: int | None = None,
    since: date | None = None, until: date | None = None, days: Collection[date] | None = None,
) -> dict[Key, Answers]:  # fmt: skip
    """The same from the rows, counted by the database."""
    found: dict[Key, Answers] = {}
    query = _question(versions_of(session, device_name), rule, since, until, days)
    if site is not None:
        query = query.where(Study.site_id == site)
    for place, day, run, flagged, present, n in session.exec(query):
        cell = _CELL[bool(flagged), None if present is None else bool(present)]
        key = (place, day, run)
        found[key] = found.get(key, Answers()) + Answers(**{cell: n})
    return found


def _question(
    versions: Iterable[int], rule: TruthRule, since: date | None, until: date | None,
    days: Collection[date] | None,
) -> Any:  # fmt: skip
    truth = ReferenceStandard
    known = or_(col(truth.present).is_(True), not_(col(truth.finding).like(_DOUBT)))
    by = (col(Study.site_id), col(Study.arrived_on), col(Prediction.deployment_id),
          col(Prediction.decision), col(truth.present))  # fmt: skip
    query: Any = (
        select(*by, func.count())  # type: ignore[call-overload]
        .select_from(Prediction)
        .join(Study, col(Study.id) == col(Prediction.study_id))
        .outerjoin(truth, truth_of_study(rule) & known)
        .where(col(Prediction.model_version_id).in_(list(versions)), Study.purpose == "clinical",
               col(Prediction.deployment_id).is_not(None))
        .group_by(*by)
    )  # fmt: skip
    if since is not None:
        query = query.where(col(Study.arrived_on) >= since)
    if until is not None:
        query = query.where(col(Study.arrived_on) <= until)
    if days is not None:
        query = query.where(col(Study.arrived_on).in_(sorted(days)))
    return query
