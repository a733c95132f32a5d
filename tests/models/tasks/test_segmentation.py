"""Outlines are decoded at the threshold, measured in the image's unit, and compared fairly."""

import numpy as np
import pytest

from models.tasks import Calibration, Outcomes, SegmentationTask

TASK = SegmentationTask()
HALF = Calibration(1.0, 0.0, 0.5)


def box(rows: slice, columns: slice) -> np.ndarray:
    mask = np.zeros((40, 60), dtype=bool)
    mask[rows, columns] = True
    return mask


TRUE = box(slice(10, 30), slice(20, 40))


def test_an_outline_is_where_the_probability_reaches_the_operating_point() -> None:
    logit = np.where(TRUE, 1.0, -1.0)
    assert np.array_equal(TASK.outline(logit, HALF), TRUE)
    assert TASK.outline(logit, Calibration(1.0, 0.0, 0.25)).all()
    assert not TASK.outline(logit, Calibration(1.0, 0.0, 0.75)).any()
    decoded = TASK.decode([logit, logit - 9], HALF)
    assert decoded.decision.tolist() == [True, False]
    with pytest.raises(ValueError, match="not finite"):
        TASK.outline(np.array([[np.nan]]), HALF)


def test_the_decision_is_whether_anything_is_outlined() -> None:
    rng = np.random.default_rng(3)
    for _ in range(50):
        logit = rng.normal(-3, 1, (5, 5))
        point = Calibration(1.0, 0.0, float(rng.uniform(0.2, 0.6)))
        said = bool(TASK.decode([logit], point).decision[0])
        assert said == TASK.outline(logit, point).any()


def test_sizes_are_in_mm_where_the_spacing_is_known_and_in_pixels_where_not() -> None:
    found = TASK.measured(TRUE, (0.5, 2.0))
    assert (found["unit"], found["area"]) == ("mm", 400.0)
    assert found["longest"] == pytest.approx(np.hypot(10, 40))
    assert found["share"] == pytest.approx(400 / 2400)
    unknown = TASK.measured(TRUE, None)
    assert (unknown["unit"], unknown["area"]) == ("pixel", 400.0)
    assert unknown["longest"] == pytest.approx(np.hypot(20, 20))


def test_a_shifted_outline_is_as_far_off_as_it_was_moved() -> None:
    moved = box(slice(12, 32), slice(20, 40))  # two rows down
    found = TASK.compared(TRUE, moved, (1.5, 0.5))
    assert found["dice"] == pytest.approx(0.9)
    assert found["hd95"] == pytest.approx(3.0)
    assert found["area_difference"] == 0.0
    assert TASK.compared(TRUE, moved, None)["hd95"] == pytest.approx(2.0)
    larger = TASK.compared(TRUE, box(slice(10, 30), slice(20, 44)), (1.5, 0.5))
    assert larger["area_difference"] == pytest.approx(80 * 0.75)


def test_a_structure_that_was_missed_never_makes_a_distance_smaller() -> None:
    found = TASK.compared(TRUE, np.zeros_like(TRUE), (2.0, 1.0))
    assert found["dice"] == found["jaccard"] == 0.0
    assert found["hd95"] == found["assd"] == pytest.approx(np.hypot(80, 60))


def outcomes(units: list[str]) -> Outcomes:
    n = len(units)
    rng = np.random.default_rng(6)
    numbers = {name: rng.uniform(0.5, 1.0, n) for name in TASK.columns[1:]}
    ones = np.ones(n)
    sex = np.array(["F", "M", ""] * n, dtype=object)[:n]
    patient = np.arange(n) // 2
    return Outcomes(ones, ones, ones, patient, {"sex": sex}, more={"unit": units, **numbers})


def test_studies_of_two_units_are_never_averaged_together() -> None:
    mixed = outcomes(["mm"] * 70 + ["pixel"] * 50)
    found = {one.measure: one for one in TASK.estimates(mixed) if one.subgroup == "all"}
    assert list(found) == list(TASK.measures)
    assert (found["dice"].n, found["hd95_mm"].n, found["hd95_px"].n) == (120, 70, 50)
    assert found["hd95_mm"].value == pytest.approx(mixed.more["hd95"][:70].mean())
    assert "60 patients" in found["dice"].method
    assert found["found"].value == 1.0


def test_without_a_spacing_there_is_no_distance_in_mm() -> None:
    whole = [one for one in TASK.estimates(outcomes(["pixel"] * 30)) if one.subgroup == "all"]
    reasons = {one.measure: one.reason for one in whole if not one.estimable}
    assert reasons["hd95_mm"] == "no image states the spacing of its pixels"
    assert reasons["dice_lowest_5"] == "the lowest 5 % of 30 studies are fewer than 5"


def test_a_small_subgroup_says_how_small_it_is() -> None:
    found = TASK.estimates(outcomes(["mm"] * 30))
    reasons = {one.subgroup: (one.reason, one.n) for one in found if one.measure == "dice"}
    assert reasons["sex=F"] == ("fewer than 20 studies", 10)
    assert reasons["sex=not recorded"] == ("the value is not recorded", 10)
