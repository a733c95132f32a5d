"""The solved run length of every chart, beside 20,000 runs of the chart itself."""

from __future__ import annotations

import pytest

from benchmarks.run_lengths import Chart, charts, simulated

CHARTS = charts()


@pytest.mark.proof
@pytest.mark.parametrize("chart", CHARTS, ids=[chart.name for chart in CHARTS])
def test_a_chart_runs_as_long_as_was_solved(chart: Chart) -> None:
    found, error = simulated(chart)
    assert error < 0.02 * chart.solved, "the simulation could not tell"
    assert found == pytest.approx(chart.solved, rel=0.05)
