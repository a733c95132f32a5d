"""A risk's slope and baseline: by hand, by another program, and counted patient by patient."""

import numpy as np
import pytest

from measures.hazard_fit import baseline_hazard, hazard_slope


def test_the_slope_of_three_patients_by_hand() -> None:
    # 1 / (2 + e) * e / (1 + e), with e = exp(slope), is largest at e = sqrt(2)
    assert hazard_slope([1, 2, 3], [1, 1, 0], [0.0, 1.0, 0.0]) == pytest.approx(np.log(2) / 2)


def followed() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whole days, so that many times are equal."""
    rng = np.random.default_rng(1)
    risk = rng.normal(size=300)
    until = np.ceil(rng.exponential(np.exp(-0.7 * risk)) * 20)
    censored = np.ceil(rng.uniform(1, 40, 300))
    return np.minimum(until, censored), until <= censored, risk


def test_slope_and_baseline_agree_with_statsmodels_and_with_plain_counting() -> None:
    days, event, risk = followed()
    slope = hazard_slope(days, event, risk)
    assert slope == pytest.approx(0.73584226, abs=1e-7)  # PHReg of statsmodels 0.15.0, Breslow
    hazard = np.exp(slope * risk)
    counted = sum(
        1 / hazard[days >= days[at]].sum()
        for at in range(300) if event[at] and days[at] <= 15
    )
    assert baseline_hazard(days, event, slope * risk, horizon=15) == pytest.approx(counted)
    assert counted == pytest.approx(0.71396798, abs=1e-7)  # and by PHReg


def test_risks_on_another_scale_give_the_same_hazards() -> None:
    days, event, risk = followed()
    assert hazard_slope(days, event, 100 * risk + 3) == pytest.approx(
        hazard_slope(days, event, risk) / 100
    )


@pytest.mark.parametrize(("days", "event", "risk", "why"), [
    ([1, 2, 3], [0, 0, 0], [1.0, 2.0, 3.0], "no event"),
    ([1, 2, 3], [1, 1, 0], [1.0, 1.0, 1.0], "all are equal"),
    ([1, 2, 3, 4], [1, 1, 1, 0], [4.0, 3.0, 2.0, 1.0], "perfectly"),
    ([1, 2, 3], [0, 0, 1], [1.0, 2.0, 3.0], "no pair of patients"),
])  # fmt: skip
def test_what_gives_no_slope_is_refused(days: list, event: list, risk: list, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        hazard_slope(days, event, risk)


def test_a_baseline_needs_an_event_by_the_horizon_and_follow_up_to_it() -> None:
    with pytest.raises(ValueError, match="no event by 1"):
        baseline_hazard([2, 3], [1, 0], [0.0, 0.0], horizon=1)
    with pytest.raises(ValueError, match="nobody was followed as long as 9"):
        baseline_hazard([2, 3], [1, 0], [0.0, 0.0], horizon=9)
