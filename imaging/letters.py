"""Letters burned into pixels: found by a text detector, told from markers by reading, masked.

The detector and the reader are PP-OCRv4 (rapidocr, models in its wheel, nothing is fetched). What
is read is compared and forgotten: no text of a picture is logged, recorded or raised. A box whose
every word describes the examination (L, R, AP, ERECT) is a radiographer's marker and stays; any
other text of two letters or digits is masked, and so is what the detector is sure of and the reader
is not.
"""

from collections.abc import Collection
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from imaging.deidentification_run import Region
from imaging.descriptors import DESCRIBING

LONGEST_SIDE: Final = 1280
"""Pixels of the longer side at which a picture is looked through; a larger one is made smaller.

Letters lower than about 10 pixels after that are missed more often: `tests/proof/test_letters.py`
measures it."""

READABLE: Final = 0.5
"""The reader's confidence from which what it read counts."""

_Array = npt.NDArray[Any]
_MARGIN: Final = 0.25  # of a line's height: accents and descenders stand out of the detector's box
_LEAST: Final = 32


def find_letters(picture: _Array, *, names: Collection[str] = ()) -> tuple[Region, ...]:
    """The rectangles of a picture that hold text other than markers.

    picture: (rows, columns) or (rows, columns, 3), any integer or float type, one frame.
    names: words in capitals that are text to be masked although they describe an examination.
    """
    found: dict[Region, None] = {}
    for shown in _shown(picture):
        found.update(dict.fromkeys(_regions(shown, frozenset(names))))
    return merged(found)


def read_lines(picture: _Array) -> tuple[str, ...]:
    """The lines of text in a picture, from top to bottom, those that the reader is sure of.

    Only for results of other makers' products, which are interpreted at once and not kept
    (:mod:`imaging.external.capture`). picture: (rows, columns) or (rows, columns, 3).
    """
    for shown in _shown(picture)[:1]:
        found = sorted(
            (row, column, words)
            for (row, column, _, _), words, confidence in _read(shown) if confidence >= READABLE
        )
        return tuple(words for _, _, words in found)
    return ()


def merged(regions: Collection[Region]) -> tuple[Region, ...]:
    """The rectangles with those that overlap joined to one around them, in reading order.

    >>> merged([(0, 0, 4, 4), (2, 2, 4, 4), (9, 9, 1, 1)])
    ((0, 0, 6, 6), (9, 9, 1, 1))
    """
    joined: list[Region] = []
    waiting = sorted(set(regions))
    while waiting:
        one = waiting.pop()
        over = next((other for other in joined if _overlap(one, other)), None)
        if over is None:
            joined.append(one)
            continue
        joined.remove(over)
        top, left = min(one[0], over[0]), min(one[1], over[1])
        bottom = max(one[0] + one[2], over[0] + over[2])
        right = max(one[1] + one[3], over[1] + over[3])
        waiting.append((top, left, bottom - top, right - left))
    return tuple(sorted(joined))


def _overlap(one: Region, other: Region) -> bool:
    return all(
        one[axis] < other[axis] + other[axis + 2] and other[axis] < one[axis] + one[axis + 2]
        for axis in (0, 1)
    )


def mask(frames: _Array, regions: Collection[Region], value: int) -> _Array:
    """The same pixels with the rectangles filled with one value, in every frame and channel.

    frames: (frames, rows, columns) or (frames, rows, columns, channels).
    """
    masked = frames.copy()
    for row, column, rows, columns in regions:
        masked[:, row : row + rows, column : column + columns] = value
    return masked


