"""The likely cause of an alert in a few words, and what kind of thing a column tells of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["cause_in_words", "kind_of"]

PATIENT = {"age", "ages", "sex", "gender", "bmi", "weight", "height", "ethnicity", "race",
           "indication", "ward", "inpatient", "patient"}  # fmt: skip
UNDONE = {
    "refused": "files are refused", "not_run": "studies stay without an answer of the AI",
    "turnaround_flagged": "flagged studies wait longer for a reader",
    "turnaround_unflagged": "unflagged studies wait longer for a reader",
    "flagged_later": "flagged studies are not read before the others",
}  # fmt: skip
"""What a stream beside the studies tells of, in words."""
SOFTWARE = {"software", "version", "versions", "firmware"}


def cause_in_words(evidence: Mapping[str, Any], columns: Sequence[str]) -> str:
    """The likeliest cause of an alert's explanation, for where to look first; a guess, and said as
    one.

    evidence: of the leading chart, with its explanation. columns: all that moved with the alert.

    >>> told = {"detector": "fact_distribution", "column": "kvp",
    ...         "explanation": {"cause": "acquisition change", "new": {}, "moved_too": []}}
    >>> cause_in_words(told, ["kvp"])
    'acquisition change: kvp'
    """
    told = evidence["explanation"]
    column = str(told.get("column", evidence.get("column", "")))
    cause = str(told["cause"])
    if cause == "chance":
        return "none seen: the studies show no change against those before"
    if cause == "recording":
        return f"recording: {column} is missing more or less often than before"
    if evidence["detector"] == "silent_days":
        return "no studies arrive: the connection, or the site is closed"
    if evidence["detector"] == "study_volume":
        return "volume: another number of studies reaches the device"
    if column in UNDONE:
        reasons = {**evidence.get("reasons", {}), **evidence.get("new", {})}
        why = ", ".join(sorted(reasons, key=lambda one: -reasons[one])[:3])
        return f"{UNDONE[column]}: {why}" if why else UNDONE[column]
    if cause == "new scanner":
        counts = [pair for names in told["new"].values() for pair in names.items()]
        named = [name for name, _ in sorted(counts, key=lambda pair: -pair[1])]  # commonest first
        return f"new scanner: {', '.join(named[:3])}"
    if cause == "new source":
        return f"new source of studies: {', '.join(columns[:4])} changed at once"
    if kind_of(column) == cause and column not in ("score", "decision"):
        return f"{cause}: {column}"
    others = [*columns, *(one["column"] for one in told["moved_too"])]
    follows = sorted({one for one in others if one != column and kind_of(one) == cause})
    if cause in ("acquisition change", "patient mix", "software") and follows:
        return f"{cause}: follows the change of {', '.join(follows[:3])}"
    if cause == "device":
        return "the device itself, the disease or the labels: no watched fact explains it"
    return f"{cause}: {told['causes'][0]['for'][0]}"


def kind_of(column: str) -> str:
    """By the words of the column's name: 'voltage' is no age.

    >>> kind_of("tube_voltage"), kind_of("PatientAge"), kind_of("SoftwareVersions")
    ('acquisition change', 'patient mix', 'software')
    """
    words = {one.lower() for one in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", column)}
    if words & SOFTWARE:
        return "software"
    return "patient mix" if words & PATIENT else "acquisition change"
