"""Does a version answer from something beside the finding: site, view, age, border, markers?

A model may learn from what goes along with a disease instead of the disease (Zech et al., PLoS Med
2018;15:e1002683; DeGrave, Janizek and Lee, Nat Mach Intell 2021;3:610). Each test ends with what a
reader is to conclude. Pure: outcomes in, estimates and plain figures out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from imaging.dataset_checks.outcome import CheckOutcome
from imaging.dataset_checks.shortcuts import FIELDS, TOGETHER, shortcuts
from measures.comparison import paired_proportion_difference
from measures.estimate import Estimate
from measures.stratified_auc import stratified_auc, stratified_auc_difference
from measures.study_means import mean_over_studies
from models.tasks.base import NOT_RECORDED, Outcomes, Task
from models.tasks.two_classes import present, said
from monitoring.group_differences import RESAMPLING
from monitoring.stress import leaves_out_nought, stressed
from records.dataset_rules import DatasetRules

METADATA = "shortcut test: metadata"
STRATA = "shortcut test: within strata"
REGION = "shortcut test: region of the finding"
EDGES_MASKED = "shortcut test: border and corners"
"""The parts of a validation, as its list of what was not made names them."""
NO_SCORE = "the device gives a study no score of a finding; where it does worse, the subgroups tell"
NO_STRATA = "no site, manufacturer, view or sex with several values on record"
NO_REGION = "where the finding truly lies is not on record for enough test studies with it"
_FACTS: Final = ("site", "manufacturer", "view", "sex", "age_years")
_STRATA: Final = ("site", "manufacturer", "view", "sex")
REMOVED, ELSEWHERE, ALONE = "region removed", "as large an area elsewhere removed", "region alone"


@dataclass(frozen=True, slots=True)
class Tested:
    """What shortcut tests found: estimates, one entry a test, and why others were not made."""

    estimates: list[Estimate] = field(default_factory=list)
    tests: list[dict[str, Any]] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, estimates: Sequence[Estimate], conclusion: str) -> None:
        """One more test with what it found and what follows."""
        self.estimates.extend(estimates)
        shown = [[one.measure, one.subgroup] for one in estimates]
        self.tests.append({"test": name, "shown": shown, "conclusion": conclusion})


def scored(task: Task) -> bool:
    """Whether the task gives a study a score of a finding, higher where it is likelier there."""
    return "auc" in task.measures


def facts_and_strata(
    task: Task, rows: Sequence[Mapping[str, Any]], outcomes: Outcomes, rules: DatasetRules
) -> Tested:
    """What the test set shows as it is: whether metadata tell the truth and the answer, and whether
    the AUC falls once only studies of one site, view and so on are compared.

    rows, outcomes: the same studies in the same order, one a patient.
    """
    found = Tested()
    if not scored(task):
        found.reasons.update({METADATA: NO_SCORE, STRATA: NO_SCORE})
        return found
    _from_metadata(found, rows, outcomes, rules)
    _within_strata(found, rows, outcomes)
    return found


def _from_metadata(
    found: Tested, rows: Sequence[Mapping[str, Any]], outcomes: Outcomes, rules: DatasetRules
) -> None:
    import pandas as pd

    facts = pd.DataFrame({name: [row.get(name) for row in rows] for name in _FACTS}).assign(
        patient=np.asarray(outcomes.patient).astype(str)
    )
    ill, yes = present(outcomes), said(outcomes)
    asked = {
        "the finding": (ill, np.ones(len(rows), dtype=bool)), "the flag": (yes, yes | ~yes),
        "the flag of a study without the finding": (yes, ~ill),
    }  # fmt: skip
    for what, (target, of) in asked.items():
        table = facts[of].assign(finding=target[of].astype(int)).reset_index(drop=True)
        outcomes_of_facts = shortcuts(table, rules) if len(table) else []
        estimates = [
            replace(one.estimate, measure="auc_of_metadata",
                    subgroup=f"{what} from {FIELDS.get(one.subject, one.subject)}")
            for one in outcomes_of_facts if one.estimate is not None
        ]  # fmt: skip
        reasons = {one.reason for one in estimates}
        if estimates and len(reasons) == 1 and "" not in reasons:  # one sentence, not a page
            estimates = [replace(estimates[-1], subgroup=f"{what} from any fact")]
        conclusion = conclusion_from_metadata(what, outcomes_of_facts, rules)
        found.add(f"{METADATA}, {what}", estimates, conclusion)


def conclusion_from_metadata(
    what: str, outcomes: Sequence[CheckOutcome], rules: DatasetRules
) -> str:
    """What follows from how well facts beside the picture tell something, one outcome a fact.

    By the limits of the intervals: the AUC itself would name a fact by chance.
    """
    known = [one for one in outcomes if one.p_value is not None and one.estimate is not None]
    if not known:
        return f"Whether metadata tell {what} is not estimable."
    limit = f"an AUC of {rules.shortcut_auc:.2f}"
    shown = [one for one in known if not one.passed and _beyond(one, rules, at_least=True)]
    if not shown:
        open_still = [one for one in known if _beyond(one, rules, at_least=False)]
        if not open_still:
            return (
                f"No fact beside the picture tells {what} by {limit}: the upper limits of their "
                "intervals lie below it."
            )
        return (
            f"That a fact beside the picture tells {what} by {limit} is not shown, and from "
            f"{_facts(open_still)} not excluded: the interval reaches it."
        )
    if what == "the finding":
        return (
            f"The finding can be told without the picture, from {_facts(shown)}: a model can reach "
            f"{limit} on this test set without seeing disease, by the interval's lower limit. The "
            "AUC within strata shows how much of the performance that may be."
        )
    return (
        f"Told without the picture, from {_facts(shown)}: {what} goes along with it beyond "
        f"{limit}, by the interval's lower limit. Where this fact is no cause of the finding, "
        "suspect a shortcut, and read the AUC within strata."
    )


def _beyond(one: CheckOutcome, rules: DatasetRules, *, at_least: bool) -> bool:
    """Whether the AUC is shown to reach the limit (at_least), or may reach it."""
    assert one.estimate is not None
    end = one.estimate.low if at_least else one.estimate.high
    return not at_least if end is None else end >= rules.shortcut_auc


def _facts(outcomes: Sequence[CheckOutcome]) -> str:
    names = (FIELDS.get(one.subject, one.subject) for one in outcomes)
    return ", ".join("all facts together" if one == TOGETHER else one for one in names)


def _within_strata(
    found: Tested, rows: Sequence[Mapping[str, Any]], outcomes: Outcomes
) -> None:
    estimates, fallen, tried = [], [], 0
    truth, score = present(outcomes).astype(int), np.asarray(outcomes.score, dtype=float)
    patients = np.asarray(outcomes.patient)
    for name in _STRATA:
        labels = np.array([str(row.get(name) or "") for row in rows], dtype=object)
        known = (labels != "") & (labels != NOT_RECORDED)
        if len(set(labels[known].tolist())) < 2:
            continue
        columns = truth[known], score[known], labels[known]
        pair = [
            function(*columns, patients=patients[known]).for_subgroup(f"within {name}")
            for function in (stratified_auc, stratified_auc_difference)
        ]
        estimates += pair
        if pair[1].high is not None:
            tried += 1
            fallen += [name] if pair[1].high < 0 else []
    if not estimates:
        found.reasons[STRATA] = NO_STRATA
        return
    if fallen:
        words = " and ".join(fallen)
        conclusion = (
            f"The AUC falls once only studies of one {words} are compared: part of the pooled AUC "
            f"is a difference between the strata, not separation of disease "
            "(Simpson's paradox). Quote the stratified AUC beside it."
        )
    elif tried:
        conclusion = (
            "The AUC is not shown to fall within strata: that it rests on a difference between "
            "sites, scanners, views or sexes is not shown, and up to the interval's lower limit "
            "not excluded."
        )
    else:
        conclusion = "Whether the AUC falls within strata is not estimable."
    found.add(STRATA, estimates, conclusion)


def edges_masked(
    task: Task, before: Outcomes, after: Mapping[str, Outcomes], *, minimum_n: int
) -> Tested:
    """How answers change when border or corners are gone, where markers, letters and collimation
    stand: the task's measures, the mean score and the share flagged, paired.

    before, after: the same studies in the same order; by name of the part that was masked.
    """
    found = Tested()
    for name, then in after.items():
        estimates = [
            *_changed(before, then, name),
            *stressed(task, before, then, name=name, minimum_n=minimum_n),
        ]
        moved = [
            one for one in estimates
            if one.measure in ("score_change", "flagged_change", f"{task.main_measure}_difference")
            and leaves_out_nought(one)
        ]  # fmt: skip
        what = " and ".join(one.measure.replace("_", " ") for one in moved)
        conclusion = (
            f"The answers change ({what}) although no finding needs what was masked: the device "
            "uses it, or the fill disturbs it. Look at the pictures before use where markers or "
            "collimation differ."
            if moved else
            "Answers are not shown to change: no sign that the device reads markers, letters or "
            "collimation there, up to the limits of the intervals."
        )
        found.add(f"{EDGES_MASKED}, {name}", estimates, conclusion)
    return found


def region_masked(before: Outcomes, after: Mapping[str, Outcomes], *, minimum_n: int) -> Tested:
    """Whether the score of studies with the finding rests on where the finding is: the region
    removed, as large an area elsewhere removed, and nothing but the region left.

    before, after: the same studies, all with the finding, in the same order; by name of the way.
    """
    found = Tested()
    if len(before) < minimum_n:
        found.reasons[REGION] = f"{NO_REGION}: {len(before)} of {minimum_n}"
        return found
    estimates = [one for name, then in after.items() for one in _changed(before, then, name)]
    apart = mean_over_studies(
        "score_difference",
        (np.asarray(after[REMOVED].score) - np.asarray(after[ELSEWHERE].score)).tolist(),
        patients=before.patient, resampling=RESAMPLING,
    ).for_subgroup(f"{REMOVED} minus {ELSEWHERE}")
    if apart.high is not None and apart.high < 0:
        conclusion = (
            "Without the region the score falls further than without as large an area elsewhere: "
            "the device looks where the finding is."
        )
    elif apart.low is not None and apart.low > 0:
        conclusion = (
            "Without the region the score falls less than without as large an area elsewhere: the "
            "device answers from something other than the finding. Do not release before it is "
            "known from what."
        )
    else:
        conclusion = (
            "That the score rests on the region of the finding is not shown: it falls no further "
            "without it than without as large an area elsewhere. A shortcut is not excluded."
        )
    found.add(REGION, [*estimates, apart], conclusion)
    return found


def _changed(before: Outcomes, after: Outcomes, name: str) -> list[Estimate]:
    """The mean change of the score, and of the share that is flagged, of the same studies."""
    change = np.asarray(after.score, dtype=float) - np.asarray(before.score, dtype=float)
    score = mean_over_studies(
        "score_change", change.tolist(), patients=before.patient, resampling=RESAMPLING
    )
    flagged = paired_proportion_difference(
        said(after), said(before), measure="flagged_change"
    ).difference
    return [score.for_subgroup(name), flagged.for_subgroup(name)]

