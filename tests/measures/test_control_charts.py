"""Published tables of every chart, and what every chart refuses."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import Any

import numpy as np
import pytest

from measures.attribute_charts import (
    p_chart,
    p_chart_limit,
    p_chart_run_length,
    u_chart,
    u_chart_limit,
    u_chart_run_length,
)
from measures.baseline_cusum import (
    baseline_cusum_false_alarms,
    baseline_cusum_limit,
    baseline_cusum_run_length,
    cusum_against_baseline,
)
from measures.cusum import (
    cusum,
    cusum_allowance,
    cusum_delay,
    cusum_limit,
    cusum_run_length,
)
from measures.ewma import ewma, ewma_delay, ewma_limit, ewma_run_length
from measures.page_hinkley import (
    PageHinkley,
    page_hinkley_run_length,
    page_hinkley_threshold,
)
from measures.shewhart import shewhart, shewhart_limit, shewhart_run_length
from measures.streams import signals_of

TEXTBOOK_H5 = {0.0: 465, 0.25: 139, 0.5: 38.0, 0.75: 17.0, 1.0: 10.4, 2.0: 4.01, 4.0: 2.01}
"""Two-sided CUSUM, k = 1/2, h = 5 (Lucas & Crosier 1982, as printed by Montgomery)."""
SERIES: dict[str, Callable[[Any], Any]] = {
    "shewhart": lambda x: shewhart(x, limit=3.0),
    "ewma": lambda x: ewma(x, weight=0.1),
    "cusum": lambda x: cusum(x, allowance=0.5, limit=4.0),
    "baseline cusum": lambda x: cusum_against_baseline(x, baseline=2, allowance=0.5, limit=4.0),
    "p chart": lambda x: p_chart(x, np.full(len(x), 50), share=0.1, limit=3.0),
    "u chart": lambda x: u_chart(x, np.ones(len(x)), rate=4.0, limit=3.0),
    "page-hinkley": lambda x: signals_of(PageHinkley(), x),
}
CONSTANTS: dict[str, Callable[[float], Any]] = {
    "shewhart": lambda x: shewhart([0.0], limit=x),
    "shewhart run length": lambda x: shewhart_run_length(x),
    "shewhart limit": lambda x: shewhart_limit(run_length=x),
    "ewma weight": lambda x: ewma([0.0], weight=x),
    "ewma run length": lambda x: ewma_run_length(0.1, x),
    "ewma limit": lambda x: ewma_limit(0.1, run_length=x),
    "ewma delay": lambda x: ewma_delay(x, 2.8, shift=1.0),
    "cusum": lambda x: cusum([0.0], allowance=0.5, limit=x),
    "cusum run length": lambda x: cusum_run_length(0.5, x),
    "cusum limit": lambda x: cusum_limit(0.5, run_length=x),
    "cusum allowance": lambda x: cusum_allowance(x, run_length=100.0),
    "cusum delay": lambda x: cusum_delay(0.5, x, shift=1.0),
    "cusum delay, chain": lambda x: cusum_delay(0.5, x, shift=1.0, cells=5),
    "baseline": lambda x: baseline_cusum_run_length(0.5, x, baseline=30),
    "baseline limit": lambda x: baseline_cusum_limit(0.5, baseline=30, run_length=x),
    "baseline alarms": lambda x: baseline_cusum_false_alarms(0.5, x, baseline=30, points=5),
    "p chart": lambda x: p_chart([1], [50], share=x, limit=3.0),
    "p run length": lambda x: p_chart_run_length(0.1, 50, x),
    "p limit": lambda x: p_chart_limit(0.1, 50, run_length=x),
    "u chart": lambda x: u_chart([1], [x], rate=4.0, limit=3.0),
    "u run length": lambda x: u_chart_run_length(x, 1.0, 3.0),
    "u limit": lambda x: u_chart_limit(4.0, 1.0, run_length=x),
    "page-hinkley": lambda x: PageHinkley(threshold=x),
    "page-hinkley run length": lambda x: page_hinkley_run_length(0.5, x),
    "page-hinkley threshold": lambda x: page_hinkley_threshold(0.5, run_length=x),
}


@pytest.mark.requirement("REG-126")
@pytest.mark.parametrize(("shift", "printed"), TEXTBOOK_H5.items())
def test_run_lengths_agree_with_the_printed_table(shift: float, printed: float) -> None:
    assert cusum_run_length(0.5, 5.0, shift=shift) == pytest.approx(printed, rel=0.005)


def test_limits_agree_with_the_printed_tables() -> None:
    printed = {0.25: 8.01, 0.5: 4.77, 0.75: 3.34, 1.0: 2.52, 1.25: 1.99, 1.5: 1.61}  # Hawkins 1993
    for allowance, limit in printed.items():
        assert cusum_limit(allowance, run_length=370.0) == pytest.approx(limit, abs=0.01)
    lucas = {0.4: 3.054, 0.25: 2.998, 0.2: 2.962, 0.1: 2.814, 0.05: 2.615}  # Lucas & Saccucci 1990
    for weight, limit in lucas.items():
        assert ewma_limit(weight, run_length=500.0) == pytest.approx(limit, abs=0.002)
    assert ewma_run_length(0.2, 2.962, shift=1.0) == pytest.approx(10.5, rel=0.01)
    assert shewhart_run_length(3.0, shift=1.0) == pytest.approx(43.9, rel=0.01)


@pytest.mark.parametrize("chart", SERIES)
@pytest.mark.parametrize("bad", [[], [1.0, nan], [1.0, inf], [[1.0, 2.0]], ["a", "b"]])
def test_a_series_that_is_empty_incomplete_or_not_numbers_is_refused(chart: str, bad: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        SERIES[chart](bad)


@pytest.mark.parametrize("constant", CONSTANTS)
@pytest.mark.parametrize("bad", [0.0, -1.0, nan, inf])
def test_a_constant_that_makes_no_chart_is_refused(constant: str, bad: float) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        CONSTANTS[constant](bad)


def test_a_flat_baseline_has_no_sd_to_measure_in() -> None:
    with pytest.raises(ValueError, match=r"SD 0.*longer baseline"):
        cusum_against_baseline([0.1] * 40, baseline=30, allowance=0.5, limit=4.0)
