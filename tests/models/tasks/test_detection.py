"""Lesions are counted one by one, false positives per image, and studies as a whole."""

import numpy as np
import pytest

from imaging.boxes import Box, BoxedPicture
from measures.estimate import Estimate
from models.tasks import Calibration, DetectionTask, Outcomes
from models.tasks.detection import froc_points, marks_text

TASK = DetectionTask()


def mark(x: float, y: float, score: float, *, point: float = 0.5) -> dict:
    return {"x": x, "y": y, "width": 4.0, "height": 4.0, "score": score, "shown": score >= point}


LARGE, SMALL = Box(10, 10, 20, 20), Box(60, 60, 8, 8)


def outcomes(images: list[tuple[list[dict], list[Box]]], **groups: list[str]) -> Outcomes:
    best = np.array([max((one["score"] for one in marks), default=0.0) for marks, _ in images])
    return Outcomes(
        np.array([int(bool(boxes)) for _, boxes in images]), best, (best >= 0.5).astype(int),
        np.array([f"P{at}" for at in range(len(images))]),
        {name: np.array(values, dtype=object) for name, values in groups.items()},
        {
            "marks": np.array([marks_text(marks) for marks, _ in images]),
            "lesions": np.array([BoxedPicture(100, 100, tuple(b)).text for _, b in images]),
        },
    )  # fmt: skip


IMAGES = [
    ([mark(15, 15, 0.9), mark(20, 20, 0.8), mark(80, 5, 0.7)], [LARGE, SMALL]),  # one of two found
    ([mark(62, 62, 0.6), mark(5, 80, 0.2)], [SMALL]),  # found; a false mark that is not shown
    ([mark(80, 80, 0.55)], []),  # a false positive
    ([mark(80, 80, 0.1)], []),
] * 10


def overall(found: list[Estimate]) -> dict[str, Estimate]:
    return {one.measure: one for one in found if one.subgroup == "all"}


def test_each_lesion_counts_once_and_a_second_mark_on_it_counts_neither_way() -> None:
    found = overall(TASK.estimates(outcomes(IMAGES)))
    assert list(found) == list(TASK.measures)
    assert found["lesion_sensitivity"].value == pytest.approx(2 / 3)
    assert found["lesion_sensitivity"].n == 30
    assert found["large_lesion_sensitivity"].value == pytest.approx(1.0)
    assert found["small_lesion_sensitivity"].value == pytest.approx(0.5)
    assert found["false_positives_per_image"].value == pytest.approx(0.5)
    assert found["false_positives_per_image"].n == 40
    assert found["sensitivity"].value == 1.0
    assert found["specificity"].value == 0.5
    assert found["froc_score"].n == 30
    assert all(one.low <= one.value <= one.high for one in found.values() if one.estimable)


def test_the_curve_ends_where_it_is_read_and_passes_the_operating_point() -> None:
    points = froc_points(outcomes(IMAGES))
    assert points is not None
    assert points["operating_point"] == [0.5, pytest.approx(2 / 3)]
    at = points["false_positives"].index(0.5)
    assert points["sensitivity"][at] == pytest.approx(2 / 3, abs=1e-5)
    assert froc_points(outcomes([([], [])])) is None


def test_subgroups_are_of_their_own_studies_and_images_without_lesions_say_so() -> None:
    sex = ["F", "F", "M", "M"] * 10
    found = {(one.measure, one.subgroup): one for one in TASK.estimates(outcomes(IMAGES, sex=sex),
                                                                        minimum_n=10)}  # fmt: skip
    assert found["lesion_sensitivity", "sex=F"].n == 30
    none = found["lesion_sensitivity", "sex=M"]
    assert (none.value, none.reason, none.n) == (None, "no true lesion in these images", 0)
    assert found["false_positives_per_image", "sex=M"].value == pytest.approx(0.5)
    assert ("froc_score", "sex=F") not in found
    few = TASK.estimates(outcomes(IMAGES[:4]))
    assert {one.reason for one in few} == {"fewer than 20 studies"}


def test_outputs_that_are_not_finite_are_no_marks() -> None:
    with pytest.raises(ValueError, match="not finite"):
        TASK.decode([np.full((5, 4, 4), np.nan)], Calibration(1.0, 0.0, 0.5))
