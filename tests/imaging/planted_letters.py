"""Pictures with letters planted in them: what kind of letters, where, and whether they are gone."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_PLAIN, cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX,
)  # fmt: skip
SIZES = (512, 768, 1024, 1536, 2048)
HEIGHTS = (14, 20, 28, 40)
CONTRASTS = (1.0, 0.6, 0.35)
BITS = (8, 12, 16)
CORNERS = ("top left", "top right", "bottom left", "bottom right", "middle")
NAMES = ("KOWALSKI^JAN", "MUELLER ANNA", "DOB 12.05.1961", "MRN 4471982", "Zwetschkenbaum O.",
         "ID: QX-4471-Z", "Smith, John A", "St. Marys Hospital")  # fmt: skip


@dataclass(frozen=True)
class Plant:
    """Letters as they are planted: font, height in pixels, contrast of the full range, place."""

    words: str
    font: int
    height: int
    contrast: float
    corner: str
    bits: int
    side: int
    inverted: bool


def drawn(seed: int, *, faint: bool = False) -> Plant:
    """One kind of letters by chance, the same for the same seed; faint: small and hardly seen."""
    chance = np.random.default_rng(seed)
    heights, contrasts = ((9, 11), (0.25, 0.15)) if faint else (HEIGHTS, CONTRASTS)
    return Plant(
        str(chance.choice(NAMES)), int(chance.choice(FONTS)), int(chance.choice(heights)),
        float(chance.choice(contrasts)), str(chance.choice(CORNERS)), int(chance.choice(BITS)),
        int(chance.choice(SIZES)), bool(chance.integers(2)),
    )  # fmt: skip


def anatomy(side: int, seed: int) -> npt.NDArray[np.float32]:
    """A picture like a radiograph: soft shapes, ribs and noise, between 0 and about 0.6."""
    chance = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32) / side
    body = np.exp(-(((columns - 0.5) / 0.32) ** 4)) * 0.35
    lungs = sum(
        np.exp(-(((columns - x) / 0.11) ** 2 + ((rows - 0.45) / 0.22) ** 2)) for x in (0.33, 0.67)
    )
    ribs = 0.06 * np.sin(rows * 55 + np.abs(columns - 0.5) * 9) * body
    noise = chance.normal(0, 0.012, (side, side))
    picture = body + ribs - 0.2 * lungs + noise + 0.1
    return np.clip(picture, 0, 0.65).astype(np.float32)


def planted(plant: Plant, seed: int) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """The picture with the letters, and which pixels the letters are."""
    picture = anatomy(plant.side, seed)
    thick = max(1, plant.height // 12)
    scale = cv2.getFontScaleFromHeight(plant.font, plant.height, thick)
    (width, height), _ = cv2.getTextSize(plant.words, plant.font, scale, thick)
    edge = plant.side // 40
    left = edge if "left" in plant.corner else max(edge, plant.side - width - edge)
    base = edge + height if "top" in plant.corner else plant.side - edge - height // 3
    if plant.corner == "middle":
        left, base = (plant.side - width) // 2, plant.side // 2
    letters = np.zeros(picture.shape, np.uint8)
    cv2.putText(letters, plant.words, (left, base), plant.font, scale, 255, thick, cv2.LINE_AA)
    share = letters.astype(np.float32) / 255 * plant.contrast
    picture = picture * (1 - share) + share
    if plant.inverted:
        picture = 1 - picture
    top = (1 << plant.bits) - 1
    kind = np.uint8 if plant.bits == 8 else np.uint16
    return np.round(np.clip(picture, 0, 1) * top).astype(kind), letters > 127


def left_over(seen: npt.NDArray[np.bool_], regions: Any) -> float:
    """The share of the letters' pixels that no region covers."""
    covered = np.zeros(seen.shape, bool)
    for row, column, rows, columns in regions:
        covered[row : row + rows, column : column + columns] = True
    return float((seen & ~covered).sum() / max(1, seen.sum()))
