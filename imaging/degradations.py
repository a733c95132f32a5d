"""One radiograph as it might have arrived from a worse scanner, by how much worse: graded levels.

They work on the picture as it was received (values 0 to 1), so they can be tried on real images;
the simulator's knobs act before the picture is made. Gain and motion are the simulator's own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.boxes import Box, BoxedPicture
from imaging.sources.knobs import Knobs, disturbed

Image = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Degradation:
    """A way in which a picture gets worse, its levels from slight to severe, and their unit."""

    levels: tuple[float, ...]
    unit: str
    apply: Callable[[Image, float, np.random.Generator], Image]


def degraded(array: NDArray[Any], kind: str, level: float, *, seed: int) -> Image:
    """The picture at a level of a degradation; the same seed gives the same picture.

    array: shape (rows, columns), values 0 to 1. Raises KeyError for an unknown kind.

    >>> flat = np.full((8, 8), 0.5)
    >>> degraded(flat, "gain", 1.3, seed=1)[0, 0].round(2)
    np.float32(0.65)
    """
    rng = np.random.default_rng([seed, len(kind)])
    picture = np.asarray(array, dtype=np.float32)
    return np.clip(DEGRADATIONS[kind].apply(picture, level, rng), 0.0, 1.0)


def degraded_boxes(picture: BoxedPicture, kind: str, level: float, *, seed: int) -> BoxedPicture:
    """Where the lesions of a picture lie in its degraded form: elsewhere only where it was turned.

    A box becomes the one around its inscribed ellipse, cut off at the edges; one whose centre is
    turned out of the picture is gone. seed: the picture's, as for :func:`degraded`.

    >>> turned = degraded_boxes(BoxedPicture(9, 9, (Box(3, 3, 3, 3),)), "rotation", 20, seed=1)
    >>> [round(side, 6) for side in turned.boxes[0]]
    [3.0, 3.0, 3.0, 3.0]
    """
    if kind != "rotation":
        return picture
    angle = np.deg2rad(_side(np.random.default_rng([seed, len(kind)])) * level)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    edge = np.array([picture.columns, picture.rows], dtype=np.float64)
    found = []
    for box in picture.boxes:
        half = np.array([box.width, box.height]) / 2
        middle = turn @ (np.array([box.x, box.y]) + half - edge / 2) + edge / 2
        reach = np.sqrt(np.square(turn) @ np.square(half))
        low, high = (np.clip(corner, 0, edge) for corner in (middle - reach, middle + reach))
        if (middle > 0).all() and (middle < edge).all():
            found.append(Box(*map(float, (*low, *(high - low)))))
    return replace(picture, boxes=tuple(found))


def degraded_mask(
    mask: NDArray[np.bool_], kind: str, level: float, *, seed: int
) -> NDArray[np.bool_]:
    """The true outline in the degraded form of its picture: elsewhere only where it was turned.

    mask: shape (rows, columns). What is turned out of the picture is gone. seed: the picture's.

    >>> mask = np.zeros((9, 9), dtype=bool)
    >>> mask[3:6, 3:6] = True
    >>> bool((degraded_mask(mask, "rotation", 20, seed=1) == mask)[4, 4])
    True
    """
    if kind != "rotation":
        return mask
    from scipy import ndimage

    angle = _side(np.random.default_rng([seed, len(kind)])) * level
    turned = ndimage.rotate(
        mask.astype(np.float32), angle, reshape=False, order=1, mode="constant"
    )
    found: NDArray[np.bool_] = turned >= 0.5
    return found


def _noise(picture: Image, level: float, rng: np.random.Generator) -> Image:
    return picture + np.float32(level) * rng.standard_normal(picture.shape, dtype=np.float32)


def _blur(picture: Image, level: float, _rng: np.random.Generator) -> Image:
    from scipy import ndimage

    found: Image = ndimage.gaussian_filter(picture, level * min(picture.shape) / 160)
    return found


def _gain(picture: Image, level: float, _rng: np.random.Generator) -> Image:
    return disturbed(picture, Knobs(gain=level))


def _motion(picture: Image, level: float, _rng: np.random.Generator) -> Image:
    return disturbed(picture, Knobs(motion=level))


def _compression(picture: Image, level: float, _rng: np.random.Generator) -> Image:
    from io import BytesIO

    from PIL import Image as Pictures

    grey = np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8)
    file = BytesIO()
    Pictures.fromarray(grey).save(file, format="JPEG", quality=int(level))
    file.seek(0)
    return np.asarray(Pictures.open(file), dtype=np.float32) / np.float32(255)


def _rotation(picture: Image, level: float, rng: np.random.Generator) -> Image:
    from scipy import ndimage

    angle = _side(rng) * level
    found: Image = ndimage.rotate(picture, angle, reshape=False, order=1, mode="nearest")
    return found


def _side(rng: np.random.Generator) -> int:
    return 1 if rng.random() < 0.5 else -1


DEGRADATIONS: Mapping[str, Degradation] = MappingProxyType({
    "noise": Degradation((0.02, 0.05, 0.10), "standard deviation, share of full scale", _noise),
    "blur": Degradation((1.0, 2.0, 4.0), "standard deviation, pixels of 160", _blur),
    "gain": Degradation((1.1, 1.3, 1.6), "times the grey value", _gain),
    "motion": Degradation((3.0, 6.0, 12.0), "length of the smear, pixels of 160", _motion),
    "compression": Degradation((60.0, 25.0, 8.0), "quality of a JPEG", _compression),
    "rotation": Degradation((5.0, 10.0, 20.0), "degrees, to either side", _rotation),
})  # fmt: skip
"""What a validation tries, each at three levels."""
