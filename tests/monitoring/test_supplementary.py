"""A validation's supplementary analyses say what a reviewer asks, one study a patient."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from measures.clusters import Resampling
from measures.multiplicity import holm
from models.tasks import Outcomes, task_named
from monitoring.group_differences import Asked, group_differences
from monitoring.supplementary import Supplement, one_a_patient, other_rules, supplement


def rows(n: int, seed: int, *, worse: str = "") -> list[dict[str, object]]:
    """Studies of two sites and sexes; at the site ``worse`` the score says little."""
    rng = np.random.default_rng(seed)
    found = []
    for at in range(n):
        truth, site = at % 2, "north" if at % 4 < 2 else "south"
        apart = 0.3 if site == worse else 2.5
        score = float(1 / (1 + np.exp(-rng.normal(apart * (truth - 0.5), 1.0))))
        found.append({
            "study": f"s{at:04d}", "patient": f"p{at:04d}", "truth": truth, "score": score,
            "decision": score >= 0.5, "site": site, "sex": "FM"[at % 3 > 0],
        })  # fmt: skip
    return found


def outcomes(cases: list[dict[str, object]]) -> Outcomes:
    columns = [np.array([row[name] for row in cases]) for name in ("truth", "score", "decision")]
    patients, *groups = (
        np.array([row[name] for row in cases], dtype=object) for name in ("patient", "site", "sex")
    )
    truth, score, decision = (column.astype(kind) for column, kind in zip(
        columns, (int, float, int), strict=True
    ))
    return Outcomes(truth, score, decision, patients, dict(zip(("site", "sex"), groups,
                                                               strict=True)))  # fmt: skip


ASKED = Asked(0.5, (0.02, 0.5), 20, Resampling(seed=1, replicates=200))
TASK = task_named("classification")


@cache
def found() -> Supplement:
    cases = rows(240, 1, worse="south")
    return supplement(TASK, outcomes(cases), outcomes(rows(200, 2)), ASKED)


def named(measure: str, subgroup: str = "all") -> float:
    (one,) = [
        one for one in found().estimates if (one.measure, one.subgroup) == (measure, subgroup)
    ]
    assert one.value is not None
    return one.value


def test_each_measure_of_a_condition_stands_once_with_its_interval() -> None:
    names = [(one.measure, one.subgroup) for one in found().estimates]
    assert len(names) == len(set(names))
    assert all(one.estimable for one in found().estimates)
    assert {one for one, group in names if group == "all"} == set(found().figures["further"])


def test_a_flag_means_less_where_the_finding_is_rare() -> None:
    rare, common = (
        named("ppv_at_prevalence", one["subgroup"]) for one in found().figures["prevalences"]
    )
    assert rare < 0.15 < common


def test_a_cut_is_chosen_on_tuning_and_judged_on_the_test() -> None:
    told = {one["rule"]: one for one in found().figures["rules"]}
    assert told["operating point"]["threshold"] == 0.5
    cases = rows(240, 1, worse="south")
    at = told["sensitivity 0.9"]["threshold"]
    flagged = np.array([row["score"] >= at for row in cases])
    sick = np.array([row["truth"] == 1 for row in cases])
    assert named("sensitivity", "cut=sensitivity 0.9") == pytest.approx(flagged[sick].mean())
    tuned = np.array([row["score"] >= at for row in rows(200, 2) if row["truth"]])
    assert tuned.mean() >= 0.9
    healthy = [row for row in cases if not row["truth"]]
    for tuning in ([], healthy):
        told_of = other_rules(TASK, outcomes(tuning), outcomes(cases), operating_point=0.5)
        assert told_of == ([], [])


def test_a_site_that_is_served_worse_shows_after_adjustment_and_sex_does_not() -> None:
    told = found().figures["group_tests"]
    assert [(one["characteristic"], one["measure"]) for one in told] == [
        (name, measure)
        for name in ("site", "sex")
        for measure in ("sensitivity", "specificity", "auc")
    ]  # fmt: skip
    plain = [one["p"] for one in told]
    assert [one["holm"] for one in told] == pytest.approx(holm(plain).tolist())
    assert all(one["p"] <= one["benjamini_hochberg"] <= one["holm"] for one in told)
    assert all(one["holm"] < 0.01 for one in told[:3])
    assert all(one["holm"] > 0.05 for one in told[3:])
    assert told[0]["worst"] == "site=south"
    assert named("sensitivity_gap", "site") > 0.15


def test_groups_without_enough_studies_are_left_out_and_not_compared() -> None:
    few = {"site": np.array(["north"] * 57 + ["south"] * 3, dtype=object),
           "sex": np.array([""] * 60, dtype=object)}  # fmt: skip
    cases = replace(outcomes(rows(60, 3)), subgroups=few)
    estimates, told = group_differences(TASK, cases, ASKED)
    assert {one["characteristic"] for one in told} == {"site"}
    assert all(one["p"] is None and one["holm"] is None and one["reason"] for one in told)
    assert [one.estimable for one in estimates if one.measure.endswith("_gap")] == [False, False]


def test_one_study_stands_for_a_patient() -> None:
    cases = [row | {"patient": f"p{at // 3}"} for at, row in enumerate(rows(30, 4))]
    alone = one_a_patient(cases[::-1])
    assert [row["study"] for row in alone] == [f"s{at:04d}" for at in range(0, 30, 3)]


@pytest.mark.parametrize(
    ("cases", "why"),
    [(rows(10, 5), "fewer than 20 studies"), ([], "fewer than 20 studies"),
     ([row | {"truth": 1} for row in rows(40, 5)], "diseased and healthy studies are needed")],
)  # fmt: skip
def test_too_few_studies_or_one_class_say_why(cases: list[dict[str, object]], why: str) -> None:
    none = supplement(TASK, outcomes(cases), outcomes([]), ASKED)
    assert none.estimates == []
    assert none.figures["supplement"] == {"studies": len(cases), "reason": why}


def test_the_curves_can_be_drawn() -> None:
    drawn = found().figures["curves"]
    assert drawn["recall"][-1] == 1.0
    assert drawn["precision"][-1] == pytest.approx(0.5)
    assert drawn["score"] == sorted(drawn["score"])
    assert all(0 <= one <= 1 for one in drawn["share"])
