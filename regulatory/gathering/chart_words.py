"""What a chart of the monitoring plan does and what it is of, in words of its users."""

from collections.abc import Mapping
from typing import Any, Final

from regulatory.documents.wording import spaced

METHODS: Final[dict[str, str]] = {
    "calibration": "calibration against the reference",
    "claimed_performance": "performance against the claim",
    "concordance": "concordance against the reference",
    "conformal_test": "conformal test of change",
    "embedding_drift": "conformal test along the model's own features",
    "estimated_performance": "performance estimated before truth is known",
    "fact_distribution": "comparison of distributions",
    "new_name": "names never seen before",
    "override_rate": "how often readers override",
    "performance_against_reference": "performance against the reference",
    "positive_rate": "share flagged",
    "rank_cusum": "cumulative sum of ranks (CUSUM)",
    "score_distribution": "distribution of scores",
    "share_beyond": "share of studies beyond a limit",
    "silent_days": "days without a study",
    "stated_share": "share above the one that is stated",
    "study_volume": "number of studies",
    "subgroup_gap": "distance of a group from the others",
}
"""By detector; one that is not here is told by its name."""

COLUMNS: Final[dict[str, str]] = {
    "age_years": "age (years)",
    "exposure_mas": "exposure (mAs)",
    "latency_ms": "time to answer (ms)",
    "model_name": "model of the scanner",
    "not_run": "studies that the device did not read",
    "out_of_distribution": "unlikeness to the training pictures",
    "output_entropy": "uncertainty of the output (entropy)",
    "refused": "refused files",
    "tube_voltage_kv": "tube voltage (kV)",
}
"""By column that a chart watches; one that is not here is told by its name."""


def chart_words(chart: Mapping[str, Any]) -> str:
    """A chart's method and what it is of.

    >>> chart_words({"detector": "stated_share", "parameters": {"column": "latency_ms"}})
    'share above the one that is stated: time to answer (ms)'
    >>> chart_words({"detector": "silent_days"})
    'days without a study'
    """
    said = chart.get("parameters") or {}
    named = [str(said[key]) for key in ("measure", "column") if said.get(key)]
    of = ", ".join(map(column_words, named[:1] or map(str, said.get("columns", ()))))
    return method_of(str(chart.get("detector"))) + (f": {of}" if of else "")


def method_of(detector: str) -> str:
    """The method of a chart in words."""
    return METHODS.get(detector, spaced(detector))


def column_words(name: str) -> str:
    """What a column of studies or outputs holds.

    >>> column_words("view"), column_words("output_entropy")
    ('view', 'uncertainty of the output (entropy)')
    """
    return COLUMNS.get(name, spaced(name))
