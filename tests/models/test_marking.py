"""Boxes go between the grids and come back; summits become marks; the rule sets the threshold."""

from dataclasses import replace

import numpy as np
import pytest

from imaging.boxes import Box, BoxedPicture
from models.augmentation import varied_with_boxes
from models.box_grid import CHANNELS, STRIDE, in_square, on_picture, target_maps
from models.calibrate_marks import choose_point
from models.marking import MOST, Peaks, peaks, scored
from models.params import FitParams, OperatingRule
from models.tasks import Calibration
from records.errors import InvalidInput

RNG = np.random.default_rng(9)
SIZE = 64
STILL = replace(FitParams(), flip=0.0, shift=0.0, contrast=0.0, brightness=0.0)


@pytest.mark.parametrize("shape", [(64, 64), (300, 200), (41, 97)])
def test_boxes_go_into_the_square_and_come_back(shape: tuple[int, int]) -> None:
    low = RNG.uniform(0, 0.5, (20, 2)) * shape[::-1]
    sides = RNG.uniform(0.1, 0.4, (20, 2)) * shape[::-1]
    boxes = [Box(*one) for one in np.hstack([low, sides])]
    again = on_picture(in_square(boxes, shape, SIZE), shape, SIZE)
    assert np.allclose(again, np.array(boxes))


def maps_of(boxes: list[Box], shape: tuple[int, int], height: float = 6.0) -> np.ndarray:
    """What a network that has learned all would say: high odds at the centres, the boxes' sides."""
    (maps,), _ = target_maps([in_square(boxes, shape, SIZE)], SIZE)
    maps[0] = height * (2 * maps[0] - 1)
    return maps


@pytest.mark.parametrize("shape", [(64, 64), (128, 96)])
def test_what_the_network_is_told_gives_the_boxes_again(shape: tuple[int, int]) -> None:
    rows, columns = shape
    true = [
        Box(0.1 * columns, 0.1 * rows, 0.3 * columns, 0.25 * rows),
        Box(0.6 * columns, 0.5 * rows, 0.2 * columns, 0.35 * rows),
    ]
    found = peaks(maps_of(true, shape), shape)
    high = found.boxes[found.logit > 0]
    assert len(high) == 2
    order = np.argsort(high[:, 0])
    assert np.allclose(high[order], np.array(true), atol=0.6)


