"""One radiograph as a second take of the same patient minutes later might have come out.

What differs between two takes with nothing changed: the patient stands a little turned and moved,
the exposure is a little other, the noise is new. Breathing, positioning anew and another scanner
are not in it, so a repeatability from such retakes is a lower bound of the true one.
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
