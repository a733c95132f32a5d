"""When a retraining may begin, when it is given up, and what a fall in one subgroup does."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from monitoring.regression import BROKEN, KEPT, NOT_ESTIMABLE, adaptation_of, judge_regression
from monitoring.retraining import (
    Standing,
    may_begin,
    why_alert_does_not_count,
    why_stopped,
)  # fmt: skip
from records.definition import find_definition, load_definition
from records.retraining_rules import RegressionLimit
from records.surveillance import AcceptanceResult, Alert

DEVICE = load_definition(find_definition("chest-radiograph-pneumonia"))
assert DEVICE.retraining is not None
RULES = DEVICE.retraining
RELEASED = datetime(2026, 6, 1, 8, tzinfo=UTC)
LATER = RELEASED + timedelta(days=30)


def alert(number: int = 1, **changes: Any) -> Alert:
    named: dict[str, Any] = {
        "chart": "sensitivity in use", "status": "acknowledged", "raised_at": LATER,
        "disposition": "",
    }
    return Alert(
        id=number, plan_id=1, chart_point_id=1, site="north", severity="high", summary="s",
        raised_on=date(2026, 7, 1), **named | changes,
    )


def standing(**changes: Any) -> Standing:
    named: dict[str, Any] = {
        "released_at": RELEASED, "last_begun": None, "alerts": [], "tried": frozenset(),
        "failed": 0, "uses": 1, "undecided": "", "new_cases": 200,
    }
    return Standing(**named | changes)


@pytest.mark.parametrize(("changes", "why"), [
    ({}, ""),
    ({"chart": "silence"}, "the protocol names other charts than 'silence': image appearance"),
    ({"status": "open"}, "a person acknowledges it first"),
    ({"status": "closed", "disposition": "device performance affected: it is worse"}, ""),
    ({"status": "closed", "disposition": "false alarm: no cause"}, "closed as 'false alarm'"),
    ({"status": "closed", "disposition": "expected change: a tube"}, "as 'expected change'"),
    ({"raised_at": RELEASED - timedelta(days=1)}, "before the version in use was released"),
])  # fmt: skip
def test_an_alert_counts_once_a_person_has_looked_and_saw_no_false_alarm(
    changes: dict[str, Any], why: str
) -> None:
    found = why_alert_does_not_count(RULES, alert(**changes), released_at=RELEASED)
    assert why in found
    assert bool(found) == bool(why)
    decision = may_begin(RULES, standing(alerts=[alert(**changes)]), now=LATER)
    assert (decision.alert == "ALT-0001") == decision.allowed == (not why)


def test_the_first_alert_that_was_not_tried_starts_it_else_the_days_gone_by() -> None:
    both = [alert(1), alert(2)]
    assert may_begin(RULES, standing(alerts=both), now=LATER).alert == "ALT-0001"
    tried = standing(alerts=both, tried=frozenset({"ALT-0001"}))
    assert may_begin(RULES, tried, now=LATER).alert == "ALT-0002"
    named = may_begin(RULES, tried, now=LATER, alert=both[0])
    assert (named.allowed, named.alert) == (True, "ALT-0001"), "a person may try it again"
    early = may_begin(RULES, standing(), now=RELEASED + timedelta(days=179))
    assert early.against == ("no alert starts one, and 179 of 180 days have gone by",)
    due = may_begin(RULES, standing(), now=RELEASED + timedelta(days=180))
    assert (due.allowed, due.trigger, due.alert) == (True, "schedule: 180 days gone by", "")
    again = standing(last_begun=RELEASED + timedelta(days=100))
    assert not may_begin(RULES, again, now=RELEASED + timedelta(days=180)).allowed


@pytest.mark.requirement("REG-093")
@pytest.mark.parametrize(("changes", "why"), [
    ({"failed": 2, "uses": 5}, ""),
    ({"failed": 3}, "3 of 3 attempts failed since the last release"),
    ({"uses": 6}, "the locked tests were used by 6 of 6 versions"),
    ({"new_cases": 199}, "199 of 200 new cases can be taken"),
    ({"undecided": "CHR-0002"}, "CHR-0002 of an earlier run waits for a decision"),
    ({"released_at": None}, "no version is released"),
])  # fmt: skip
def test_the_stop_rule_holds_whatever_starts_it(changes: dict[str, Any], why: str) -> None:
    for how in ({"alerts": [alert()]}, {}):
        decision = may_begin(
            RULES, standing(**changes, **how), now=RELEASED + timedelta(days=400)
        )
        assert decision.allowed == (not why)
        assert why in "; ".join(decision.against)
    assert may_begin(RULES, standing(**changes), now=LATER, alert=alert()).allowed == (not why)


def cases(n: int, *, women_right: float, seed: int = 0) -> list[dict[str, Any]]:
    """Half diseased, half women; men are read right, women as often as said."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(n):
        truth, sex = number % 2, "FM"[number // 2 % 2]
        right = sex == "M" or rng.random() < women_right
        score = (0.8 if truth == right else 0.2) + rng.normal(0, 0.05)
        made.append({
            "study": f"s{number}", "split": "internal_test", "truth": truth, "sex": sex,
            "score": score, "decision": score >= 0.5, "patient": f"p{number}", "site": "north",
        })  # fmt: skip
    return made


def limit(**changes: Any) -> RegressionLimit:
    return RegressionLimit.model_validate(
        {"measure": "sensitivity", "margin": 0.1, "reason": "the margin of the claim"} | changes
    )


def test_a_fall_in_one_subgroup_against_one_earlier_version_is_seen() -> None:
    new = cases(240, women_right=0.6)
    earlier = {
        "MDV-0001": {row["study"]: row for row in cases(240, women_right=1.0)},
        "MDV-0002": {row["study"]: row for row in cases(240, women_right=0.6, seed=0)},
    }
    each = limit(subgroups=["sex", "age"], basis="value")
    found = judge_regression(DEVICE, [each], new, earlier)
    said = {(one.against, one.estimate.subgroup.partition(", ")[2]): one for one in found}
    assert {key: one.verdict for key, one in said.items()} == {
        ("MDV-0001", "sex=F"): BROKEN, ("MDV-0001", "sex=M"): KEPT,
        ("MDV-0002", "sex=F"): KEPT, ("MDV-0002", "sex=M"): KEPT,
    }, "no age is recorded: there is no such group"  # fmt: skip
    fall = said["MDV-0001", "sex=F"].estimate
    assert fall.n == 60
    assert fall.value == pytest.approx(-0.4, abs=0.12)
    assert fall.high < 0


def test_not_inferior_must_be_shown_and_what_cannot_be_is_broken_overall_alone() -> None:
    same = cases(40, women_right=1.0)
    earlier = {"MDV-0001": {row["study"]: row for row in same}}
    shown, small = limit(margin=0.2), limit(margin=0.05)
    assert [one.verdict for one in judge_regression(DEVICE, [shown, small], same, earlier)] == [
        KEPT, BROKEN
    ], "twenty diseased studies show no margin of 0.05"
    few = same[:16]
    overall, women = limit(), limit(subgroups=["sex"])
    found = judge_regression(DEVICE, [overall, women], few, earlier)
    assert [one.verdict for one in found] == [BROKEN, NOT_ESTIMABLE, NOT_ESTIMABLE]
    assert found[0].reason == "8 studies; at least 20 are declared"
    nobody = judge_regression(DEVICE, [overall], same, {"MDV-0001": {}})
    assert nobody[0].reason == "no study was read by both"


def test_a_stop_names_every_broken_limit_and_every_criterion_not_met() -> None:
    limits = [
        {"measure": "auc_difference", "subgroup": "a", "verdict": verdict, "reason": "it fell"}
        for verdict in (KEPT, BROKEN, NOT_ESTIMABLE)
    ]
    criteria = [
        AcceptanceResult(
            model_version_id=1, criterion=name, statement="s", verdict=verdict, bound=0.8,
            reason=reason, judged_at=LATER,
        )
        for name, verdict, reason in (("AC-1", "met", ""), ("AC-2", "not available", "no test"))
    ]
    assert why_stopped(limits, criteria) == [
        "AC-2 (s): not available, no test", "auc_difference, a: it fell"
    ]
    assert why_stopped(limits[:1], criteria[:1]) == []


def test_what_was_learnt_is_measured_on_the_test_that_came_with_the_new_data() -> None:
    old = cases(120, women_right=1.0)
    new = [row | {"study": f"n{row['study']}"} for row in cases(120, women_right=0.1, seed=2)]
    better = [row | {"study": f"n{row['study']}"} for row in cases(120, women_right=0.9, seed=3)]
    versions = {
        "MDV-0001": {row["study"]: row for row in old + new},
        "MDV-0002": {row["study"]: row for row in old + better},
    }
    tests = [{row["study"] for row in old}, {row["study"] for row in new}]
    truths = {row["study"]: row["truth"] for row in old + new}
    found = {one.measure: one for one in adaptation_of(truths, versions, tests)}
    assert found["learning"].value > 0.2
    assert found["potential"].value > 0.2
    assert found["retention"].value > 0.95
    assert found["auc_difference"].low > 0
    assert found["learning"].subgroup == "auc, MDV-0002 after MDV-0001"
    without = {one.measure: one for one in adaptation_of(truths, versions, [tests[0], set()])}
    assert "no locked test came with a dataset of its own" in without["learning"].reason
    assert without["retention"].estimable
