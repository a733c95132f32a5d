"""What a model that marks lesions says of pictures: boxes with scores, on the picture's grid."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.box_grid import STRIDE, box_at, on_picture
from models.engine import BATCH
from models.preparation import place_of
from models.preprocessing import Pictures
from models.tasks import Calibration, DetectionTask
from models.tasks.detection import probability

if TYPE_CHECKING:
    from models.predict import Predictor
    from models.prediction_facts import Outputs

Numbers = NDArray[np.float64]
TASK = DetectionTask()
MOST = 12
"""Marks of a picture that are kept: eight false ones, up to which curves are drawn, and lesions."""
_SAME = 0.2  # two boxes that share more than this of their union are of one lesion


@dataclass(frozen=True, slots=True, eq=False)
class Peaks:
    """The candidates of one picture, best first: raw scores (marks,), boxes (marks, 4) as x, y,
    width and height in the picture."""

    logit: Numbers
    boxes: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Marked:
    """The marks of one picture as its prediction holds them, and what goes with them."""

    marks: list[dict[str, Any]]
    score: float
    decision: bool
    out_of_distribution: float
    spread: dict[str, float]
    """The uncertainty by its name, of an ensemble."""
    embedding: tuple[float, ...] = ()

    @property
    def outputs(self) -> dict[str, Any]:
        """The further fields of the task."""
        count = sum(one["shown"] for one in self.marks)
        return {"marked": count, "marks": self.marks, **self.spread}


def peaks(maps: Numbers, shape: tuple[int, ...]) -> Peaks:
    """Where the first map has a summit, less the boxes that overlap a better one.

    maps: (5, cells, cells), raw; shape: rows and columns of the picture. A summit is a cell that
    none of its eight neighbours exceeds; beside the picture there are none.
    """
    size = maps.shape[-1] * STRIDE
    heights = np.full(maps[0].shape, -np.inf)
    inside = _cells(place_of(shape, size))
    heights[inside] = maps[0][inside]
    rows, columns = np.nonzero(_summits(heights))
    order = np.lexsort((columns, rows, -heights[rows, columns]))
    chosen: list[Numbers] = []
    logit: list[float] = []
    for at in order:
        row, column = int(rows[at]), int(columns[at])
        (box,) = on_picture(box_at(maps, row, column, size)[None], shape, size)
        if box[2] <= 0 or box[3] <= 0 or any(_overlap(box, one) > _SAME for one in chosen):
            continue
        chosen.append(box)
        logit.append(float(heights[row, column]))
        if len(chosen) == MOST:
            break
    return Peaks(np.array(logit), np.array(chosen).reshape(-1, 4))


def _cells(place: tuple[slice, slice]) -> tuple[slice, slice]:
    """The cells whose middle lies in the picture; the last one is never lost to rounding."""
    down, across = (
        slice(one.start // STRIDE, max(one.start // STRIDE + 1, -(-one.stop // STRIDE)))
        for one in place
    )
    return down, across


def _summits(heights: Numbers) -> NDArray[np.bool_]:
    around = np.pad(heights, 1, constant_values=-np.inf)
    rows, columns = heights.shape
    highest = np.max(
        [around[down : down + rows, across : across + columns]
         for down in range(3) for across in range(3)], axis=0,
    )  # fmt: skip
    return np.asarray((heights == highest) & np.isfinite(heights))


def _overlap(one: Numbers, other: Numbers) -> float:
    """Intersection over union of two boxes."""
    low = np.maximum(one[:2], other[:2])
    high = np.minimum(one[:2] + one[2:], other[:2] + other[2:])
    both = float(np.clip(high - low, 0, None).prod())
    return both / (float(one[2:].prod() + other[2:].prod()) - both)


def scored(found: Peaks, calibration: Calibration) -> list[dict[str, Any]]:
    """The candidates as marks: sides in hundredths of a pixel, probability, and whether shown."""
    scores = probability(found.logit, calibration)
    return [
        {
            **dict(zip(("x", "y", "width", "height"), np.round(box, 2).tolist(), strict=True)),
            "score": float(score), "shown": bool(score >= calibration.operating_point),
        }
        for box, score in zip(found.boxes, scores, strict=True)
        if min(np.round(box[2:], 2)) > 0
    ]


def marked(
    predictor: "Predictor", pictures: Pictures, shapes: Sequence[tuple[int, ...]]
) -> Iterator[Marked]:
    """The marks in each prepared picture, in order; some pictures at a time.

    pictures: prepared, (pictures, size, size). shapes: rows and columns of what they were made of.
    A picture has one mark at least: of a flat map the likeliest place, with its low score.
    """
    for start in range(0, len(pictures), BATCH):
        found = predictor.outputs(pictures[start : start + BATCH])
        yield from marks_of(predictor, found, shapes[start : start + BATCH])


def marks_of(
    predictor: "Predictor", found: "Outputs", shapes: Sequence[tuple[int, ...]]
) -> Iterator[Marked]:
    """The same of what the model has said of the pictures already."""
    for maps, shape, strange, spread, place in zip(
        found.logit, shapes, found.out_of_distribution, found.spread, found.places, strict=True
    ):
        marks = scored(peaks(maps, shape), predictor.calibration)
        score = max((one["score"] for one in marks), default=0.0)
        shown = any(one["shown"] for one in marks)
        yield Marked(marks, score, shown, float(strange), spread, place)
