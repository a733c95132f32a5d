"""A plan as a device declares it, and data to run it on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from monitoring.detectors import DETECTORS
from monitoring.detectors.base import ChartContext, FloatArray, SiteDay
from monitoring.detectors.rank_cusum import QUALITY_COLUMNS

MONDAY = date(2026, 1, 5)
BOUNDS = {"sensitivity": 0.85, "specificity": 0.75}


def example_content() -> dict[str, Any]:
    return {
        "horizon_days": 180,
        "false_alarm_budget": 0.05,
        "minimum_n": 5,
        "reference": {"splits": ["internal_test", "external_test", "tuning"]},
        "charts": [
            {"name": "input_appearance", "detector": "rank_cusum"},
            {"name": "score_distribution", "detector": "conformal_test"},
            {
                "name": "sensitivity",
                "detector": "claimed_performance",
                "parameters": {"measure": "sensitivity"},
            },
            {
                "name": "specificity",
                "detector": "claimed_performance",
                "parameters": {"measure": "specificity"},
            },
            {"name": "silence", "detector": "silent_days"},
        ],
        "evidently": {"every_days": 7, "columns": ["sharpness", "score"]},
        "truth": {"maximum_delay_days": 60},
    }


def context(name: str, *, alpha: float = 0.01, horizon_days: int = 60) -> ChartContext:
    return ChartContext(name, "North", alpha, horizon_days, 20, 5, BOUNDS, seed=3)


def defaults(name: str) -> dict[str, Any]:
    return {
        parameter.name: list(parameter.default)
        if isinstance(parameter.default, tuple)
        else parameter.default
        for parameter in DETECTORS[name].parameters
    }


def columns(rng: np.random.Generator, n: int, shift: float = 0.0) -> dict[str, FloatArray]:
    """Every quality column and the score, moved by so many SD; truth, decision and day of studies
    before the watch began, 20 a day."""
    found = {name: rng.normal(shift, 1.0, n) for name in QUALITY_COLUMNS}
    found["score"] = 1.0 / (1.0 + np.exp(-rng.normal(shift, 1.0, n)))
    beside = np.random.default_rng([7, *found["score"].tobytes()[:8]])
    truth = (beside.random(n) < 0.4).astype(np.float64)
    decision = np.where(beside.random(n) < 0.05, 1.0 - truth, truth)
    if shift:
        decision = (beside.random(n) < 0.95).astype(np.float64)
    day = MONDAY.toordinal() - 1.0 - np.arange(n) // 20
    return found | {"truth": truth, "decision": decision, "day": day}


def site_day(
    rng: np.random.Generator, day: int, *, n: int = 20, shift: float = 0.0, wrong: float = 0.05
) -> SiteDay:
    """One day; `wrong` of the cases with truth are called wrongly."""
    truth = (rng.random(n) < 0.4).astype(np.int8)
    missed = rng.random(n) < wrong
    decision = np.where(missed, 1 - truth, truth).astype(np.int8)
    values = columns(rng, n, shift)
    overruled = (rng.random(n) < 2 * wrong).astype(np.int8)
    agreed = (~missed).astype(np.int8)
    beside = np.random.default_rng([5, day, *overruled.tobytes()[:8]])
    rest = (beside.random(n) < 0.4).astype(np.int8)
    called = np.where(beside.random(n) < 0.05, 1 - rest, rest).astype(np.int8)
    return SiteDay(
        "North", MONDAY + timedelta(days=day), values, truth, decision, overruled, agreed,
        values["score"], rest_truth=rest, rest_decision=called,
    )


def quiet_day(rng: np.random.Generator, day: int) -> SiteDay:
    return site_day(rng, day)


def drifted_day(name: str, rng: np.random.Generator, day: int) -> SiteDay:
    """What each kind of chart is there to find."""
    if name == "silent_days":
        return SiteDay("North", MONDAY + timedelta(days=day), {})
    if name == "study_volume":
        return site_day(rng, day, n=200)
    if name == "calibration":  # the finding has become twice as common at every score
        truth = (rng.random(20) < 0.85).astype(np.int8)
        return replace(site_day(rng, day), truth=truth)
    by_window = name in ("fact_distribution", "score_distribution")
    return site_day(rng, day, shift=1.8 if by_window else 1.0, wrong=0.5)
