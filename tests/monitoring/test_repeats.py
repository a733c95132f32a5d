"""What a repeat may differ by is stated from pairs; a change is called only beyond it."""

import numpy as np
import pytest

from measures.estimate import Estimate
from monitoring.repeats import RETAKEN, Measurement, change_of, repeatability_of

KNOWN = {
    "area_repeatability_mm2": Estimate("area_repeatability_mm2", 60, 50.0, 40.0, 60.0),
    "longest_repeatability_mm": Estimate.not_estimable("longest_repeatability_mm", "none", n=1),
}


def said(area: float, unit: str = "mm", longest: float | None = 9.0) -> dict[str, object]:
    return {"unit": unit, "area": area, "longest": longest}


def taken(size: float | None, *, version: str = "MDV-0001", **more: object) -> Measurement:
    return Measurement("STU-0001", "2026-01-05", version, {**said(0), "area": size, **more})


def test_the_coefficient_is_that_of_the_spread_of_repeats_in_its_unit() -> None:
    rng = np.random.default_rng(3)
    true = rng.uniform(500, 900, 400)
    pairs = [
        (said(size + rng.normal(0, 10), longest=9 + rng.normal(0, 0.2)),
         said(size + rng.normal(0, 10), longest=9 + rng.normal(0, 0.2)))
        for size in true
    ]  # fmt: skip
    pairs += [(said(4e4, "pixel"), said(5e4, "pixel"))] * 2 + [(said(0.0, longest=None), said(300))]
    found = {one.measure: one for one in repeatability_of(pairs)}
    assert {one.subgroup for one in found.values()} == {RETAKEN}
    area, longest = found["area_repeatability_mm2"], found["longest_repeatability_mm"]
    assert area.n == longest.n == 400, "neither pixels nor the empty outline"
    assert area.low is not None and area.high is not None
    assert area.low < 2.77 * 10 < area.high
    assert longest.value == pytest.approx(2.77 * 0.2, rel=0.1)
    assert "fewer than three" in found["area_repeatability_px"].reason
    nothing = {one.measure: one.reason for one in repeatability_of([])}
    assert "no picture was outlined twice" in nothing["area_repeatability_mm2"]


@pytest.mark.parametrize(("later", "called"), [
    (149.9, "within repeatability"), (151.0, "more"), (49.0, "less"),
])  # fmt: skip
def test_a_change_is_called_beyond_the_stated_coefficient(later: float, called: str) -> None:
    found = change_of(taken(100.0), taken(later), "area", KNOWN)
    assert (found.called, found.difference) == (called, pytest.approx(later - 100))


@pytest.mark.parametrize(("later", "reason"), [
    (taken(900.0, version="MDV-0002"), "compare readings of one version"),
    (taken(900.0, unit="pixel"), "states no spacing"),
    (taken(None), "nothing was outlined"),
])  # fmt: skip
def test_nothing_is_called_where_the_two_cannot_be_compared(
    later: Measurement, reason: str
) -> None:
    found = change_of(taken(100.0), later, "area", KNOWN)
    assert found.called is None
    assert reason in found.reason


def test_nothing_is_called_without_a_stated_coefficient() -> None:
    first, last = taken(100.0), taken(900.0, longest=70.0)
    assert "no validation of MDV-0001" in change_of(first, last, "area", {}).reason
    assert "not estimable: none" in change_of(first, last, "longest", KNOWN).reason
