"""How much of the truth has come back: by site, by kind, how late, and whether sources agree.

One place for the performance report, the page of reference standards and the command line.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from measures.estimate import Estimate
from measures.kappa import cohen_kappa
from measures.proportions import wilson
from measures.waiting_time import waiting_time
from models.tasks import TASKS
from records.cases import OUTLINE
from records.day_counts import added
from records.held_definition import definition_of
from records.product import Device
from records.queries import effective_plan
from records.reference_kinds import kind_called, rule_declared
from records.truth_counts import DayTruth, day_truths, recount_truths
from records.truth_states import KNOWN, LATE, STUDY_STATES, WAITING
from regulatory.documents.truth_facts import KindsApart, SiteTruth, TruthFacts

DEFAULT_DELAY = 90
"""Days, where no plan is in force: the plan's own default."""
ALL_SITES = "all sites"


def truth_facts(
    session: Session, device: Device, *, by: date, period: tuple[date, date] | None = None
) -> TruthFacts:
    """What is known by a day of the studies that the device has read in operation.

    period: only studies that arrived from its first day to its last; all of them without.
    """
    rule = rule_declared(device.definition)
    late_after, is_declared = _late_after(session, device)
    since, until = period or (None, None)
    structure = structure_of(device)
    days = day_truths(
        session, device, rule, by=by, since=since, until=until, structure=structure
    )
    sites = sorted({one.site for one in days})
    groups = [(site, [one for one in days if one.site == site]) for site in sites]
    if len(sites) != 1:
        groups.insert(0, (ALL_SITES, days))
    return TruthFacts(
        by=by, rule=rule.words, late_after_days=late_after,
        late_from="the monitoring plan" if is_declared else "the default of a plan",
        sites=tuple(_site(name, found, by, late_after) for name, found in groups),
        apart=() if structure else tuple(_apart(days)),
    )


@dataclass(frozen=True, slots=True)
class WeekTruth:
    """The studies of a site that arrived in a week, by what is known of them."""

    first: date
    last: date
    truth: SiteTruth


def truth_by_week(
    session: Session, device: Device, *, by: date, period: tuple[date, date], site: str = ""
) -> list[WeekTruth]:
    """Each site by the week (Monday to Sunday) in which its studies arrived, oldest first; the
    first and the last week are cut to the period. As :func:`truth_facts`.
    """
    late_after, _ = _late_after(session, device)
    groups: dict[tuple[date, str], list[DayTruth]] = {}
    for one in day_truths(
        session, device, rule_declared(device.definition), by=by, since=period[0],
        until=period[1], structure=structure_of(device),
    ):
        if site in ("", one.site):
            monday = one.day - timedelta(days=one.day.weekday())
            groups.setdefault((monday, one.site), []).append(one)
    return [
        WeekTruth(max(monday, period[0]), min(monday + timedelta(days=6), period[1]),
                  _site(name, days, by, late_after))
        for (monday, name), days in sorted(groups.items())
    ]  # fmt: skip


def _late_after(session: Session, device: Device) -> tuple[int, bool]:
    """Days after which a truth is late, and whether the plan says so."""
    plan = effective_plan(session, device)
    declared = plan.content.get("truth", {}).get("maximum_delay_days") if plan else None
    return (DEFAULT_DELAY, False) if declared is None else (int(declared), True)


def structure_of(device: Device) -> str:
    """The source whose outlines are the truth of a device that finds structures; '' of others."""
    task = definition_of(device).task
    return f"{OUTLINE} of {task.finding}" if OUTLINE in TASKS[task.kind].truth_forms else ""


def recount_truth_states(tx: Session, device: Device, *, anew: bool = False) -> int:
    """Put down what is counted of the device's studies, where it changed; how many days did."""
    rule = rule_declared(device.definition)
    return recount_truths(tx, device, rule, structure=structure_of(device), anew=anew)


def _site(name: str, days: list[DayTruth], by: date, late_after: int) -> SiteTruth:
    studies = sum(one.studies for one in days)
    states = added(one.states for one in days)
    for one in days:
        state = LATE if (by - one.day).days > late_after else WAITING
        states[state] = states.get(state, 0) + one.nothing
    # A study whose truth comes on its own day has waited for one day begun, and 0 days.
    waits: Counter[tuple[int, bool]] = Counter()
    for one in days:
        for delay, n in one.delays.items():
            waits[delay + 1, True] += n
        waits[(by - one.day).days + 1, False] += one.studies - sum(one.delays.values())
    times, came = (_each([one[at] for one in waits], waits.values()) for at in (0, 1))
    return SiteTruth(
        site=name, studies=studies,
        states=tuple((state, states.get(state, 0)) for state in STUDY_STATES),
        kinds=tuple((kind_called(kind), count)
                    for kind, count in sorted(added(one.kinds for one in days).items())),
        known=wilson("truth_known", states.get(KNOWN, 0), studies),
        late=wilson("truth_late", states.get(LATE, 0), studies),
        median_days=_days("days_until_truth_median", waiting_time(times, came, share=0.5)),
        most_days=_days("days_until_truth_90_percent", waiting_time(times, came, share=0.9)),
    )  # fmt: skip


def _each(values: Sequence[int], counts: Iterable[int]) -> NDArray[np.int64]:
    """One entry a study again, as the measures take them."""
    return np.repeat(np.asarray(values, dtype=np.int64), np.asarray([*counts], dtype=np.int64))


def _days(name: str, found: Estimate) -> Estimate:
    """Days after the study's own, under the name that documents have for it."""
    if found.value is None or found.low is None or found.high is None:
        return replace(found, measure=name)
    return replace(
        found, measure=name, value=found.value - 1, low=found.low - 1, high=found.high - 1
    )


def _apart(days: list[DayTruth]) -> list[KindsApart]:
    answers: dict[tuple[str, str], Counter[tuple[bool, bool]]] = {}
    for one in days:
        for (stronger, weaker, *said), n in one.pairs.items():
            answers.setdefault((stronger, weaker), Counter())[said[0], said[1]] += n
    found = []
    for (stronger, weaker), told in sorted(answers.items()):
        first, second = (_each([one[at] for one in told], told.values()) for at in (0, 1))
        found.append(KindsApart(
            kind_called(stronger), kind_called(weaker),
            wilson("truths_disagree", int((first != second).sum()), int(first.size)),
            cohen_kappa(first, second, categories=(0, 1)),
        ))  # fmt: skip
    return found
