"""Which cause an alert of a replay points to, from what else moved at the same site."""

from __future__ import annotations

import re
from collections.abc import Collection

__all__ = ["likely_cause"]

PATIENT = {"age", "ages", "sex", "gender", "bmi", "weight", "height", "ethnicity", "race",
           "indication", "ward", "inpatient", "patient"}  # fmt: skip
OF_TRUTH = ("performance_against_reference", "claimed_performance", "estimated_performance")
SOFTWARE = {"software", "version", "versions", "firmware"}


def likely_cause(
    detector: str, column: str, changed: str, moved_facts: Collection[str]
) -> str:
    """The likeliest cause in a word or two, for where to look first; a guess, and said as one.

    changed: what a chart of a fact found (distribution, mix, missing). moved_facts: facts with an
    alert at the same site at that time.

    >>> likely_cause("fact_distribution", "kvp", "distribution", [])
    'acquisition change: kvp'
    >>> likely_cause("score_distribution", "score", "distribution", ["age_years"])
    'patient mix: follows the change of age_years'
    >>> likely_cause("positive_rate", "decision", "", [])
    'prevalence, or the device itself: no watched fact changed'
    """
    if detector in ("fact_distribution", "rank_cusum"):
        if changed == "missing":
            return f"recording: {column} is missing more or less often than before"
        return f"{_kind(column)}: {column}"
    if detector == "silent_days":
        return "no studies arrive: the connection, or the site is closed"
    if detector == "study_volume":
        return "volume: another number of studies reaches the device"
    if moved_facts:
        named = ", ".join(sorted(moved_facts)[:3])
        kinds = {_kind(one) for one in moved_facts}
        return f"{' and '.join(sorted(kinds))}: follows the change of {named}"
    if detector in OF_TRUTH or (detector == "calibration" and changed == "slope"):
        return "the device, the disease or the labels: no watched fact changed"
    return "prevalence, or the device itself: no watched fact changed"


def _kind(column: str) -> str:
    """By the words of the column's name: 'voltage' is no age.

    >>> _kind("tube_voltage"), _kind("PatientAge"), _kind("SoftwareVersions")
    ('acquisition change', 'patient mix', 'software')
    """
    words = {one.lower() for one in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", column)}
    if words & SOFTWARE:
        return "software"
    return "patient mix" if words & PATIENT else "acquisition change"
