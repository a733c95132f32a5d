"""What a model that outlines lesions says of volumes: each slice beside its neighbours, then whole.

A lesion is what hangs together in the volume, so the slices are put together before anything is
counted. One study is in memory at a time: its voxels as they came, a small picture and a map of raw
outputs a slice, and the outlines, two bytes a voxel.
"""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from measures.lesion_sizes import numbered_lesions
from models.engine import BATCH
from models.mask_grid import on_picture_grid
from models.networks import UNCERTAINTY
from models.preprocessing import Preprocessing
from models.tasks import LesionSegmentationTask
from models.tasks.lesion_segmentation import LEAST_ML, VolumeSpacing

if TYPE_CHECKING:
    from models.predict import Predictor
    from models.prediction_facts import PredictionFacts

TASK = LesionSegmentationTask()
FEATURE_STEP = 4
"""A study's features are the mean over every fourth slice, in training as in use."""

Slices = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class PreparedVolume:
    """A volume as the network reads it. pictures: (slices, side, side); shape: slices, rows and
    columns of the images; spacing: mm between slices, rows and columns; seconds: it took."""

    pictures: Slices
    shape: tuple[int, int, int]
    spacing: VolumeSpacing
    seconds: float


def prepared_volume(
    preprocessing: Preprocessing, array: NDArray[np.float32], spacing: VolumeSpacing
) -> PreparedVolume:
    """A volume in Hounsfield units, (slices, rows, columns), as the network reads it.

    Raises ValueError for values that are not finite, such as those of a missing slice.
    """
    begun = time.perf_counter()
    pictures: Any = np.stack([preprocessing.picture(windowed(preprocessing, one)) for one in array])
    depth, rows, columns = array.shape
    return PreparedVolume(pictures, (depth, rows, columns), spacing, time.perf_counter() - begun)


def windowed(preprocessing: Preprocessing, hounsfield: NDArray[np.float32]) -> NDArray[np.float32]:
    """Hounsfield units from 0 to 1 by the declared window, what lies beyond being cut off."""
    low, high = preprocessing.hounsfield
    share: NDArray[np.float32] = (hounsfield - np.float32(low)) / np.float32(high - low)
    return np.clip(share, 0.0, 1.0)


def with_neighbours(pictures: Slices, at: NDArray[Any], context: int) -> Slices:
    """Slices of a volume beside their neighbours, (slices asked for, 1 + 2 context, side, side).

    The slice itself stands in the middle; at the ends of the volume the end one is repeated.

    >>> volume = np.arange(3, dtype=np.uint8).reshape(3, 1, 1)
    >>> with_neighbours(volume, np.array([0, 2]), 1).ravel().tolist()
    [0, 0, 1, 1, 2, 2]
    """
    places = np.asarray(at)[:, None] + np.arange(-context, context + 1)[None, :]
    return pictures[np.clip(places, 0, len(pictures) - 1)]


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What the network gave for a volume: raw outputs (slices, side, side), the features of the
    study, and of an ensemble the largest spread of a slice."""

    logit: NDArray[np.float32]
    features: NDArray[np.float64]
    spread: dict[str, float]


def heard_of(engine: Any, pictures: Slices, context: int) -> Heard:
    """The network asked about every slice, some at a time. engine: :mod:`models.engine`."""
    logit = np.empty(pictures.shape, dtype=np.float32)
    features, spreads = [], []
    for start in range(0, len(pictures), BATCH):
        at = np.arange(start, min(start + BATCH, len(pictures)))
        raw, seen, spread = engine.with_uncertainty(with_neighbours(pictures, at, context))
        logit[at] = raw
        features.append(seen)
        if spread is not None:
            spreads.append(float(spread.max()))
    study = np.concatenate(features)[::FEATURE_STEP].mean(axis=0)
    return Heard(logit, study, {UNCERTAINTY: max(spreads)} if spreads else {})


def said_of(predictor: "Predictor", one: PreparedVolume) -> "PredictionFacts":
    """What the version says of one prepared volume; ``mask`` holds the number of the lesion in each
    voxel, uint16 (slices, rows, columns), 0 outside."""
    from models.prediction_facts import PredictionFacts

    begun = time.perf_counter() - one.seconds
    heard = heard_of(predictor.engine, one.pictures, predictor.preprocessing.context)
    decoded = TASK.decode([heard.logit], predictor.calibration)
    numbered = _outlined(predictor, heard.logit, one)
    scores = _scores(predictor, heard.logit, numbered)
    measured = TASK.measured(numbered, scores, one.spacing)
    strange = predictor.reference.out_of_distribution(heard.features[None])
    return PredictionFacts(
        float(decoded.score[0]), bool(numbered.any()), float(strange[0]),
        1000 * (time.perf_counter() - begun), measured | heard.spread, numbered,
        tuple(predictor.reference.coordinates(heard.features[None])[0].tolist()),
    )


def _outlined(
    predictor: "Predictor", logit: NDArray[np.float32], one: PreparedVolume
) -> NDArray[np.uint16]:
    """The lesions by number, on the grid of the images, those below the least volume left out."""
    point = predictor.calibration.operating_point
    cut = (np.log(point / (1 - point)) - predictor.calibration.intercept) / (
        predictor.calibration.slope
    )
    inside = np.zeros(one.shape, dtype=bool)
    for at, outputs in enumerate(logit):
        if outputs.max() >= cut:  # an interpolated output is never above the largest
            inside[at] = on_picture_grid(outputs, one.shape[1:]) >= cut
    numbered = numbered_lesions(inside)
    least = LEAST_ML * 1000 / float(np.prod(one.spacing))
    sizes = np.bincount(numbered.ravel())[1:]
    numbered[numbered > np.count_nonzero(sizes >= least)] = 0  # they are numbered by size
    return numbered


def _scores(
    predictor: "Predictor", logit: NDArray[np.float32], numbered: NDArray[np.uint16]
) -> list[float]:
    """Of each lesion the highest probability of its voxels."""
    highest = np.full(int(numbered.max()) + 1, -np.inf)
    for at in np.flatnonzero(numbered.any(axis=(1, 2))).tolist():
        inside = numbered[at] > 0
        outputs = on_picture_grid(logit[at], numbered.shape[1:])
        np.maximum.at(highest, numbered[at][inside], outputs[inside])
    each = [np.array([one]) for one in highest[1:]]
    return [float(one) for one in TASK.decode(each, predictor.calibration).score] if each else []
