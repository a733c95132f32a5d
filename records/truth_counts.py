"""How much truth has come back, counted by site and day of arrival: stored, and the rest.

One way to every such figure, of a page, a command or a document: a day's counts are the states of
its studies (:mod:`records.truth_states`) added up, whether they were stored or are counted now.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func
from sqlmodel import Session, col, select

from records.base import digest_of
from records.cases import ReferenceStandard, Study
from records.day_counts import (
    TRUTH,
    Counts,
    days_touched,
    put_down,
    standing_mark,
    stored_counts,
    versions_of,
)  # fmt: skip
from records.product import Device, Site
from records.reference_kinds import TruthRule
from records.truth_states import (
    KNOWN,
    LATE,
    WAITING,
    StudyTruth,
    pairs_of_kinds,
    study_truths,
)  # fmt: skip

KindPair = tuple[str, str, bool, bool]
"""The stronger kind, the weaker one, and what each says of a study."""


@dataclass(frozen=True)
class DayTruth:
    """The studies of a site that arrived on a day, by what is known of them.

    states: all but waiting and late; nothing: those of which nothing is known. kinds: by kind of
    the truth that counts. delays: by days from arrival until the first truth that counts. pairs: of
    two kinds that both say something final.
    """

    site: str
    day: date
    studies: int
    nothing: int
    states: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    delays: dict[int, int] = field(default_factory=dict)
    pairs: dict[KindPair, int] = field(default_factory=dict)


def day_truths(
    session: Session, device: Device, rule: TruthRule, *, by: date, since: date | None = None,
    until: date | None = None, structure: str = "",
) -> list[DayTruth]:  # fmt: skip
    """The days of a period, as known by a day; what is counted, as :func:`study_truths` says it."""
    until = by if until is None else min(by, until)
    mark = standing_mark(session, device.name, TRUTH, _rule_digest(rule, structure))
    if mark is None:
        studies = study_truths(
            session, device, rule, by=by, late_after_days=0, since=since, until=until,
            structure=structure,
        )
        return _counted(studies)
    stored = stored_counts(session, device.name, TRUTH, since=since, until=until)
    # what became known after that day is in what was stored: such days are counted as it was then
    open_days = {day for (_, day), one in stored.items() if one.get("known_by", "") > f"{by}"}
    open_days |= {
        day for day in days_touched(session, mark)
        if day <= until and (since is None or day >= since)
    }
    names = dict(session.exec(select(Site.id, Site.name)).all())
    found = [
        _read(names[site], day, counts) for (site, day), counts in stored.items()
        if day not in open_days and counts
    ]
    if open_days:
        found += _counted(study_truths(
            session, device, rule, by=by, late_after_days=0, days=open_days, structure=structure,
        ))  # fmt: skip
    return sorted(found, key=lambda one: (one.site, one.day))


def recount_truths(
    tx: Session, device: Device, rule: TruthRule, *, structure: str, anew: bool = False
) -> int:
    """Count again what no longer holds, or all of it, and put it down; how many days that were."""
    digest = _rule_digest(rule, structure)
    mark = None if anew else standing_mark(tx, device.name, TRUTH, digest)
    days = days_touched(tx, mark) if mark else _days_of(tx, device)
    sites = {name: site for site, name in tx.exec(select(Site.id, Site.name))}
    found: dict[tuple[int, date], Counts] = {}
    for some in _some(sorted(days)):
        known_by = _known_by(tx, some)
        studies = study_truths(
            tx, device, rule, by=date.max, late_after_days=0, days=some, structure=structure
        )
        for one in _counted(studies):
            key = (sites[one.site] or 0, one.day)
            found[key] = _written(one) | {"known_by": known_by.get(key, "")}
    put_down(tx, device.name, TRUTH, digest, found, days=days if mark else None)
    return len(days)


def _rule_digest(rule: TruthRule, structure: str) -> str:
    return digest_of({"order": list(rule.order), "structure": structure})


def _some(days: Sequence[date]) -> Iterable[set[date]]:
    """A month at a time: memory does not grow with the years."""
    return (set(days[at : at + 31]) for at in range(0, len(days), 31))


def _days_of(session: Session, device: Device) -> set[date]:
    """All days on which a study arrived in operation."""
    query = select(col(Study.arrived_on)).where(Study.purpose == "clinical").distinct()
    return set(session.exec(query)) if versions_of(session, device.name) else set()


def _known_by(session: Session, days: Collection[date]) -> dict[tuple[int, date], str]:
    """By site and day of arrival, the last day on which something of its studies became known."""
    query = (
        select(col(Study.site_id), col(Study.arrived_on), func.max(ReferenceStandard.known_on))
        .join(ReferenceStandard, col(ReferenceStandard.study_id) == Study.id)
        .where(col(Study.arrived_on).in_(days))
        .group_by(col(Study.site_id), col(Study.arrived_on))
    )
    return {(site, day): f"{known}" for site, day, known in session.exec(query)}


def _counted(studies: Iterable[StudyTruth]) -> list[DayTruth]:
    by_day: dict[tuple[str, date], list[StudyTruth]] = {}
    for one in studies:
        by_day.setdefault((one.site, one.arrived_on), []).append(one)
    return [_day(site, day, found) for (site, day), found in sorted(by_day.items())]


def _day(site: str, day: date, studies: list[StudyTruth]) -> DayTruth:
    states = Counter(one.state for one in studies)
    nothing = states.pop(WAITING, 0) + states.pop(LATE, 0)
    return DayTruth(
        site, day, len(studies), nothing, dict(states),
        dict(Counter(one.kind for one in studies if one.state == KNOWN)),
        dict(Counter((one.first_known_on - one.arrived_on).days
                     for one in studies if one.first_known_on is not None)),
        dict(Counter(
            (pair.stronger, pair.weaker, first, second)
            for pair in pairs_of_kinds(studies)
            for first, second in zip(pair.first, pair.second, strict=True)
        )),
    )  # fmt: skip


def _written(one: DayTruth) -> Counts:
    return {
        "studies": one.studies, "nothing": one.nothing, "states": one.states, "kinds": one.kinds,
        "delays": {f"{days}": n for days, n in one.delays.items()},
        "pairs": [[*pair, n] for pair, n in sorted(one.pairs.items())],
    }


def _read(site: str, day: date, counts: Counts) -> DayTruth:
    return DayTruth(
        site, day, counts["studies"], counts["nothing"], counts["states"], counts["kinds"],
        {int(days): n for days, n in counts["delays"].items()},
        {(one[0], one[1], one[2], one[3]): one[4] for one in counts["pairs"]},
    )
