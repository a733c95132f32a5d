"""How far repeated volumes lie apart, and when a patient's volume has changed by more."""

from math import exp, log

import numpy as np
import pytest

from measures.estimate import Estimate
from monitoring.repeats import Measurement, change_of, repeatability_of_lesions


def taken(volume: float, longest: float = 12.0, lesions: int = 1) -> dict[str, float | int]:
    return {"volume_ml": volume, "longest_mm": longest, "lesions": lesions}


def test_the_coefficient_of_a_volume_is_a_ratio_whatever_its_size() -> None:
    rng = np.random.default_rng(1)
    pairs = [
        (taken(size * exp(rng.normal(0, 0.05))), taken(size * exp(rng.normal(0, 0.05))))
        for size in np.geomspace(0.2, 20.0, 200)
    ]
    count, volume, longest = repeatability_of_lesions(pairs)
    expected = 100 * (exp(1.96 * 2**0.5 * 0.05) - 1)
    assert volume.measure == "volume_ml_repeatability_percent"
    assert volume.value == pytest.approx(expected, rel=0.12)
    assert volume.low < expected < volume.high and volume.n == 200
    assert count.value == 1.0
    assert longest.reason == "no spread: all differences are equal"


def test_takes_with_another_number_of_lesions_are_counted_and_left_out() -> None:
    pairs = [(taken(1.0), taken(1.1 + at / 100)) for at in range(8)]
    pairs += [(taken(1.0), taken(3.0, lesions=2)), (taken(0, 0, 0), taken(0, 0, 0))]
    count, volume, _ = repeatability_of_lesions(pairs)
    assert (count.value, count.n) == (0.8, 10)
    assert volume.n == 8
    nothing = repeatability_of_lesions([(taken(0, 0, 0), taken(1.0))] * 3)
    assert nothing[1].value is None and "same number" in nothing[1].reason


STATED = {"volume_ml_repeatability_percent": Estimate("v", 60, 25.0, 20.0, 31.0)}


def change(before: float, now: float, lesions: tuple[int, int] = (1, 1)) -> tuple[str | None, str]:
    one, other = (
        Measurement(f"STU-{at}", "2026-01-01", "MDV-1", taken(volume, lesions=count))
        for at, (volume, count) in enumerate(zip((before, now), lesions, strict=True))
    )
    found = change_of(one, other, "volume_ml", STATED)
    return found.called, found.reason


def test_a_volume_has_changed_beyond_the_ratio_either_way() -> None:
    assert change(1.0, 1.24)[0] == "within repeatability"
    assert change(1.0, 1.26)[0] == "more"
    assert change(1.0, 0.81)[0] == "within repeatability", "1 / 1.25 is 0.80"
    assert change(1.0, 0.79)[0] == "less"
    assert log(1.26) > log(1.25)


def test_nothing_is_called_where_lesions_came_or_went() -> None:
    called, why = change(1.0, 4.0, lesions=(1, 2))
    assert called is None and "1 outlined before, 2 now" in why
    called, why = change(1.0, 0.0, lesions=(1, 0))
    assert called is None and "nothing was outlined" in why
