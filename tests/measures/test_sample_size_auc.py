"""Power and size for AUCs, beside simulated DeLong decisions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.comparison import paired_auc_difference, unpaired_auc_difference
from measures.estimate import Estimate
from measures.planning import Aim
from measures.roc import placements
from measures.sample_size_auc import (
    PlannedAreas,
    paired_auc_power,
    paired_auc_size,
    planned_area_variance,
    precise_auc_size,
    unpaired_auc_power,
    unpaired_auc_size,
)

DRAWS = 400


def shift(area: float) -> float:
    from scipy.special import ndtri

    return math.sqrt(2.0) * float(ndtri(area))


def shown(found: Estimate, aim: Aim) -> bool:
    assert found.low is not None
    assert found.high is not None
    if aim.kind == "difference":
        return found.low > 0 or found.high < 0
    return found.low > -aim.margin


@pytest.mark.parametrize("size", [(40, 40), (30, 150)])
@pytest.mark.parametrize("area", [0.6, 0.8, 0.9])
def test_the_planned_variance_is_that_of_simulated_scores(
    area: float, size: tuple[int, int]
) -> None:
    random = np.random.default_rng(5)
    truth = np.repeat([1.0, 0.0], size)
    normal, exponential = [], []
    for _ in range(2000):
        normal.append(placements(truth, random.normal(size=truth.size) + shift(area) * truth).area)
        mean = np.where(truth == 1.0, area / (1.0 - area), 1.0)
        exponential.append(placements(truth, random.exponential(mean)).area)
    found = planned_area_variance(area, *size)
    assert found == pytest.approx(np.var(normal), rel=0.1)
    assert planned_area_variance(area, *size, form="hanley-mcneil") == pytest.approx(
        np.var(exponential), rel=0.1
    )
    assert planned_area_variance(area, *size, form="obuchowski") > 0.95 * found


@pytest.mark.parametrize("aim", [Aim("difference"), Aim("non-inferiority", 0.025, 0.12)])
def test_power_for_different_studies_is_the_simulated_one(aim: Aim) -> None:
    areas = (0.9, 0.8) if aim.kind == "difference" else (0.8, 0.8)
    random = np.random.default_rng(6)
    truth = np.repeat([1.0, 0.0], [100, 100])

    def one() -> bool:
        sites = [(truth, random.normal(size=200) + shift(area) * truth) for area in areas]
        return shown(unpaired_auc_difference(sites[0], sites[1]).difference, aim)

    found = np.mean([one() for _ in range(DRAWS)])
    planned = unpaired_auc_power(PlannedAreas(*areas), (100, 100), (100, 100), aim)
    assert planned == pytest.approx(float(found), abs=0.09)


@pytest.mark.parametrize("aim", [Aim("difference"), Aim("non-inferiority", 0.025, 0.08)])
def test_power_for_the_same_studies_is_the_simulated_one(aim: Aim) -> None:
    areas = (0.88, 0.80) if aim.kind == "difference" else (0.82, 0.82)
    random = np.random.default_rng(7)
    truth = np.repeat([1.0, 0.0], [70, 70])
    root = np.linalg.cholesky([[1.0, 0.6], [0.6, 1.0]])
    made, decisions = [], []
    for _ in range(DRAWS):
        scores = root @ random.normal(size=(2, 140))
        scores = scores + np.array([[shift(area)] for area in areas]) * truth
        made.append([placements(truth, score).area for score in scores])
        decisions.append(shown(paired_auc_difference(truth, *scores).difference, aim))
    correlation = float(np.corrcoef(np.transpose(made))[0, 1])
    planned = paired_auc_power(PlannedAreas(*areas, correlation=correlation), 70, 70, aim)
    assert planned == pytest.approx(float(np.mean(decisions)), abs=0.09)


@given(
    area=st.floats(0.55, 0.95), n=st.integers(5, 200), m=st.integers(5, 200),
    form=st.sampled_from(["binormal", "hanley-mcneil", "obuchowski"]),
)  # fmt: skip
def test_more_studies_never_add_variance(area: float, n: int, m: int, form: str) -> None:
    now = planned_area_variance(area, n, m, form=form)  # type: ignore[arg-type]
    for more in ((n + 1, m), (n, m + 1)):
        assert 0.0 < planned_area_variance(area, *more, form=form) <= now  # type: ignore[arg-type]


def test_the_size_reaches_the_power_and_one_less_does_not() -> None:
    areas, aim = PlannedAreas(0.9, 0.84, correlation=0.5), Aim("difference")
    found = paired_auc_size(areas, aim, power=0.9, healthy_per_diseased=3.0)
    n = found.groups["diseased"]
    assert found.groups["healthy"] == 3 * n
    assert found.reached >= 0.9 > paired_auc_power(areas, n - 1, 3 * (n - 1), aim)
    alone = unpaired_auc_size(PlannedAreas(0.9, 0.84), aim, power=0.9, healthy_per_diseased=3.0)
    assert alone.n > 2 * found.n
    wide = precise_auc_size(0.9, 0.05)
    assert wide.reached <= 0.05
    assert precise_auc_size(0.9, 0.05, variance="obuchowski").n > wide.n


def test_what_cannot_be_planned_is_refused() -> None:
    with pytest.raises(ValueError, match="correlation: between"):
        PlannedAreas(0.9, 0.8, correlation=1.0)
    with pytest.raises(ValueError, match="it must be 0"):
        unpaired_auc_power(PlannedAreas(0.9, 0.8, 0.5), (9, 9), (9, 9), Aim("difference"))
    with pytest.raises(ValueError, match="an AUC from"):
        planned_area_variance(1.0, 10, 10)
    with pytest.raises(ValueError, match="an AUC from"):
        planned_area_variance(float("nan"), 10, 10)
    with pytest.raises(ValueError, match="one study of each class"):
        planned_area_variance(0.8, 10, 0)
    with pytest.raises(ValueError, match="variance"):
        planned_area_variance(0.8, 10, 10, form="bootstrap")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="half_width"):
        precise_auc_size(0.8, 0.0)
    with pytest.raises(ValueError, match="not reached"):
        paired_auc_size(PlannedAreas(0.8, 0.8), Aim("difference"))
