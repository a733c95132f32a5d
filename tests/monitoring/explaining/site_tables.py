"""Studies of a site before and since a day, to be explained."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np

from monitoring.alerts import ProposedAlert, Severity
from monitoring.detectors.base import FloatArray
from monitoring.explaining.case_table import CaseTable
from monitoring.explaining.explanation import SiteCases

START = date(2026, 3, 2)
DAYS, DAILY = 40, 15
CHANGE = START + timedelta(days=25)


def studies(rng: np.random.Generator, days: int, first: date, what: str) -> CaseTable:
    """Quiet studies: two makers, an age, a sharpness, a score that follows truth and age."""
    n = days * DAILY
    age = rng.normal(55.0, 15.0, n)
    truth = (rng.random(n) < 0.3).astype(np.float64)
    columns: dict[str, Any] = {
        "manufacturer": rng.choice(np.array(["GE", "Siemens"], object), n), "age_years": age,
        "sharpness": rng.normal(size=n), "tube_voltage_kv": rng.normal(size=n),
    }
    columns |= scored(rng, truth, age)
    day = first.toordinal() + np.arange(n) // DAILY
    labels = np.array([f"{what} {row}" for row in range(n)], object)
    return CaseTable(day.astype(np.int64), labels, columns, truth)


def scored(rng: np.random.Generator, truth: FloatArray, age: FloatArray) -> dict[str, Any]:
    odds = 3.0 * truth - 1.5 + 0.05 * (age - 55.0) + rng.normal(size=len(truth))
    score = 1.0 / (1.0 + np.exp(-odds))
    return {"score": score, "decision": (score > 0.5).astype(np.float64)}


def site(seed: int = 1) -> tuple[SiteCases, np.random.Generator]:
    """A site on which nothing has changed yet, and the generator to change it with."""
    rng = np.random.default_rng(seed)
    reference = studies(rng, 30, START - timedelta(days=60), "held out")
    return SiteCases(reference, studies(rng, DAYS, START, "study")), rng


def late(cases: SiteCases, since: date = CHANGE) -> Any:
    """Rows watched since a day."""
    return cases.watched.day >= since.toordinal()


def signal(chart: str, column: str, detector: str = "rank_cusum", **details: Any) -> ProposedAlert:
    """A signal of the last day, as a chart raises it."""
    day = START + timedelta(days=DAYS - 1)
    return ProposedAlert(
        chart, "North", day, Severity.MODERATE, f"North: {column} moved ({chart}).", None,
        {"detector": detector, "column": column, **details},
    )
