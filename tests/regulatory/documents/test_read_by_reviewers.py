"""What a strict reader asked of the surveillance documents: late answers, limits, days."""

from datetime import UTC, date, datetime, timedelta

import pytest

from measures.estimate import Estimate
from regulatory.documents.facts import ChartSeries
from regulatory.documents.performance_alerts import _lateness
from regulatory.documents.performance_charts import _nearest
from regulatory.documents.surveillance_facts import Listed, Risks, Rows, Trends
from regulatory.documents.surveillance_findings import risks_said, verdicts_said
from regulatory.documents.surveillance_tables import european
from regulatory.documents.truth_facts import _days_cell

RAISED = datetime(2026, 10, 9, 20, tzinfo=UTC)


@pytest.mark.parametrize(("days", "said"), [(5, ""), (6, "; late: within 5 days by the plan")])
def test_an_answer_after_the_day_of_the_plan_is_called_late(days: int, said: str) -> None:
    assert _lateness(RAISED, RAISED + timedelta(days=days), 5) == said
    assert _lateness(RAISED, None, 5) == ""


def test_a_statistic_stands_beside_the_limit_of_its_own_day() -> None:
    """Limits that follow the studies of a week differ: the last one says nothing of another day."""
    days = tuple(date(2026, 10, day) for day in (1, 2, 3))
    series = ChartSeries("north", days, (0.25, 0.10, None), upper=(0.30, 0.11, 0.03))
    assert _nearest(series) == (0.10, 0.11)
    assert _nearest(ChartSeries("north", days, (None, None, None))) == (None, None)


def test_a_summary_names_the_risks_that_came_more_often_than_estimated() -> None:
    row = ("2026", "R-01", "missed", "20", "62 of 1004", None, "above", "why")
    review = Listed("RRV-0001", ("RKF-0001", 1, "2026-06-01 to 2027-05-31", 9, 1, 0, "A"))
    said = risks_said(Risks((Listed("RRV-0001", row),), (), Rows((review,))))
    assert "above the estimate of the risk file: R-01;" in said and "0 of 1 judged" in said
    assert risks_said(Risks(why_none="no risk file is on record")).endswith("is on record.")
    look = Listed("TLK-0001", ("", "", "", "", "", "", "not estimable: no event", ""))
    assert verdicts_said(Trends((look,))) == " (not estimable 1)"


def test_days_have_no_decimals_and_citations_no_marks_of_how_they_were_read() -> None:
    days = Estimate("days", n=1320, value=6.0, low=6.0, high=7.0, method="Kaplan-Meier")
    assert _days_cell(days).text == "6 (95 % CI 6 to 7; n = 1,320)"
    none = Estimate.not_estimable("days", "too few", n=3)
    assert "too few" in _days_cell(none).text
    assert european("MDR Art. 87 [S/G]; MDCG 2022-21 [S]") == "EU MDR Art. 87; MDCG 2022-21"
