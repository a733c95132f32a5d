"""A small picture of a kept image for people to look at: as displayed, with what was outlined.

Only for pages and reports: nothing is measured on it.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from imaging.boxes import BoxedPicture
from imaging.deidentification_run import Region, Verdict
from imaging.masked_parts import Mask, region_in

if TYPE_CHECKING:
    from imaging.frame_facts import Window
    from imaging.frames import Frames

SIDE: Final = 240
"""Pixels of the longer side."""
TRUE_COLOUR, DEVICE_COLOUR = (86, 180, 233), (230, 159, 0)
"""Blue and orange that differ with every colour-vision deficiency (Okabe and Ito)."""
_DASH: Final = 6


@dataclass(frozen=True, slots=True)
class View:
    """How somebody looks at an image, against the window that its file proposes.

    level: how far the middle of the window is moved, in parts of its width. width: times the
    proposed width, above 0. zoom: times, about the middle of the image, at least 1.
    """

    level: float = 0.0
    width: float = 1.0
    zoom: float = 1.0


AS_PROPOSED: Final = View()


@dataclass(frozen=True, slots=True)
class ShownRange:
    """Which values a picture holds, and the window in which its file proposes to show it.

    low, high: the smallest and largest value, padding left out, in the units of the frame.
    """

    low: float
    high: float
    center: float
    width: float

    def view(self, center: float, width: float) -> View:
        """How somebody looks who chose this window, in the units of the frame.

        >>> ShownRange(0, 4095, 2000.0, 400.0).view(2100.0, 200.0)
        View(level=0.25, width=0.5, zoom=1.0)
        """
        return View((center - self.center) / self.width, width / self.width)


def shown_range(content: bytes) -> ShownRange | None:
    """The values of the frame that :func:`shown_frame` shows; the whole range where the file
    proposes no window. None for a picture in colour, and for one of a single value, which no window
    changes.

    Raises PixelsRefused where it cannot be read.
    """
    from imaging.frames import GREY, read_frames
    from imaging.pixels import parse_file

    frames = read_frames(parse_file(content))
    if frames.layout.photometric not in GREY:
        return None
    middle = len(frames) // 2
    low, high = _extremes(frames, middle)
    if low == high:
        return None
    proposed = _proposed(frames, middle)
    return ShownRange(low, high, proposed.center, proposed.width)


def shown_frame(content: bytes, view: View = AS_PROPOSED) -> NDArray[np.uint8]:
    """The image of a DICOM file in the window that it proposes, as the view moves it, the middle
    one of several frames; uint8, shape (rows, columns), less where the view is nearer.

    Raises PixelsRefused where it cannot be shown.
    """
    from imaging.frames import read_frames
    from imaging.pixels import parse_file
    from imaging.rendering import rendered

    frames = read_frames(parse_file(content))
    middle = len(frames) // 2
    moved = (view.level, view.width) != (0.0, 1.0)
    picture = rendered(frames, middle, window=_moved(frames, middle, view) if moved else 0)
    grey = picture.mean(axis=2) if picture.ndim == 3 else picture
    return _nearer(np.rint(255 * np.clip(grey, 0, 1)).astype(np.uint8), view.zoom)


def _moved(frames: "Frames", index: int, view: View) -> "Window":
    """The proposed window, moved and widened; its function stays."""
    from imaging.frame_facts import Window

    one = _proposed(frames, index)
    return Window(
        one.center + view.level * one.width, max(1.0, view.width * one.width), one.function
    )


def _proposed(frames: "Frames", index: int) -> "Window":
    """The first window that the file proposes, else the range of its values."""
    from imaging.frame_facts import Window

    if windows := frames.facts(index).windows:
        return windows[0]
    low, high = _extremes(frames, index)
    return Window((low + high) / 2, max(high - low, 1.0), "LINEAR_EXACT")


def _extremes(frames: "Frames", index: int) -> tuple[float, float]:
    """The smallest and largest value of a frame without its padding; 0 and 0 where all is."""
    stored = frames.stored(index)
    values = frames.modality_values(stored, index)[~frames.padding(stored)]
    return (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)


def _nearer(grey: NDArray[np.uint8], zoom: float) -> NDArray[np.uint8]:
    """The middle of a picture, so many times nearer."""
    if zoom <= 1:
        return grey
    rows, columns = (max(1, round(side / zoom)) for side in grey.shape)
    top, left = (grey.shape[0] - rows) // 2, (grey.shape[1] - columns) // 2
    return grey[top : top + rows, left : left + columns]


def letters_in(content: bytes) -> tuple[Region, ...]:
    """Where letters other than markers are burned into the image of a DICOM file, as displayed."""
    from imaging.letters import find_letters

    return find_letters(shown_frame(content))


def may_be_shown(deidentification: Mapping[str, Any]) -> bool:
    """Whether an image may stand in a report, by the record of its de-identification: not where
    the file declares letters in its pixels and none were found to mask."""
    return str(deidentification.get("verdict", "")) in (Verdict.CLEAN, Verdict.LETTERS_MASKED)


def outlined(mask: Mask) -> dict[str, Any]:
    """An outline in few numbers, on a grid of at most SIDE: of each row first and behind last pixel
    of every run inside.

    >>> outlined(np.array([[False, True, True], [False, False, False]]))
    {'rows': 2, 'columns': 3, 'runs': [[0, 1, 3]]}
    """
    small = _at_most(mask.astype(np.uint8), SIDE) > 0
    runs = []
    for number, row in enumerate(small):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(np.int8), [0]])))
        runs += [[number, int(a), int(b)] for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return {"rows": int(small.shape[0]), "columns": int(small.shape[1]), "runs": runs}


def mask_of_runs(found: Mapping[str, Any]) -> Mask:
    """The outline that :func:`outlined` wrote, on its own grid."""
    mask = np.zeros((found["rows"], found["columns"]), dtype=bool)
    for row, first, behind in found["runs"]:
        mask[row, first:behind] = True
    return mask


def small_view(
    content: bytes,
    *,
    letters: Sequence[Sequence[int]] = (),
    true_region: bytes = b"",
    device: Mapping[str, Any] | None = None,
) -> bytes:
    """The picture as PNG of at most SIDE pixels: letters blackened, the true region in solid blue,
    the device's in dashed orange. The same input gives the same bytes.

    content: a DICOM file. letters: rectangles as :func:`letters_in` finds them. true_region: as the
    vault keeps it. device: ``runs`` of an outline, or ``boxes``. Raises PixelsRefused.
    """
    from PIL import Image

    grey = shown_frame(content)
    for row, column, rows, columns in letters:
        grey[row : row + rows, column : column + columns] = 0
    size = grey.shape
    small = _at_most(grey, SIDE)
    picture = np.repeat(small[..., None], 3, axis=2)
    if true_region:
        region = region_in(true_region)
        if isinstance(region, BoxedPicture):
            _boxes(picture, [one._asdict() for one in region.boxes], size, TRUE_COLOUR, dash=0)
        else:
            _outline(picture, region, TRUE_COLOUR, dash=0)
    if device and device.get("runs"):
        _outline(picture, mask_of_runs(device), DEVICE_COLOUR, dash=_DASH)
    if device and device.get("boxes"):
        _boxes(picture, device["boxes"], size, DEVICE_COLOUR, dash=_DASH)
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, format="PNG", optimize=False)
    return stream.getvalue()


def _at_most(array: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The array brought to at most so many pixels a side; never enlarged."""
    from PIL import Image

    rows, columns = array.shape
    share = min(1.0, side / max(rows, columns))
    if share == 1.0:
        return array
    size = max(1, round(columns * share)), max(1, round(rows * share))
    binary = array.max(initial=0) <= 1
    how = Image.Resampling.NEAREST if binary else Image.Resampling.BOX
    return np.asarray(Image.fromarray(array).resize(size, how))


