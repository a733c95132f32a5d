"""How much of the truth has come back: by site, by kind, how late, and whether sources agree.

One place for the performance report, the page of reference standards and the command line.
"""

from collections import Counter
from dataclasses import replace
from datetime import date

from sqlmodel import Session

from measures.estimate import Estimate
from measures.kappa import cohen_kappa
from measures.proportions import wilson
from measures.waiting_time import waiting_time
from models.tasks import TASKS
from records.cases import OUTLINE
from records.held_definition import definition_of
from records.product import Device
from records.queries import effective_plan
from records.reference_kinds import kind_called, rule_declared
from records.truth_states import (
    KNOWN,
    LATE,
    STUDY_STATES,
    StudyTruth,
    pairs_of_kinds,
    study_truths,
)  # fmt: skip
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
    plan = effective_plan(session, device)
    declared = plan.content.get("truth", {}).get("maximum_delay_days") if plan else None
    late_after = DEFAULT_DELAY if declared is None else int(declared)
    task = definition_of(device).task
    outlined = OUTLINE in TASKS[task.kind].truth_forms
    since, until = period or (None, None)
    studies = study_truths(
        session, device, rule, by=by, late_after_days=late_after, since=since, until=until,
        structure=f"{OUTLINE} of {task.finding}" if outlined else "",
    )
    sites = sorted({one.site for one in studies})
    groups = [(site, [one for one in studies if one.site == site]) for site in sites]
    if len(sites) != 1:
        groups.insert(0, (ALL_SITES, studies))
    return TruthFacts(
        by=by, rule=rule.words, late_after_days=late_after,
        late_from="the monitoring plan" if declared is not None else "the default of a plan",
        sites=tuple(_site(name, found, by) for name, found in groups),
        apart=() if outlined else tuple(_apart(studies)),
    )


def _site(name: str, studies: list[StudyTruth], by: date) -> SiteTruth:
    states = Counter(one.state for one in studies)
    kinds = Counter(one.kind for one in studies if one.state == KNOWN)
    # A study whose truth comes on its own day has waited for one day begun, and 0 days.
    came = [one.first_known_on is not None for one in studies]
    days = [((one.first_known_on or by) - one.arrived_on).days + 1 for one in studies]
    return SiteTruth(
        site=name, studies=len(studies),
        states=tuple((state, states[state]) for state in STUDY_STATES),
        kinds=tuple((kind_called(kind), count) for kind, count in sorted(kinds.items())),
        known=wilson("truth_known", states[KNOWN], len(studies)),
        late=wilson("truth_late", states[LATE], len(studies)),
        median_days=_days("days_until_truth_median", waiting_time(days, came, share=0.5)),
        most_days=_days("days_until_truth_90_percent", waiting_time(days, came, share=0.9)),
    )


def _days(name: str, found: Estimate) -> Estimate:
    """Days after the study's own, under the name that documents have for it."""
    if found.value is None or found.low is None or found.high is None:
        return replace(found, measure=name)
    return replace(
        found, measure=name, value=found.value - 1, low=found.low - 1, high=found.high - 1
    )


def _apart(studies: list[StudyTruth]) -> list[KindsApart]:
    return [
        KindsApart(
            kind_called(pair.stronger), kind_called(pair.weaker),
            wilson(
                "truths_disagree",
                sum(one != other for one, other in zip(pair.first, pair.second, strict=True)),
                len(pair.first),
            ),
            cohen_kappa(pair.first, pair.second, categories=(False, True)),
        )
        for pair in pairs_of_kinds(studies)
    ]
