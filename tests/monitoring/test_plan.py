"""Plans are complete when parsed, and refused with the field when wrong."""

from __future__ import annotations

from typing import Any

import pytest

from monitoring.plan import allocate, parse_plan
from records.errors import InvalidInput
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
