"""What operation freezes and steps: truth of the held-out studies, and late truth by its day."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np

from monitoring.baselines import prepare_baselines
from monitoring.plan import parse_plan
from monitoring.run import site_day
from monitoring.site_charts import step_site
from tests.monitoring.example_plan import MONDAY

PLAN = parse_plan({
    "horizon_days": 90, "false_alarm_budget": 0.1, "minimum_n": 5,
    "reference": {"splits": ["internal_test"], "maximum_n": 2000},
    "charts": [
        {"name": "estimated", "detector": "estimated_performance",
         "parameters": {"window": "week", "least_studies": 200, "measure": "auc"}},
        {"name": "since", "detector": "performance_against_reference",
         "parameters": {"window": "week"}},
    ],
})  # fmt: skip


def declared(kind: str = "classification") -> Any:
    return SimpleNamespace(claims=[], overall_claims=[], task=SimpleNamespace(kind=kind))


def studies(rng: np.random.Generator, n: int) -> list[dict[str, Any]]:
    truth = rng.random(n) < 0.3
    score = 1.0 / (1.0 + np.exp(-rng.normal(size=n) - 2.0 * truth + 1.0))
    return [
        {"study_uid": f"1.2.{at}", "patient": f"P{at}", "site": "North", "split": "internal_test",
         "score": float(one), "decision": bool(one > 0.5), "truth": bool(sick)}
        for at, (one, sick) in enumerate(zip(score, truth, strict=True))
    ]  # fmt: skip


def test_charts_of_performance_run_in_operation_on_the_truth_of_the_held_out_studies() -> None:
    rng = np.random.default_rng(1)
    (found,) = prepare_baselines(
        declared(), PLAN, studies(rng, 1500), daily_n={"North": 60}, watched_sites=1, seed=1
    )
    assert found.refused == {}
    assert found.prepared["estimated"]["reference_n"] == 1500
    assert found.prepared["estimated"]["untrusted"] == ""
    states: dict[str, Any] = {}
    read: list[dict[str, Any]] = []
    points = []
    for offset in range(14):
        day = MONDAY + timedelta(days=offset)
        new = [row | {"arrived_on": day, "known_on": day + timedelta(days=7)}
               for row in studies(rng, 60)]  # fmt: skip
        read += new
        known = [row for row in read if row["known_on"] == day]
        facts, late = site_day("North", day, new, known, PLAN)
        assert late == 0
        results = {one.chart: one for one in step_site(PLAN, found.prepared, states, facts)}
        states = {name: one.state for name, one in results.items()}
        points.append(results["estimated"])
    assert points[6].details["way"] == "estimated"
    assert points[7].details["revised"][0]["known"] == 60
    assert points[10].details["revised"][0]["figures"]["prediction-powered"]["value"] > 0.8
    assert results["since"].value is not None
    assert points[13].details["revised"][0]["figures"]["realised"]["n"] == 420


def test_a_reference_without_truth_or_of_outlines_says_so() -> None:
    rows = studies(np.random.default_rng(2), 100)
    unknown = [row | {"truth": None} for row in rows]
    for kind, given in (("classification", unknown), ("segmentation", rows)):
        (found,) = prepare_baselines(
            declared(kind), PLAN, given, daily_n={"North": 60}, watched_sites=1, seed=1
        )
        assert "0 reference cases with truth" in found.refused["since"]
        assert "nothing is claimed for auc" in found.refused["estimated"]
