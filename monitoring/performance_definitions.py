"""How the figures of stored evaluations are computed, for whoever looks at them."""

from collections.abc import Sequence
from datetime import date

from monitoring.chart_definitions import Explanation
from monitoring.threshold_explorer import EXPLORATORY, Exploration
from records.counting import counted
from records.evaluation_overview import PeriodEstimate, StoredEvaluation
from records.surveillance import EvaluationResult

_KNOWN = (
    "Only studies whose truth was known when the period was measured; how many were not is under "
    "Data quality."
)


def _window_of(one: StoredEvaluation) -> str:
    if one.period_from is None:
        size = counted(one.studies, "study", "studies")
        return f"A frozen set of {size}: {one.purpose.replace('_', ' ')}."
    return f"Studies that arrived from {one.period_from} to {one.period_to}."


def _n_of(one: StoredEvaluation) -> str:
    return f"{counted(one.studies, 'study', 'studies')} of {counted(one.patients, 'patient')}."


def period_explanation(found: Sequence[PeriodEstimate]) -> Explanation:
    """How the estimates of measured periods are computed."""
    days = [one.period_from for one in found] + [one.period_to for one in found]
    n = [one.n for one in found]
    return Explanation(
        "How good was the device in each measured period?",
        "The estimate of each evaluation as it was stored, over the days of its period.",
        f"{min(n):,} to {max(n):,} studies a point." if n else "Nothing is drawn.",
        f"{min(days)} to {max(days)}: {counted(len(found), 'estimate')}." if days
        else "No day is drawn.",
        f"95 % intervals for one reading of each; periods may overlap. {_KNOWN}",
    )


def calibration_explanation(one: StoredEvaluation) -> Explanation:
    """How a calibration curve is computed."""
    return Explanation(
        "Does a stated probability of 0.7 mean seven in ten?",
        "Studies in ten bins of stated probability, each at its mean; the observed share with the "
        "finding. On the dashed line both are equal.",
        _n_of(one), _window_of(one), f"Wilson's interval of each bin. {_KNOWN}",
    )


def threshold_explanation(one: StoredEvaluation, found: Exploration) -> Explanation:
    """How the measures at other thresholds are computed."""
    return Explanation(
        "What would another operating point have meant?",
        "Every measure at each kept threshold: all studies that score at least so much are "
        "flagged. Counts by score were stored when the evaluation was made; no prediction is read.",
        f"{counted(found.n, 'study', 'studies')}, {found.diseased:,} of them with the finding.",
        _window_of(one), "Wilson's 95 % intervals, one threshold at a time.",
        (("Kept", counted(len(found.thresholds), "threshold")), ("Note", EXPLORATORY)),
    )


def decision_explanation(one: StoredEvaluation, found: Exploration) -> Explanation:
    """How a decision curve is computed."""
    return Explanation(
        "Does acting on the device do more good than acting on all studies, or on none?",
        "Hits less false alarms per study, where a false alarm weighs t / (1 - t) at the threshold "
        "probability t (Vickers and Elkin 2006). None is 0. It takes the score for the probability "
        "that it states: see Calibration.",
        f"{counted(found.n, 'study', 'studies')}, {found.diseased:,} of them with the finding.",
        _window_of(one), "Wilson's limits of both shares, squared and added; 95 %.",
        (("Note", EXPLORATORY),),
    )


def subgroup_explanation(
    one: StoredEvaluation, rows: Sequence[EvaluationResult]
) -> Explanation:
    """How a forest plot of subgroups is computed."""
    n = [row.n for row in rows if row.value is not None]
    methods = ", ".join(sorted({row.method for row in rows if row.method}))
    return Explanation(
        "Is the device as good in every declared subgroup?",
        "The stored estimate of each subgroup; the dashed line is that of all studies. Several "
        "intervals side by side: one that leaves the line out may do so by chance.",
        f"{min(n):,} to {max(n):,} a row." if n else "Nothing is drawn.",
        _window_of(one), f"95 % intervals: {methods or 'none'}.",
    )


def truth_explanation(studies: int, rule: str, *, first: date, last: date) -> Explanation:
    """How the completeness of the truth is computed."""
    return Explanation(
        "Of how many studies is the truth known by now?",
        f"Studies that the device read in operation by week of arrival (Monday to Sunday), and of "
        f"them those with a reference standard that counts. {rule}",
        f"{studies:,} studies.", f"{first} to {last}.",
        "Wilson's 95 % interval of each share. Weeks that are young wait for their truth still.",
    )
