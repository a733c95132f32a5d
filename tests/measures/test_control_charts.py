"""Run lengths against published tables, AIM-CU's series, and our own simulation."""

from __future__ import annotations

import numpy as np
import pytest

from measures.control_charts import (
    cusum,
    cusum_against_baseline,
    cusum_allowance,
    cusum_delay,
    cusum_limit,
    cusum_run_length,
    ewma_run_length,
    shewhart_run_length,
)
from tests.measures.oracle_values import oracle_values

TEXTBOOK_H5 = {0.0: 465, 0.25: 139, 0.5: 38.0, 0.75: 17.0, 1.0: 10.4, 2.0: 4.01, 4.0: 2.01}
"""Two-sided CUSUM, k = 1/2, h = 5 (Lucas & Crosier 1982, as printed by Montgomery)."""


@pytest.mark.requirement("REG-126")
@pytest.mark.parametrize(("shift", "printed"), TEXTBOOK_H5.items())
def test_run_lengths_agree_with_the_printed_table(shift: float, printed: float) -> None:
    assert cusum_run_length(0.5, 5.0, shift=shift) == pytest.approx(printed, rel=0.005)


def test_run_lengths_and_limits_agree_with_the_textbook_oracle() -> None:
    expected = oracle_values("cusum/textbook-zero-state-arl").expected
    for limit, row in expected["ARL"].items():
        for shift, length in row.items():
            found = cusum_run_length(0.5, float(limit), shift=float(shift))
            assert found == pytest.approx(length, rel=1e-8)
    for allowance, limit in expected["h_for_two_sided_ARL0_370"].items():
        assert cusum_limit(float(allowance), run_length=370.0) == pytest.approx(limit, abs=1e-6)
    for length, row in expected["h_for_one_sided_ARL0"].items():
        for allowance, limit in row.items():
            found = cusum_limit(float(allowance), run_length=float(length), sides=1)
            assert found == pytest.approx(limit, abs=1e-6)


def test_aimcu_series_is_summed_exactly_and_signals_where_exact_arithmetic_does() -> None:
    case = oracle_values("cusum/aimcu-spec-series")
    values = np.genfromtxt(case.folder / "series.csv", delimiter=",", names=True)["y"]
    for row in case.expected["results"]:
        given = row["parameters"]
        found = cusum_against_baseline(
            values, baseline=given["baseline_observations"], allowance=given["k"], limit=given["h"]
        )
        assert found.mean == pytest.approx(row["in_control_mean"], abs=1e-10)
        assert found.sd == pytest.approx(row["in_control_sd_population"], abs=1e-10)
        assert found.series.high == pytest.approx(row["S_hi"], abs=1e-9)
        assert found.series.low == pytest.approx(row["S_lo"], abs=1e-9)
        assert found.series.first_signal == row["first_alarm_index_zero_based"]
        assert found.series.direction == row["first_alarm_direction"]
        assert found.series.onset == row["change_point_estimate_zero_based"]


def test_aimcu_tables_are_reproduced_and_the_two_sided_truth_is_half_as_long() -> None:
    expected = oracle_values("cusum/aimcu-arl-tables-h4").expected
    for length, allowance in expected["k_for_ARL0"].items():
        found = cusum_allowance(4.0, run_length=float(length))
        assert found == pytest.approx(allowance, abs=1e-8)
        rounded = expected["k_rounded4"][length]
        truth = expected["true_in_control_ARL_of_two_sided_chart"][length]
        assert cusum_run_length(rounded, 4.0) == pytest.approx(truth, rel=1e-6)
    for row in expected["ARL1_steady_state_two_sided"]:
        for length, allowance in expected["k_rounded4"].items():
            # spc's 20 nodes are up to 0.9 % low at the smallest shifts; see the simulation below
            found = cusum_delay(allowance, 4.0, shift=row["shift"])
            tolerance = 0.01 if row["shift"] < 0.5 else 0.002
            assert found == pytest.approx(row[length], rel=tolerance)


def test_delay_after_a_long_quiet_run_agrees_with_simulation() -> None:
    assert cusum_delay(0.6568, 4.0, shift=0.3) == pytest.approx(_simulated_delay(0.3), rel=0.015)


def test_ewma_and_shewhart_run_lengths_agree_with_the_printed_tables() -> None:
    assert ewma_run_length(0.2, 2.962) == pytest.approx(500, rel=0.01)
    assert ewma_run_length(0.2, 2.962, shift=1.0) == pytest.approx(10.5, rel=0.01)
    assert shewhart_run_length(3.0, shift=1.0) == pytest.approx(43.9, rel=0.01)


def test_a_flat_series_never_signals_and_missing_values_are_refused() -> None:
    flat = cusum(np.zeros(50), allowance=0.5, limit=1.0)
    assert flat.first_signal is None
    assert flat.direction == ""
    with pytest.raises(ValueError, match="leave missing days out"):
        cusum([1.0, float("nan")], allowance=0.5, limit=1.0)
    with pytest.raises(ValueError, match="baseline of 9"):
        cusum_against_baseline([1.0, 2.0], baseline=9, allowance=0.5, limit=4.0)


def test_a_fall_mirrors_a_rise() -> None:
    series = np.random.default_rng(4).normal(0.8, 1.0, 60)
    rise = cusum(series, allowance=0.5, limit=4.0)
    fall = cusum(-series, allowance=0.5, limit=4.0)
    assert rise.first_signal == fall.first_signal
    assert (rise.direction, fall.direction) == ("up", "down")


def _simulated_delay(shift: float, charts: int = 40_000) -> float:
    rng = np.random.default_rng(9)
    high, low = np.zeros(charts), np.zeros(charts)
    delay, quiet = 0.0, 0
    for day in range(1, 3000):
        moved = shift if day > 60 else 0.0
        draw = rng.standard_normal(len(high)) + moved
        high, low = np.maximum(high + draw - 0.6568, 0), np.maximum(low - draw - 0.6568, 0)
        kept = (high <= 4.0) & (low <= 4.0)
        if day == 61:
            quiet = len(high)
        delay += (day - 60) * float((~kept).sum()) if day > 60 else 0.0
        high, low = high[kept], low[kept]
    return delay / quiet
