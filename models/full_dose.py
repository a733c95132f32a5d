"""How close a picture comes to that at full dose, and what a fixed reader makes of it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from imaging.boxes import Box
from measures.enhancement import contrast_to_noise, peak_signal_to_noise, structural_similarity
from models.spot_finder import SIZES, differing, reading, spots

_RING: Final = 4  # pixels around a lesion's box, of a picture of 160, that are its background
Grey = NDArray[Any]


def compared(
    full: Grey, low: Grey, picture: Grey, lesions: Sequence[Box], threshold: float
) -> dict[str, Any]:
    """One study's pictures beside the one at full dose: what the task's columns name.

    full, low, picture: (rows, columns) from 0 to 1, at full dose, as it came, and enhanced.
    lesions: boxes on the same grid; a lesion is the ellipse in its box, its background the ring of
    4 pixels (of 160) around the box, other lesions left out. threshold: of the fixed reader.
    Values that a study does not have are None.
    """
    inside = _ellipses(full.shape, lesions)
    anywhere = np.any([np.zeros(full.shape, dtype=bool), *inside], axis=0)
    seen = {"full_dose": full, "input": low, "enhanced": picture}
    found: dict[str, Any] = {}
    for of in ("input", "enhanced"):
        one, squared = seen[of], (np.asarray(seen[of], dtype=np.float64) - full) ** 2
        found |= {
            f"psnr_{of}": peak_signal_to_noise(full, one, data_range=1.0),
            f"ssim_{of}": structural_similarity(full, one, data_range=1.0),
            f"rmse_lesion_{of}": _root(squared[anywhere]),
            f"rmse_background_{of}": _root(squared[~anywhere]),
        }
    for of, one in seen.items():
        each = [
            contrast_to_noise(one, lesion, _ring(full.shape, box) & ~anywhere)
            for lesion, box in zip(inside, lesions, strict=True)
        ]
        known = [value for value in each if value is not None]
        found[f"cnr_{of}"] = float(np.mean(known)) if known else None
        found[f"read_{of}"] = int(reading(one) >= threshold)
    return found | _spots(seen, threshold)


def _spots(seen: Mapping[str, Grey], threshold: float) -> dict[str, int]:
    said = {of: spots(one, threshold) for of, one in seen.items()}
    found: dict[str, int] = {}
    for of in ("input", "enhanced"):
        apart = differing(said["full_dose"], said[of], seen[of].shape)
        for what, counts in (("hallucinated", apart.hallucinated), ("erased", apart.erased)):
            found |= {f"{what}_{size}_{of}": n for size, n in zip(SIZES, counts, strict=True)}
    return found


def _ellipses(shape: tuple[int, ...], lesions: Sequence[Box]) -> list[NDArray[np.bool_]]:
    rows, columns = (np.arange(side) + 0.5 for side in shape)
    return [
        np.asarray(
            ((rows[:, None] - box.y - box.height / 2) / (box.height / 2)) ** 2
            + ((columns[None, :] - box.x - box.width / 2) / (box.width / 2)) ** 2 <= 1
        )
        for box in lesions
    ]


def _ring(shape: tuple[int, ...], box: Box) -> NDArray[np.bool_]:
    wide = max(1, round(_RING * min(shape) / 160))
    ring = np.zeros(shape, dtype=bool)
    top, left = max(0, int(box.y) - wide), max(0, int(box.x) - wide)
    bottom, right = int(np.ceil(box.y + box.height)), int(np.ceil(box.x + box.width))
    ring[top : bottom + wide, left : right + wide] = True
    ring[int(box.y) : bottom, int(box.x) : right] = False
    return ring


def _root(squared: NDArray[np.float64]) -> float | None:
    return float(np.sqrt(squared.mean())) if squared.size else None
