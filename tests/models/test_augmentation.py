"""Training pictures are varied as two takes of a patient differ, and in no other way."""

from dataclasses import replace

import numpy as np
import pytest

from models.arithmetic import to_tensor
from models.augmentation import varied, varied_with_masks
from models.params import FitParams, load_params
from records.settings import REPOSITORY

STILL = replace(FitParams(), flip=0.0, shift=0.0, contrast=0.0, brightness=0.0)
RNG = np.random.default_rng(3)
PICTURES = RNG.integers(0, 256, (6, 32, 32)).astype(np.uint8)


def seen(pictures: np.ndarray, fit: FitParams, seed: int = 1) -> np.ndarray:
    return varied(pictures, fit, np.random.default_rng(seed)).numpy()[:, 0]


def test_nothing_to_vary_leaves_the_pictures_as_they_are() -> None:
    assert np.allclose(seen(PICTURES, STILL), to_tensor(PICTURES).numpy()[:, 0], atol=1e-4)


def test_the_same_draws_give_the_same_pictures_and_others_do_not() -> None:
    fit = replace(STILL, rotation=20.0, scale=0.2, shear=0.1, shift=0.1, gamma=0.3, contrast=0.2)
    assert np.array_equal(seen(PICTURES, fit), seen(PICTURES, fit))
    assert not np.array_equal(seen(PICTURES, fit), seen(PICTURES, fit, seed=2))


def test_a_mirror_image_is_the_picture_from_right_to_left() -> None:
    mirrored = seen(PICTURES, replace(STILL, flip=1.0))
    assert np.allclose(mirrored, to_tensor(PICTURES).numpy()[:, 0, :, ::-1], atol=1e-4)


def test_the_parameters_that_are_shipped_never_move_the_heart_to_the_right() -> None:
    others = sorted((REPOSITORY / "params").glob("*.yaml"))
    chests = [one for one in others if not one.stem.startswith("breast-")]
    assert len(chests) >= 2
    files = [REPOSITORY / "params.yaml", *chests]
    assert all(load_params(file).fit.flip == 0 for file in files)


def middle(picture: np.ndarray) -> np.ndarray:
    """Where the bright square lies: (row, column)."""
    weight = picture - picture.min()
    return np.array([(weight * axis).sum() / weight.sum() for axis in np.indices(picture.shape)])


@pytest.mark.parametrize(
    ("fit", "reach"),
    [
        (replace(STILL, shift=0.1), 0.1 * 64 * np.sqrt(2)),
        (replace(STILL, rotation=20.0), 16 * np.deg2rad(20)),
        (replace(STILL, scale=0.2), 16 * 0.2),
        (replace(STILL, shear=0.1), 16 * 0.1),
    ],
)
def test_a_finding_moves_as_far_as_declared_and_no_farther(fit: FitParams, reach: float) -> None:
    picture = np.zeros((64, 64), dtype=np.uint8)
    picture[44:52, 28:36] = 200  # 16 rows below the middle
    many = np.repeat(picture[None], 200, axis=0)
    moved = [np.linalg.norm(middle(one) - middle(picture)) for one in seen(many, fit)]
    assert max(moved) <= reach + 0.3
    assert max(moved) >= 0.8 * reach / (np.sqrt(2) if fit.shift else 1)


def test_gamma_keeps_black_and_white_and_changes_what_lies_between() -> None:
    ramp = np.tile(np.linspace(0, 255, 32).astype(np.uint8), (50, 32, 1))
    bent = seen(ramp, replace(STILL, gamma=0.5))
    assert np.allclose(bent[..., 0], -2, atol=0.05)
    assert np.allclose(bent[..., -1], 2, atol=0.05)
    assert np.ptp(bent[:, 0, 16]) > 0.5
    assert (np.diff(bent, axis=2) >= -1e-3).all()


def test_a_mask_moves_with_its_picture_and_its_exposure_stays() -> None:
    fit = replace(
        STILL, rotation=15.0, scale=0.2, shear=0.1, shift=0.1, flip=0.5, gamma=0.3, contrast=0.3
    )
    masks = np.zeros((40, 64, 64), dtype=np.uint8)
    masks[:, 20:44, 28:50] = 255
    pictures, moved = varied_with_masks(masks, masks, fit, np.random.default_rng(4))
    assert moved.shape == (40, 64, 64)
    assert 0 <= float(moved.min()) <= float(moved.max()) <= 1
    alone = varied_with_masks(masks, masks, replace(fit, gamma=0.0, contrast=0.0),
                              np.random.default_rng(4))[1]  # fmt: skip
    assert np.array_equal(moved.numpy(), alone.numpy())
    for picture, mask in zip(pictures.numpy()[:, 0], moved.numpy(), strict=True):
        bright = picture > (picture.min() + picture.max()) / 2
        inside = mask > 0.5
        assert 2 * (bright & inside).sum() / (bright.sum() + inside.sum()) > 0.9
    assert not np.array_equal(moved.numpy()[0], moved.numpy()[1])


def test_pictures_with_masks_are_varied_as_without() -> None:
    fit = replace(STILL, rotation=20.0, scale=0.2, shift=0.1, gamma=0.3, contrast=0.2)
    both, _ = varied_with_masks(PICTURES, PICTURES, fit, np.random.default_rng(1))
    assert np.array_equal(both.numpy()[:, 0], seen(PICTURES, fit))
