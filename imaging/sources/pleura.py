"""Air where none belongs: a pneumothorax, the lung fallen together towards its hilum."""

from typing import Final

import numpy as np

from imaging.sources.cases import Case
from imaging.sources.phantom import Chest, Image, grid

_HILUM: Final = (0.20, 0.16)  # below the true one: the gap is widest at the apex, as standing
# How far the lung has fallen together, from an obvious to a barely visible pneumothorax.
OBVIOUS: Final = 0.55
BARELY: Final = 0.18


def pneumothorax(case: Case, chest: Chest, rng: np.random.Generator) -> Image:
    """Attenuation that changes: no vessels and less density in the gap, a thin pleural line beside
    it, and a denser lung. On one side, chosen at random.
    """
    from scipy import ndimage

    gu, _ = grid(chest.lungs.shape[0])
    side = 1 if rng.random() < 0.5 else -1
    fallen = float(OBVIOUS * (BARELY / OBVIOUS) ** case.subtlety)
    half = chest.lungs * (np.sign(gu) == side)
    lung = _shrunk(half, side, 1 - fallen)
    gap = np.maximum(half - lung, 0)
    plain = ndimage.gaussian_filter(chest.attenuation, 4 * chest.lungs.shape[0] / 160)
    lost = np.float32(0.16) + np.float32(0.75) * (chest.attenuation - plain)
    edge = ndimage.gaussian_gradient_magnitude(lung, 0.7 * chest.lungs.shape[0] / 160)
    line = np.float32(0.16) * edge / max(float(edge.max()), 1e-6) * half
    whole: Image = np.float32(0.5 * fallen) * lung - lost * gap + line
    return whole.astype(np.float32)


def _shrunk(half: Image, side: int, share: float) -> Image:
    from scipy import ndimage

    pixels = half.shape[0]
    hilum = np.array([(_HILUM[1] + 1) / 2, (side * _HILUM[0] + 1) / 2]) * pixels - 0.5
    found: Image = ndimage.affine_transform(
        half, np.full(2, 1 / share), offset=hilum * (1 - 1 / share), order=1
    )
    return found * half
