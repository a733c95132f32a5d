"""Plans are complete when parsed, and refused with the field when wrong."""

from __future__ import annotations

from typing import Any

import pytest

from monitoring.detectors import DETECTORS
from monitoring.plan import allocate, parse_plan
from records.alert_rules import ALERT_CLASSES, CLASS_OF_DETECTOR, DEFAULT_RULES, AlertRule
from records.errors import InvalidInput
from records.people import Role
from tests.monitoring.example_plan import example_content


@pytest.mark.requirement("REG-060")
def test_a_plan_is_complete_once_parsed() -> None:
    plan = parse_plan(example_content())
    assert [chart.name for chart in plan.charts][:2] == ["input_appearance", "score_distribution"]
    assert plan.chart("input_appearance").parameters["smallest_shift"] == 0.5
    assert plan.evidently is not None
    assert plan.evidently.numerical_method == "wasserstein"
    assert plan.maximum_delay_days == 60


def test_the_budget_is_shared_equally_and_stated() -> None:
    found = allocate(parse_plan(example_content()), sites=3)
    assert found.alpha * 15 == pytest.approx(0.05)
    assert "5 % probability" in found.sentence()
    assert "5 charts at 3 sites" in found.sentence()


def test_a_plan_without_the_table_comparison_is_a_plan() -> None:
    content = example_content()
    del content["evidently"]
    assert parse_plan(content).evidently is None


@pytest.mark.requirement("REG-060")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"horizon_days": 3}, r"monitoring_plan\.horizon_days: a whole number from 7 to 730"),
        ({"false_alarm_budget": 0}, r"false_alarm_budget: a number from 0\.001 to 0\.5"),
        ({"minimum_n": True}, r"minimum_n: a whole number"),
        ({"charts": []}, r"charts: list at least one chart"),
        ({"charts": [{"name": "x"}]}, r"charts\[0\]: a chart needs a name and a detector"),
        ({"charts": [{"name": "x", "detector": "ks"}]}, r"unknown detector 'ks'.*rank_cusum"),
        (
            {"charts": [{"name": "x", "detector": "silent_days"}] * 2},
            "x named twice",
        ),
        ({"colour": "red"}, r"unknown field colour"),
        ({"reference": {"splits": ["test"]}}, r"reference\.splits: test is not a split"),
        ({"reference": 4}, r"monitoring_plan\.reference: fields are needed"),
        ({"evidently": {"numerical_method": "ks"}}, r"evidently\.numerical_method: 'ks'"),
        ({"evidently": {"at_alert": "yes"}}, r"at_alert: true or false"),
        ({"evidently": {"columns": "score"}}, r"columns: a list of names"),
        ({"truth": {"maximum_delay_days": -1}}, r"truth\.maximum_delay_days"),
        ({"alerts": {"owner": "auditor"}}, r"alerts\.owner: 'auditor' is no role that answers"),
        ({"alerts": {"escalate_to": []}}, r"alerts\.escalate_to: a list of roles"),
        ({"alerts": {"classes": {"colour": {}}}}, r"alerts\.classes: unknown field colour"),
        ({"alerts": {"classes": {"input": {"action": "pray"}}}}, r"'pray' is no action"),
        ({"alerts": {"classes": {"input": {"close_days": 0}}}}, r"close_days: a whole number"),
        ({"alerts": {"classes": {"input": {"close_days": 2}}}}, r"2 days are fewer than the 7"),
        (
            {"charts": [{"name": "x", "detector": "silent_days", "alert": {"class": "none"}}]},
            r"charts\[0\]\.alert\.class: 'none' is no class",
        ),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        parse_plan(example_content() | change)


def test_a_chart_that_the_plan_does_not_have_is_refused_with_those_it_has() -> None:
    with pytest.raises(InvalidInput, match="It has: input_appearance"):
        parse_plan(example_content()).chart("psi")
    with pytest.raises(InvalidInput, match="at least one site"):
        allocate(parse_plan(example_content()), sites=0)


def test_every_kind_of_chart_has_a_class_of_alerts() -> None:
    assert set(CLASS_OF_DETECTOR) == set(DETECTORS)
    assert set(CLASS_OF_DETECTOR.values()) == set(ALERT_CLASSES) == set(DEFAULT_RULES)


@pytest.mark.requirement("REG-060", "REG-063")
def test_an_old_plan_has_the_stated_defaults_and_a_chart_may_have_its_own_rule() -> None:
    content = example_content()
    rules = parse_plan(content).alerts
    assert (rules.owner, rules.escalate_to[0]) == (Role.QUALITY, Role.REGULATORY)
    assert rules.rule_of("input_appearance") == DEFAULT_RULES["input"]
    content["alerts"] = {"owner": "engineer", "classes": {"input": {"acknowledge_days": 1}}}
    content["charts"][0]["alert"] = {"close_days": 9, "signed": True}
    content["charts"][1]["alert"] = {"class": "performance"}
    plan = parse_plan(content)
    first, second = (one.name for one in plan.charts[:2])
    assert plan.alerts.rule_of(first) == AlertRule(1, 9, "acknowledge", signed=True)
    assert plan.alerts.class_of(second) == "performance"
    assert plan.charts[0].smallest_shift.startswith("0.5 (shift worth finding")
