"""What every kind of chart must do. A new detector in the list is tested without another line."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cache

import numpy as np
import pytest

from measures.proportions import wilson
from monitoring.detectors import DETECTORS, find_detector
from monitoring.detectors.base import (
    ChartStatus,
    NotWatchable,
    Prepared,
    SiteDay,
    State,
    read_parameters,
)
from records.errors import InvalidInput
from tests.monitoring.example_plan import (
    MONDAY,
    columns,
    context,
    defaults,
    drifted_day,
    quiet_day,
    site_day,
)

every_detector = pytest.mark.parametrize("name", DETECTORS)


def prepared_chart(name: str, *, seed: int = 1, alpha: float = 0.01) -> Prepared:
    reference = columns(np.random.default_rng(seed), 120)
    return DETECTORS[name].prepare(
        reference, context=context(name, alpha=alpha), parameters=defaults(name)
    )


def first_signal(name: str, prepared: Prepared, days: list[SiteDay]) -> int | None:
    state: State | None = None
    for number, today in enumerate(days):
        result = DETECTORS[name].step(prepared, state, today)
        if result.signal:
            return number
        state = result.state
    return None


@every_detector
def test_a_chart_is_quiet_while_nothing_changes(name: str) -> None:
    rng = np.random.default_rng(11)
    days = [quiet_day(rng, day) for day in range(60)]
    assert first_signal(name, prepared_chart(name), days) is None


@every_detector
def test_a_chart_finds_what_it_is_there_for_within_a_week(name: str) -> None:
    rng = np.random.default_rng(12)
    days = [quiet_day(rng, day) for day in range(25)]
    days += [drifted_day(name, rng, day) for day in range(25, 45)]
    found = first_signal(name, prepared_chart(name), days)
    assert found is not None
    assert 25 <= found < 32


@cache
def quiet_days(seed: int) -> list[SiteDay]:
    """Sixty days; drawn once for all detectors, as none may change what it is given."""
    rng = np.random.default_rng([13, seed])
    return [quiet_day(rng, day) for day in range(60)]


@every_detector
def test_false_signals_stay_within_alpha(name: str) -> None:
    alpha, wrong = 0.1, 0
    replays = 15 if name == "embedding_drift" else 60  # 18 bets a day; more: tests/proof
    for seed in range(replays):
        prepared = prepared_chart(name, seed=1000 + seed, alpha=alpha)
        wrong += first_signal(name, prepared, quiet_days(seed)) is not None
    assert (wilson("false signals", wrong, replays).low or 0.0) <= alpha


@pytest.mark.requirement("REG-067")
@every_detector
def test_a_day_without_anything_is_no_data_and_never_a_zero(name: str) -> None:
    result = DETECTORS[name].step(prepared_chart(name), None, SiteDay("North", MONDAY, {}))
    assert result.status is ChartStatus.NO_DATA
    assert result.value is None
    assert result.n == 0
    assert result.reason


@pytest.mark.requirement("REG-062")
@every_detector
def test_prepared_chart_and_state_survive_json_on_every_day(name: str) -> None:
    rng = np.random.default_rng(14)
    prepared = prepared_chart(name)
    stored = json.loads(json.dumps(prepared, allow_nan=False))
    state: State | None = None
    kept: State | None = None
    for day in range(8):
        n = 0 if day == 3 else 3 if day == 5 else 20
        today = site_day(rng, day, n=n)
        direct = DETECTORS[name].step(prepared, state, today)
        again = DETECTORS[name].step(stored, kept, today)
        assert direct == again
        json.dumps(direct.details, allow_nan=False)
        state, kept = direct.state, json.loads(json.dumps(again.state))


@every_detector
def test_a_step_changes_neither_its_state_nor_its_prepared_chart(name: str) -> None:
    rng = np.random.default_rng(15)
    prepared = prepared_chart(name)
    state = DETECTORS[name].step(prepared, None, quiet_day(rng, 0)).state
    before = json.dumps([prepared, state])
    DETECTORS[name].step(prepared, state, quiet_day(rng, 1))
    assert json.dumps([prepared, state]) == before


@every_detector
def test_a_chart_starts_afresh_after_a_quiet_horizon(name: str) -> None:
    rng = np.random.default_rng(16)
    prepared = prepared_chart(name) | {"horizon_days": 3}
    state: State | None = None
    for day in range(5):
        state = DETECTORS[name].step(prepared, state, quiet_day(rng, day)).state
    assert state is not None
    assert state.get("days", 0) <= 3


@pytest.mark.parametrize("name", ["rank_cusum", "conformal_test"])
def test_too_small_a_reference_is_refused_with_the_numbers(name: str) -> None:
    reference = columns(np.random.default_rng(1), 12)
    with pytest.raises(NotWatchable, match="12 reference studies, 50 needed"):
        DETECTORS[name].prepare(reference, context=context(name), parameters=defaults(name))


@pytest.mark.parametrize("name", ["rank_cusum", "conformal_test"])
def test_a_thin_day_is_refused_and_its_studies_are_carried_over(name: str) -> None:
    rng = np.random.default_rng(17)
    prepared, detector = prepared_chart(name), DETECTORS[name]
    monday, tuesday = site_day(rng, 0, n=3), site_day(rng, 1, n=3)
    thin = detector.step(prepared, None, monday)
    assert thin.status is ChartStatus.NO_DATA
    assert "3 studies waiting, 5 needed" in thin.reason
    both = detector.step(prepared, thin.state, tuesday)
    assert both.value is not None
    assert thin.value is None


def test_performance_is_refused_without_a_claim_and_not_estimable_below_minimum_n() -> None:
    detector = DETECTORS["claimed_performance"]
    silent = context("claimed_performance")
    with pytest.raises(NotWatchable, match="claims no specificity"):
        detector.prepare(
            {},
            context=type(silent)("c", "North", 0.01, 60, 20, 5, {"sensitivity": 0.8}),
            parameters=defaults("claimed_performance") | {"measure": "specificity"},
        )
    few = SiteDay("North", MONDAY, {}, np.ones(2, np.int8), np.ones(2, np.int8))
    result = detector.step(prepared_chart("claimed_performance"), None, few)
    assert result.value is None
    assert "2 cases with known truth, 5 needed" in result.reason
    assert result.statistic is not None


def test_the_shifted_column_its_direction_its_size_and_its_onset_are_named() -> None:
    rng = np.random.default_rng(18)
    prepared, state = prepared_chart("rank_cusum"), None
    for day in range(40):
        today = quiet_day(rng, day)
        if day >= 30:
            today.values["noise"][:] -= 1.5
        result = DETECTORS["rank_cusum"].step(prepared, state, today)
        state = result.state
        if result.signal:
            break
    assert result.details["column"] == "noise"
    assert result.details["direction"] == "down"
    assert result.details["shift_sd"] == pytest.approx(-1.5, abs=0.5)
    onset = (MONDAY + timedelta(days=30)).isoformat()
    assert abs(int(result.details["onset"][-2:]) - int(onset[-2:])) <= 2


def test_a_repaired_site_comes_back_into_control() -> None:
    rng = np.random.default_rng(19)
    prepared, state = prepared_chart("rank_cusum"), None
    seen = []
    for day in range(60):
        shift = 1.5 if 10 <= day < 35 else 0.0
        result = DETECTORS["rank_cusum"].step(prepared, state, site_day(rng, day, shift=shift))
        state = result.state
        seen.append(result.signal)
    assert all(seen[15:35])
    assert not any(seen[45:])


def test_missing_values_of_one_column_leave_the_others_watched() -> None:
    rng = np.random.default_rng(20)
    today = quiet_day(rng, 0)
    today.values["noise"][:] = np.nan
    result = DETECTORS["rank_cusum"].step(prepared_chart("rank_cusum"), None, today)
    assert result.details["columns"]["noise"] == {
        "n": 0, "mean_score": None, "high": 0.0, "low": 0.0,
    }  # fmt: skip
    assert result.details["columns"]["contrast"]["n"] == 20


def test_a_column_that_is_no_probability_is_refused_by_the_conformal_test() -> None:
    reference = {"score": np.linspace(-3, 3, 80)}
    with pytest.raises(NotWatchable, match="not a probability"):
        DETECTORS["conformal_test"].prepare(
            reference, context=context("c"), parameters=defaults("conformal_test")
        )


def test_an_unknown_detector_or_parameter_is_refused_with_what_is_known() -> None:
    with pytest.raises(InvalidInput, match="rank_cusum, conformal_test"):
        find_detector("page_hinkley")
    with pytest.raises(InvalidInput, match="no such parameter"):
        read_parameters(DETECTORS["rank_cusum"], {"threshold": 3}, where="charts[0]")
    with pytest.raises(InvalidInput, match=r"0\.1 to 3"):
        read_parameters(DETECTORS["rank_cusum"], {"smallest_shift": 9}, where="charts[0]")
    with pytest.raises(InvalidInput, match="sensitivity, specificity"):
        read_parameters(DETECTORS["claimed_performance"], {"measure": "auc"}, where="charts[0]")
