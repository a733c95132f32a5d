"""A mask goes to the network's grid as its picture does, and an outline comes back the same way."""

import numpy as np
import pytest

from models.mask_grid import network_mask, on_picture_grid
from models.preparation import network_input

SHAPES = [(64, 64), (100, 60), (37, 90), (224, 200)]


def ellipse(shape: tuple[int, int]) -> np.ndarray:
    down, right = np.indices(shape)
    return ((down / shape[0] - 0.4) / 0.25) ** 2 + ((right / shape[1] - 0.6) / 0.2) ** 2 <= 1


@pytest.mark.parametrize("shape", SHAPES)
def test_a_mask_lies_where_its_picture_lies(shape: tuple[int, int]) -> None:
    mask = ellipse(shape)
    picture = network_input(mask.astype(np.float32), 32).astype(int)
    assert np.abs(network_mask(mask, 32) - picture).max() <= 1  # a level of rounding


@pytest.mark.parametrize("shape", SHAPES)
def test_there_and_back_is_the_same_outline(shape: tuple[int, int]) -> None:
    mask = ellipse(shape)
    back = on_picture_grid(network_mask(mask, 48) / 255 - 0.5, shape) >= 0
    assert back.shape == shape
    dice = 2 * (back & mask).sum() / (back.sum() + mask.sum())
    assert dice > 0.95


def test_what_lies_beside_the_picture_never_comes_back() -> None:
    outputs = np.full((32, 32), 9.0)
    outputs[:, 8:24] = -9.0  # a picture of 64 x 32 lies in the middle 16 columns
    assert on_picture_grid(outputs, (64, 32)).max() == -9.0
