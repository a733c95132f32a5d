"""Facts and follow-up of simulated patients, by a hazard that is known and stated.

The hazard of death a day is ``BASE`` times exp of: 0.9 with pneumonia and up to 0.9 more the less
subtle it is; 0.035 a year above 60; 0.5 a standard deviation of the log of C-reactive protein;
0.04 for each breath a minute above 18; 0.08 for each per cent of oxygen saturation below 95; 0.4
of a smoker, 0.2 of a former one. It does not change in time. Follow-up ends without the event at a
day drawn evenly between 30 and 400, whatever the risk.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from imaging.sources.cases import Case, draw_case, stream
from imaging.sources.simulator import development_plan, study_bytes
from imaging.sources.sites import EXTERNAL_SITE

BASE: Final = 0.0006  # a day, of a patient of 60 with no finding and average facts
NEVER, FORMER, SMOKER = "266919005", "8517006", "77176002"
CODES: Final[Mapping[str, tuple[str, str]]] = {
    "age": ("30525-0", "a"), "crp": ("1988-5", "mg/L"), "respiratory_rate": ("9279-1", "/min"),
    "oxygen_saturation": ("59408-5", "%"), "smoking": ("72166-2", ""),
}  # fmt: skip
"""LOINC code and UCUM unit of each simulated fact."""
FACTS: Final = "facts.csv"
_MISSING = {
    "age": 0.02, "crp": 0.25, "respiratory_rate": 0.2, "oxygen_saturation": 0.15, "smoking": 0.3,
}  # fmt: skip
PARTS = {"train": 0.55, "val": 0.75, "test": 1.0}


@dataclass(frozen=True, slots=True)
class SimulatedCourse:
    """What is true of a simulated patient: all facts, the log of the hazard ratio, follow-up."""

    facts: Mapping[str, float | str]
    log_ratio: float
    followed_days: int
    event: bool


def course_of(case: Case) -> SimulatedCourse:
    """The facts and follow-up of a simulated study, the same on every run."""
    rng = stream(case.plan, "course")
    ill = float(case.finding) * (1.0 + (1.0 - case.subtlety))
    z = float(rng.normal(0.6 * ill, 1.0))
    rate = float(np.clip(rng.normal(17 + 2.5 * ill, 3.0), 8, 50).round())
    oxygen = float(np.clip(rng.normal(96.5 - 1.5 * ill, 1.8), 70, 100).round())
    smoking = str(rng.choice([NEVER, FORMER, SMOKER], p=[0.5, 0.3, 0.2]))
    log_ratio = 0.9 * ill + 0.035 * (case.age_years - 60) + 0.5 * z + 0.04 * (rate - 18)
    log_ratio += 0.08 * (95 - oxygen) + {NEVER: 0.0, FORMER: 0.2, SMOKER: 0.4}[smoking]
    until = float(rng.exponential(1.0 / (BASE * np.exp(log_ratio))))
    censored = float(rng.uniform(30, 400))
    days = max(1, int(np.ceil(min(until, censored))))
    facts: dict[str, float | str] = {
        "age": float(case.age_years), "crp": round(float(np.exp(2.3 + 1.1 * z)), 1),
        "respiratory_rate": rate, "oxygen_saturation": oxygen, "smoking": smoking,
    }
    facts["crp"] = min(float(facts["crp"]), 500.0)
    return SimulatedCourse(facts, log_ratio, days, until <= censored)


def fact_lines(case: Case, course: SimulatedCourse) -> Iterator[dict[str, str]]:
    """The facts that a hospital would have of it, one a row: some are missing, some old."""
    rng = stream(case.plan, "recorded facts")
    for name, value in course.facts.items():
        gone, age = rng.random() < _MISSING[name], int(rng.integers(0, 3))
        if gone:
            continue
        if name == "crp" and rng.random() < 0.05:
            age = 20  # of an earlier illness
        code, unit = CODES[name]
        day: date = case.plan.day - timedelta(days=age)
        yield {
            "patient": case.patient.patient_id, "code": code, "value": f"{value}",
            "unit": unit, "time": day.isoformat(),
        }


def write_followed_set(folder: Path, *, per_site: int, seed: int) -> tuple[int, int]:
    """Write radiographs, ``manifest.csv`` and ``facts.csv``; how many studies, and facts.

    The studies of one site are the external test; of the others patients are dealt to training,
    tuning and test. A patient who comes again is left out: one study a patient.
    """
    rows: list[dict[str, Any]] = []
    facts: list[dict[str, str]] = []
    seen: set[str] = set()
    (folder / "simulated").mkdir(parents=True, exist_ok=True)
    for plan in development_plan(seed, per_site):
        case = draw_case(plan)
        if plan.defect is not None or case.patient.patient_id in seen:
            continue
        seen.add(case.patient.patient_id)
        name = f"simulated/{plan.site}-{plan.index:05d}.dcm"
        (folder / name).write_bytes(study_bytes(case))
        course = course_of(case)
        place = stream(plan, "part").random()
        part = next(name for name, end in PARTS.items() if place < end)
        rows.append({
            "file": name, "patient": case.patient.patient_id, "site": plan.site,
            "age": case.age_years, "sex": case.patient.sex,
            "view": "AP" if case.portable else "PA", "date": plan.day.isoformat(),
            "split": "external" if plan.site == EXTERNAL_SITE else part,
            "follow_up_days": course.followed_days, "event": int(course.event),
        })  # fmt: skip
        facts += fact_lines(case, course)
    for file, lines in (("manifest.csv", rows), (FACTS, facts)):
        write_rows(folder / file, lines)
    return len(rows), len(facts)


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write a CSV with a line a row; the columns are those of the first."""
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