def _outline(
    picture: NDArray[np.uint8], mask: Mask, colour: tuple[int, int, int], *, dash: int
) -> None:
    """Colour the pixels of the mask that have a neighbour outside."""
    from PIL import Image

    rows, columns = picture.shape[:2]
    fitted = np.asarray(
        Image.fromarray(mask.astype(np.uint8)).resize((columns, rows), Image.Resampling.NEAREST)
    ) > 0  # fmt: skip
    padded = np.pad(fitted, 1)
    inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    _paint(picture, fitted & ~inner, colour, dash=dash)


def _boxes(
    picture: NDArray[np.uint8], boxes: Sequence[Mapping[str, float]], size: tuple[int, ...],
    colour: tuple[int, int, int], *, dash: int,
) -> None:  # fmt: skip
    rows, columns = picture.shape[:2]
    down, right = rows / size[0], columns / size[1]
    for box in boxes:
        top, bottom = (
            int(np.clip(round(at * down), 0, rows - 1))
            for at in (box["y"], box["y"] + box["height"])
        )
        left, end = (
            int(np.clip(round(at * right), 0, columns - 1))
            for at in (box["x"], box["x"] + box["width"])
        )
        edge = np.zeros((rows, columns), dtype=bool)
        edge[[top, bottom], left : end + 1] = True
        edge[top : bottom + 1, [left, end]] = True
        _paint(picture, edge, colour, dash=dash)


def _paint(
    picture: NDArray[np.uint8], edge: Mask, colour: tuple[int, int, int], *, dash: int
) -> None:
    if dash:
        rows, columns = np.indices(edge.shape)
        edge = edge & ((rows + columns) // dash % 2 == 0)
    picture[edge] = colour
