"""A retake is the same picture, a little moved, exposed and noisy anew."""

import numpy as np
import pytest

from imaging.retakes import EXPOSURE, MOVE, NOISE, retaken


def test_a_seed_gives_the_same_take_and_another_seed_another() -> None:
    picture = np.random.default_rng(1).random((40, 30), dtype=np.float32)
    assert np.array_equal(retaken(picture, seed=4), retaken(picture, seed=4))
    assert not np.array_equal(retaken(picture, seed=4), retaken(picture, seed=5))
    assert retaken(picture, seed=4).shape == (40, 30)


def test_a_square_stays_and_moves_no_further_than_said() -> None:
    picture = np.zeros((100, 100))
    picture[30:70, 40:60] = 0.8
    middles, sizes, greys = [], [], []
    for seed in range(60):
        again = retaken(picture, seed=seed)
        rows, columns = np.nonzero(again > 0.4)
        middles.append((rows.mean() - 49.5, columns.mean() - 49.5))
        sizes.append(len(rows))
        greys.append(float(np.median(again[40:60, 45:55])))
    apart = np.abs(middles)
    assert apart.max() <= 100 * MOVE + 0.6
    assert apart.max() > 1, "it does move"
    assert sizes == pytest.approx([800] * 60, rel=0.06)
    assert min(greys) >= 0.8 * (1 - EXPOSURE) - NOISE
    assert max(greys) <= 0.8 * (1 + EXPOSURE) + NOISE
    assert np.std(greys) > NOISE
