"""The performance-monitoring report quotes surveillance and leaves judgement to people."""

from __future__ import annotations

from functools import cache

import pytest

from regulatory.documents import performance_monitoring_report as report
from regulatory.documents.blocks import ComputedText, Figure, Gap, Table
from regulatory.documents.content import Content, placed_gaps
from tests.regulatory.documents.sample_others import chart, performance_facts


@cache
def sample() -> Content:
    """The sample report, built once."""
    return report.build(performance_facts())


def tables(content: Content) -> dict[str, Table]:
    """All tables by caption."""
    found = (one for section in content.sections for one in section.blocks)
    return {one.caption: one for one in found if isinstance(one, Table)}


def figures(content: Content) -> list[Figure]:
    """All figures."""
    found = (one for section in content.sections for one in section.blocks)
    return [one for one in found if isinstance(one, Figure)]


def test_the_degraded_site_is_named_and_quiet_sites_show_no_signal() -> None:
    rows = tables(sample())["Charts of the inputs"].rows
    signals = {(row[0].text, row[1].text): row[3].text for row in rows}
    assert int(signals["image noise", "Westspital"]) > 0
    assert signals["image noise", "Nordklinik"] == "0"
    assert signals["image sharpness", "Westspital"] == "0"


@pytest.mark.requirement("REG-067")
def test_days_without_a_run_are_counted_and_not_drawn_as_zero() -> None:
    content = sample()
    assert "57 of 60" in {row[2].text for row in tables(content)["Charts of the inputs"].rows}
    data = dict(next(one for one in figures(content) if "image noise" in one.caption).data)
    assert data["Nordklinik: statistic"][:3] == (None, None, None)


def test_time_to_acknowledge_is_told_and_an_open_alert_says_so() -> None:
    rows = tables(sample())["Alerts in the order they were raised"].rows
    assert "(after 8 h 20 min)" in rows[0][4].text
    assert rows[1][4].text == "not acknowledged"


def test_the_first_report_says_that_there_is_no_period_before() -> None:
    table = tables(sample())["Comparison with validation and the period before"]
    assert {row[5].text for row in table.rows} == {"not applicable"}
    assert "first report" in table.note


def test_the_decision_for_the_period_is_left_to_a_person() -> None:
    gaps = placed_gaps(sample())
    assert any(where == "6" and "Decision for the period" in gap.missing for where, gap in gaps)


def test_a_plan_of_many_charts_is_pictured_where_it_signalled() -> None:
    many = tuple(chart(f"measure {i}", "input", i, drifts=i == 5) for i in range(9))
    content = report.build(performance_facts(charts=many))
    drawn = [one.caption.split(":")[0] for one in figures(content) if "statistic" in one.caption]
    assert drawn == ["measure 0", "measure 5"]
    assert len(tables(content)["Charts of the inputs"].rows) == 27


def test_a_quiet_period_without_alerts_is_told_as_zero() -> None:
    content = report.build(performance_facts(charts=(), alerts=(), revalidations=(), decisions=()))
    blocks = next(one.blocks for one in content.sections if one.number == "4")
    assert isinstance(blocks[0], ComputedText)
    assert "Alerts raised in the period: 0" in blocks[0].text
    assert not any(isinstance(one, Gap) for one in blocks)
