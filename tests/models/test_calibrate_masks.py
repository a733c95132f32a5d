"""The threshold of outlines is the one of the largest mean Dice on the pictures' own grids."""

import numpy as np
import pytest

from models.calibrate_masks import THRESHOLDS, choose_threshold
from models.mask_grid import on_picture_grid


def study(seed: int, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    logit = rng.normal(-1, 2, (16, 16)).astype(np.float32)
    noise = rng.normal(0, 1, shape)
    return logit, on_picture_grid(logit, shape) + noise > 0.7


def test_it_is_the_best_of_all_thresholds_counted_one_by_one() -> None:
    studies = [study(seed, (40, 40 - seed)) for seed in range(5)]
    mean = []
    for threshold in THRESHOLDS:
        dice = []
        for logit, mask in studies:
            said = 1 / (1 + np.exp(-on_picture_grid(logit, mask.shape).astype(float))) >= threshold
            dice.append(2 * (said & mask).sum() / (said.sum() + mask.sum()))
        mean.append(np.mean(dice))
    assert choose_threshold(studies) == pytest.approx(THRESHOLDS[int(np.argmax(mean))])


def test_of_equal_thresholds_the_middle_one_is_taken() -> None:
    mask = np.zeros((16, 16), dtype=bool)
    mask[4:12, 4:12] = True
    assert choose_threshold([(np.where(mask, 9.0, -9.0), mask)]) == 0.5


def test_no_study_is_refused() -> None:
    with pytest.raises(ValueError, match="no study"):
        choose_threshold([])
