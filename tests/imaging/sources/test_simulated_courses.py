"""Simulated facts and follow-up come from the stated hazard, and are what a hospital would have."""

import csv
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from imaging.clinical_course import ClinicalCourse
from imaging.sources.cases import draw_case
from imaging.sources.columns import ColumnMapping
from imaging.sources.simulated_courses import BASE, CODES, course_of, fact_lines, write_followed_set
from imaging.sources.simulator import development_plan
from imaging.sources.table import read_table
from measures.hazard_fit import baseline_hazard, hazard_slope
from records.definition import load_definition
from records.settings import REPOSITORY

FACTS = load_definition(REPOSITORY / "devices" / "chest-prognosis.yaml").task.facts


def test_the_stated_hazard_is_found_again_in_the_follow_up() -> None:
    cases = [draw_case(plan) for plan in development_plan(3, 300) if plan.defect is None]
    courses = [course_of(case) for case in cases]
    days = [one.followed_days for one in courses]
    event = [one.event for one in courses]
    risk = [one.log_ratio for one in courses]
    assert hazard_slope(days, event, risk) == pytest.approx(1.0, abs=0.15)
    base = baseline_hazard(days, event, risk, horizon=90) / 90
    assert base == pytest.approx(BASE, rel=0.3)
    ill = np.array([case.finding for case in cases], dtype=bool)
    assert np.mean(np.array(event)[ill]) > np.mean(np.array(event)[~ill]) + 0.2
    assert courses[0] == course_of(cases[0])


def test_the_codes_are_those_that_the_shipped_device_declares() -> None:
    assert {one.name: (one.code, one.unit or "") for one in FACTS or ()} == dict(CODES)


def test_a_written_set_is_read_as_it_was_drawn(tmp_path: Path) -> None:
    studies, facts = write_followed_set(tmp_path, per_site=3, seed=5)
    with (tmp_path / "facts.csv").open() as handle:
        assert len(list(csv.DictReader(handle))) == facts
    mapping = ColumnMapping(facts=tmp_path / "facts.csv")
    source = read_table(tmp_path, finding="death", columns=mapping, declared=FACTS)
    assert len(source.rows) == studies >= 6
    drawn = {}
    for plan in development_plan(5, 3):
        case = draw_case(plan)
        drawn.setdefault(case.patient.patient_id, (case, course_of(case)))
    for row in source.rows:
        case, course = drawn[row.patient]
        read = ClinicalCourse.of(row.course)
        assert (read.followed_days, read.event) == (course.followed_days, course.event)
        assert read.values.items() <= course.facts.items()
        assert {date.fromisoformat(one["time"]) <= case.plan.day
                for one in fact_lines(case, course)} <= {True}  # fmt: skip
    assert {row.split for row in source.rows if row.site == "westhaven"} == {"external"}
