"""One image as a second take of the same patient minutes later might have come out.

Of a radiograph, what differs between two takes with nothing changed: the patient stands a little
turned and moved, the exposure is a little other, the noise is new. Breathing, positioning anew
and another scanner are not in it: a repeatability from such retakes is a lower bound of the true
one.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from imaging.degradations import Image, degraded

TURN: Final = 2.0
"""Largest turn, degrees."""
MOVE: Final = 0.02
"""Largest shift, share of the longer side."""
EXPOSURE: Final = 0.08
"""Largest change of the grey values, share."""
NOISE: Final = 0.01
"""Standard deviation of the new noise, share of full scale."""
VOLUME_NOISE: Final = 15.0
"""Standard deviation of the new noise of a CT volume, Hounsfield units."""
IN_WORDS: Final = (
    f"turned by up to {TURN:g} degrees, moved by up to {100 * MOVE:g} % of the side, grey values "
    f"times {1 - EXPOSURE:g} to {1 + EXPOSURE:g}, noise of {NOISE:g} of full scale added"
)


def retaken(array: NDArray[Any], *, seed: int) -> Image:
    """The picture taken once more; the same seed gives the same picture.

    array: shape (rows, columns), values 0 to 1. The border is repeated where it moved in.

    >>> again = retaken(np.tile(np.linspace(0, 1, 32), (32, 1)), seed=3)
    >>> again.shape, bool(0 < np.abs(again - np.linspace(0, 1, 32)).mean() < 0.1)
    ((32, 32), True)
    """
    from scipy import ndimage

    rng = np.random.default_rng([seed, 2])
    picture = np.asarray(array, dtype=np.float32)
    angle = np.deg2rad(rng.uniform(-TURN, TURN))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = (np.array(picture.shape) - 1) / 2
    move = rng.uniform(-MOVE, MOVE, 2) * max(picture.shape)
    moved = ndimage.affine_transform(
        picture, turn, offset=middle - turn @ (middle + move), order=1, mode="nearest"
    )
    exposed = np.clip(moved * np.float32(rng.uniform(1 - EXPOSURE, 1 + EXPOSURE)), 0.0, 1.0)
    return degraded(exposed, "noise", NOISE, seed=seed)


def retaken_volume(array: NDArray[Any], *, seed: int) -> Image:
    """A CT volume scanned once more: the same body on another grid of slices, with new noise.

    Moved by up to half a slice along the table and half a pixel across and down, read by linear
    interpolation, :data:`VOLUME_NOISE` added. What was interpolated is smoother than a scan, and
    the noise of the first scan stays in it. Breath-hold, positioning and another scanner are not in
    it: a repeatability from such retakes is a lower bound of the true one.

    array: Hounsfield units, shape (slices, rows, columns). The same seed gives the same volume.

    >>> again = retaken_volume(np.zeros((4, 8, 8)), seed=3)
    >>> again.shape, bool(10 < again.std() < 20)
    ((4, 8, 8), True)
    """
    from scipy import ndimage

    rng = np.random.default_rng([seed, 3])
    moved = ndimage.shift(
        np.asarray(array, dtype=np.float32), rng.uniform(-0.5, 0.5, 3), order=1, mode="nearest"
    )
    noise = rng.standard_normal(moved.shape, dtype=np.float32)
    whole: Image = moved + np.float32(VOLUME_NOISE) * noise
    return whole
