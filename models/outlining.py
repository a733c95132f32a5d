"""What a model that outlines says of pictures: a mask each, on the picture's own grid."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.engine import BATCH
from models.mask_grid import Mask, on_picture_grid
from models.preprocessing import Pictures
from models.tasks import SegmentationTask

if TYPE_CHECKING:
    from models.predict import Predictor
    from models.prediction_facts import Outputs

TASK = SegmentationTask()


@dataclass(frozen=True, slots=True, eq=False)
class Outlined:
    """One picture's outline, (rows, columns) as the picture, and what goes with it."""

    mask: Mask
    score: float
    decision: bool
    out_of_distribution: float
    spread: dict[str, float]
    """The uncertainty by its name, of an ensemble."""
    embedding: tuple[float, ...] = ()


def outlined(
    predictor: "Predictor",
    pictures: Pictures,
    shapes: Sequence[tuple[int, ...]],
) -> Iterator[Outlined]:
    """The outline in each prepared picture, in order; some pictures at a time.

    pictures: prepared, (pictures, size, size). shapes: rows and columns of what they were made
    of.
    """
    for start in range(0, len(pictures), BATCH):
        found = predictor.outputs(pictures[start : start + BATCH])
        yield from outlines_of(predictor, found, shapes[start : start + BATCH])


def outlines_of(
    predictor: "Predictor", found: "Outputs", shapes: Sequence[tuple[int, ...]]
) -> Iterator[Outlined]:
    """The same of what the model has said of the pictures already."""
    for logit, shape, strange, spread, place in zip(
        found.logit, shapes, found.out_of_distribution, found.spread, found.places, strict=True
    ):
        whole = on_picture_grid(logit, shape)
        decoded = TASK.decode([whole], predictor.calibration)
        yield Outlined(
            TASK.outline(whole, predictor.calibration), float(decoded.score[0]),
            bool(decoded.decision[0]), float(strange), spread, place,
        )