def _shown(picture: _Array) -> list[_Array]:
    """The picture in 8 bits as a person would see it: the whole range, and the middle of it.

    A burned-in letter is often the brightest or darkest value of all and far from the anatomy; with
    the whole range shown it stands out, and in the middle a faint one does.
    """
    grey = picture.astype(np.float32)
    if grey.ndim == 3:
        grey = grey.mean(axis=2)
    low, high = float(grey.min()), float(grey.max())
    if high <= low:
        return []
    inner_low, inner_high = (float(one) for one in np.percentile(grey, (1.0, 99.0)))
    ranges = [(low, high)]
    if inner_high > inner_low and (inner_high - inner_low) < 0.7 * (high - low):
        ranges.append((inner_low, inner_high))
    return [
        np.clip((grey - start) * (255.0 / (end - start)), 0, 255).astype(np.uint8)
        for start, end in ranges
    ]


def _regions(shown: _Array, names: frozenset[str]) -> list[Region]:
    return [
        around for around, words, confidence in _read(shown)
        if _is_text(words, confidence, names)
    ]


def _read(shown: _Array) -> list[tuple[Region, str, float]]:
    """Each box with text: the rectangle around it, what is read in it, and how surely."""
    import cv2

    rows, columns = shown.shape
    scale = min(1.0, LONGEST_SIDE / max(rows, columns))
    size = (max(_LEAST, round(columns * scale)), max(_LEAST, round(rows * scale)))
    small = cv2.resize(shown, size, interpolation=cv2.INTER_AREA) if scale < 1 else shown
    colour = cv2.cvtColor(small, cv2.COLOR_GRAY2BGR)
    boxes, _ = _detector()(colour)
    if boxes is None or len(boxes) == 0:
        return []
    factors = np.array([columns / small.shape[1], rows / small.shape[0]])
    corners = [np.asarray(box, dtype=np.float64) * factors for box in boxes]
    crops = [_crop(shown, box) for box in corners]
    readable = [(box, crop) for box, crop in zip(corners, crops, strict=True) if crop.size]
    if not readable:
        return []
    read, _ = _reader()([cv2.cvtColor(crop, cv2.COLOR_GRAY2BGR) for _, crop in readable])
    return [
        (_around(box, rows, columns), str(words), float(confidence))
        for (box, _), (words, confidence) in zip(readable, read, strict=True)
    ]


def _is_text(words: str, confidence: float, names: frozenset[str]) -> bool:
    found = "".join(one if one.isalnum() else " " for one in words.upper()).split()
    if confidence < READABLE or sum(map(len, found)) < 2:
        return False
    return any(word in names or word not in DESCRIBING for word in found)


def _crop(shown: _Array, box: npt.NDArray[np.float64]) -> _Array:
    row, column, rows, columns = _around(box, *shown.shape, margin=0.0)
    part = shown[row : row + rows, column : column + columns]
    return np.rot90(part) if rows >= 1.5 * columns else part


def _around(
    box: npt.NDArray[np.float64], rows: int, columns: int, *, margin: float = _MARGIN
) -> Region:
    left, top = box.min(axis=0)
    right, bottom = box.max(axis=0)
    more = margin * min(right - left, bottom - top)
    first_row, first_column = max(0, int(top - more)), max(0, int(left - more))
    last_row, last_column = min(rows, int(bottom + more) + 1), min(columns, int(right + more) + 1)
    return first_row, first_column, last_row - first_row, last_column - first_column


@cache
def _settings() -> dict[str, Any]:
    from pathlib import Path

    import rapidocr_onnxruntime
    from rapidocr_onnxruntime.utils import read_yaml, update_model_path

    settings: dict[str, Any] = update_model_path(
        read_yaml(Path(rapidocr_onnxruntime.__file__).parent / "config.yaml")
    )
    for part in ("Det", "Rec"):
        settings[part] |= {"intra_op_num_threads": 1, "inter_op_num_threads": 1}
    settings["Det"] |= {"limit_type": "max", "limit_side_len": LONGEST_SIDE}
    return settings


@cache
def _detector() -> Any:
    from rapidocr_onnxruntime.ch_ppocr_det import TextDetector

    return TextDetector(_settings()["Det"])


@cache
def _reader() -> Any:
    from rapidocr_onnxruntime.ch_ppocr_rec import TextRecognizer

    return TextRecognizer(_settings()["Rec"])
