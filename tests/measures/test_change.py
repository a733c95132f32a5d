"""A change of one patient is called beyond the repeatability coefficient, and nowhere else."""

import numpy as np
import pytest

from measures.change import change_between
from measures.estimate import Estimate
from measures.repeatability import repeatability

KNOWN = Estimate("repeatability_coefficient", 20, 5.0, 4.0, 7.0)


@pytest.mark.parametrize(
    ("later", "called"),
    [(105.0, "within repeatability"), (95.0, "within repeatability"), (105.01, "more"),
     (94.99, "less"), (100.0, "within repeatability")],
)  # fmt: skip
def test_a_change_is_called_only_beyond_the_coefficient(later: float, called: str) -> None:
    found = change_between(100.0, later, coefficient=KNOWN)
    assert found.called == called
    assert found.difference == pytest.approx(later - 100.0)


def test_unchanged_patients_are_rarely_called_changed() -> None:
    rng = np.random.default_rng(4)
    patients = rng.normal(500, 100, 4000)[:, None]
    coefficient = repeatability(patients[:300] + rng.normal(0, 8, (300, 2))).coefficient
    repeats = patients + rng.normal(0, 8, (4000, 2))
    called = [change_between(*pair, coefficient=coefficient).called for pair in repeats.tolist()]
    share = 1 - called.count("within repeatability") / len(called)
    assert 0.02 < share < 0.09  # 5 % is what the coefficient promises


def test_without_a_coefficient_nothing_is_called() -> None:
    unknown = Estimate.not_estimable("repeatability_coefficient", "no repeats", n=2)
    found = change_between(100.0, 900.0, coefficient=unknown)
    assert (found.difference, found.called) == (800.0, None)
    assert found.reason == "the repeatability coefficient is not estimable: no repeats"


def test_a_missing_measurement_is_refused() -> None:
    with pytest.raises(ValueError, match="must be finite"):
        change_between(float("nan"), 1.0, coefficient=KNOWN)