def test_beside_the_picture_nothing_is_marked_and_of_two_that_overlap_the_better_stays() -> None:
    maps = np.full((CHANNELS, SIZE // STRIDE, SIZE // STRIDE), -9.0)
    maps[1:3], maps[3:] = 0.0, np.log(0.25)
    maps[0, 8, 0] = 9.0  # left of a picture that is 32 of 64 wide
    maps[0, 8, 8], maps[0, 8, 10], maps[0, 3, 6] = 5.0, 6.0, 1.0
    found = peaks(maps, (128, 64))
    assert found.logit[:2].tolist() == [6.0, 1.0]
    assert len(found.logit) <= MOST
    assert (found.boxes[:, :2] >= 0).all()
    assert (found.boxes[:, 0] + found.boxes[:, 2] <= 64).all()


def test_a_box_moves_with_what_it_is_drawn_around() -> None:
    pictures = np.zeros((60, 96, 96), dtype=np.uint8)
    pictures[:, 56:72, 40:52] = 255  # rows, columns
    box = np.array([[46.0, 64.0, 12.0, 16.0]])
    fit = replace(STILL, shift=0.05, scale=0.15, rotation=8.0, flip=0.5)
    seen, moved = varied_with_boxes(pictures, [box] * 60, fit, np.random.default_rng(2))
    for picture, (found,) in zip(seen.numpy()[:, 0], moved, strict=True):
        rows, columns = np.nonzero(picture > 0)
        middle = np.array([columns.mean() + 0.5, rows.mean() + 0.5])
        sides = np.array([np.ptp(columns) + 1, np.ptp(rows) + 1])
        assert np.abs(found[:2] - middle).max() < 1.0
        assert np.abs(found[2:] - sides).max() < 4.5  # corners of a turned square reach farther
    away = varied_with_boxes(
        pictures, [np.array([[2.0, 2.0, 3.0, 3.0]])] * 60, replace(fit, shift=0.4),
        np.random.default_rng(2),
    )[1]
    assert 0 < sum(map(len, away)) < 60
    (still,) = varied_with_boxes(pictures[:1], [box], STILL, np.random.default_rng(2))[1]
    assert np.allclose(still, box)


def studies(n: int = 200) -> tuple[list[Peaks], list[str]]:
    """Candidates whose raw score is higher on lesions: one true and three false ones a picture."""
    rng = np.random.default_rng(5)
    candidates, lesions = [], []
    for at in range(n):
        places = np.array([[10, 10, 8, 8], [40, 40, 8, 8], [40, 10, 8, 8], [10, 40, 8, 8]], float)
        diseased = at % 2
        raw = rng.normal(-2, 1, 4) + np.array([3.0 * diseased, 0, 0, 0])
        candidates.append(Peaks(raw, places))
        boxes = (Box(8, 8, 14, 14),) if diseased else ()
        lesions.append(BoxedPicture(64, 64, boxes).text)
    return candidates, lesions


def counted(
    candidates: list[Peaks], lesions: list[str], fitted: Calibration
) -> tuple[float, float]:
    """False positives per image and share of lesions found, counted one by one."""
    false = found = 0
    for one, text in zip(candidates, lesions, strict=True):
        shown = [mark["shown"] for mark in scored(one, fitted)]
        diseased = bool(BoxedPicture.of(text).boxes)
        found += shown[0] and diseased
        false += sum(shown) - (shown[0] and diseased)
    return false / len(lesions), found / (len(lesions) // 2)


def test_the_rule_of_false_positives_keeps_the_rate_and_no_lower_threshold_would() -> None:
    candidates, lesions = studies()
    fitted = choose_point(candidates, lesions, rule=OperatingRule("false_positives", 0.25))
    rate, share = counted(candidates, lesions, fitted)
    assert 0.2 < rate <= 0.25
    assert share > 0.5
    lower = replace(fitted, operating_point=0.9 * fitted.operating_point)
    assert counted(candidates, lesions, lower)[0] > 0.25
    assert fitted.slope > 0


@pytest.mark.parametrize("rule", [("false_positives", 0.25), ("fixed_sensitivity", 0.9)])
def test_no_mark_lies_on_the_cut_where_rounding_would_decide(rule: tuple[str, float]) -> None:
    candidates, lesions = studies()
    fitted = choose_point(candidates, lesions, rule=OperatingRule(*rule))
    scores = [mark["score"] for one in candidates for mark in scored(one, fitted)]
    assert min(abs(one - fitted.operating_point) for one in scores) > 0


def test_the_rule_of_sensitivity_finds_the_declared_share() -> None:
    candidates, lesions = studies()
    fitted = choose_point(candidates, lesions, rule=OperatingRule("fixed_sensitivity", 0.9))
    assert counted(candidates, lesions, fitted)[1] == pytest.approx(0.9)


def test_a_share_that_no_threshold_reaches_and_marks_that_are_all_wrong_are_refused() -> None:
    candidates, lesions = studies()
    half = [Peaks(one.logit[1:], one.boxes[1:]) if at % 4 == 1 else one
            for at, one in enumerate(candidates)]  # fmt: skip
    with pytest.raises(InvalidInput, match=r"find 0\.500 of the lesions"):
        choose_point(half, lesions, rule=OperatingRule("fixed_sensitivity", 0.9))
    wrong = [Peaks(one.logit[1:], one.boxes[1:]) for one in candidates]
    with pytest.raises(InvalidInput, match="Of 600 marks in the tuning studies 0 are on a lesion"):
        choose_point(wrong, lesions, rule=OperatingRule("false_positives", 0.5))
