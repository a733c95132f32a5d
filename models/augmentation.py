"""The training pictures as they might as well have been taken: other pose, other exposure.

What may vary is what varies between two takes of the same patient: turn, size, place, exposure.
A left-right mirror image moves the heart to the other side, so ``flip`` is 0 unless the organ has
no side (``params.yaml``).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.arithmetic import to_tensor
from models.params import FitParams

if TYPE_CHECKING:
    from torch import Tensor

Numbers = NDArray[np.float64]


def varied(pictures: NDArray[np.uint8], fit: FitParams, rng: np.random.Generator) -> "Tensor":
    """The pictures (n, side, side) as the network's input (n, 1, side, side), each varied.

    One affine map a picture (rotation, scale, shear, shift, mirror), read by bilinear
    interpolation with the border repeated, then gamma, gain and level. Draws come from ``rng``
    alone, so the same generator gives the same pictures.
    """
    import torch

    moved = _moved(to_tensor(pictures), _affine(len(pictures), fit, rng))
    return _exposed(moved, fit, rng).contiguous(memory_format=torch.channels_last)


def varied_with_masks(
    pictures: NDArray[np.uint8], masks: NDArray[np.uint8], fit: FitParams, rng: np.random.Generator
) -> "tuple[Tensor, Tensor]":
    """The same with the mask of each picture moved by the picture's own map; its exposure stays.

    masks: (n, side, side), share inside in 256 levels. Returns the network's input and the masks,
    (n, side, side) from 0 to 1.
    """
    import torch

    maps = _affine(len(pictures), fit, rng)
    moved = _moved(to_tensor(pictures), maps)
    inside = torch.from_numpy(masks).float().div_(255.0).unsqueeze(1)
    seen = _exposed(moved, fit, rng).contiguous(memory_format=torch.channels_last)
    return seen, _moved(inside, maps).squeeze(1)


def varied_with_boxes(
    pictures: NDArray[np.uint8], boxes: Sequence[Numbers], fit: FitParams, rng: np.random.Generator
) -> "tuple[Tensor, list[Numbers]]":
    """The same with the boxes of each picture moved by the picture's own map.

    boxes: of each picture, in its square: rows of centre across and down, width and height. They
    are returned in the same form. A box becomes the one around its inscribed ellipse, as a round
    lesion stays round; one whose centre leaves the square is gone, one at its edge is cut off.
    """
    import torch

    maps, side = _affine(len(pictures), fit, rng), pictures.shape[-1]
    moved = _moved(to_tensor(pictures), maps)
    seen = _exposed(moved, fit, rng).contiguous(memory_format=torch.channels_last)
    pairs = zip(maps, boxes, strict=True)
    return seen, [_moved_boxes(np.asarray(found), one, side) for one, found in pairs]


def _moved_boxes(boxes: Numbers, map_: Numbers, side: int) -> Numbers:
    """Boxes (boxes, 4) through the inverse of a map from new places to old ones."""
    back = np.linalg.inv(map_[:, :2])
    middle = (2 * boxes[:, :2] / side - 1 - map_[:, 2]) @ back.T
    half = np.sqrt(np.square(boxes[:, 2:] / side) @ np.square(back).T)
    kept = (np.abs(middle) < 1).all(axis=1)
    low, high = (np.clip(one[kept], -1, 1) for one in (middle - half, middle + half))
    return np.hstack([(low + high + 2) * side / 4, (high - low) * side / 2])


def _moved(levels: "Tensor", maps: NDArray[np.float64]) -> "Tensor":
    """Each picture (n, 1, side, side) read through its map (n, 2, 3)."""
    import torch
    from torch.nn import functional

    chosen = torch.from_numpy(maps.astype(np.float32))
    grid = functional.affine_grid(chosen, list(levels.shape), align_corners=False)
    return functional.grid_sample(
        levels, grid, mode="bilinear", padding_mode="border", align_corners=False
    )


def _affine(count: int, fit: FitParams, rng: np.random.Generator) -> NDArray[np.float64]:
    """Maps (count, 2, 3) from a place in the new picture to its place in the old one."""
    turn = np.deg2rad(rng.uniform(-fit.rotation, fit.rotation, count))
    size = np.exp(rng.uniform(-1, 1, (count, 2)) * np.log1p(fit.scale))
    slant = rng.uniform(-fit.shear, fit.shear, count)
    # one unit of torch's grid is half a side
    place = 2 * rng.uniform(-fit.shift, fit.shift, (count, 2))
    mirror = np.where(rng.random(count) < fit.flip, -1.0, 1.0)
    cosine, sine = np.cos(turn), np.sin(turn)
    maps = np.empty((count, 2, 3))
    maps[:, 0, 0] = cosine * size[:, 0] * mirror
    maps[:, 0, 1] = (slant * cosine - sine) * size[:, 1]
    maps[:, 1, 0] = sine * size[:, 0] * mirror
    maps[:, 1, 1] = (slant * sine + cosine) * size[:, 1]
    maps[:, :, 2] = place
    return maps


def _exposed(pictures: "Tensor", fit: FitParams, rng: np.random.Generator) -> "Tensor":
    """Another gamma, gain and level; the input's scale is that of ``to_tensor`` (-2 to 2)."""
    import torch

    shape = (len(pictures), 1, 1, 1)
    bend = np.exp(rng.uniform(-fit.gamma, fit.gamma, shape))
    gain = 1 + rng.uniform(-fit.contrast, fit.contrast, shape)
    level = 4 * rng.uniform(-fit.brightness, fit.brightness, shape)
    bend_, gain_, level_ = (
        torch.from_numpy(part.astype(np.float32)) for part in (bend, gain, level)
    )
    if fit.gamma:
        pictures = pictures.div(4).add(0.5).clamp(1e-4, 1).pow(bend_).sub(0.5).mul(4)
    return pictures.mul(gain_).add(level_)
