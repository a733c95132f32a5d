"""What a model of radiomic features says of outlined regions: features measured, then weighed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.preprocessing import Prepared
from models.radiomics.region_features import Mask, region_features
from models.true_masks import Spacing

if TYPE_CHECKING:
    from models.predict import Predictor

Numbers = NDArray[np.float64]
NO_PICTURES: Any = np.empty((0, 0, 0), dtype=np.float32)
"""What a model of features is given for pictures: it does not look at them."""


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredRegion:
    """The answer to one region, see :class:`models.predict.PredictionFacts`."""

    score: float
    decision: bool
    out_of_distribution: float
    outputs: Mapping[str, Any]
    values: Numbers
    """The model's features, NaN where not estimable."""
    embedding: tuple[float, ...] = ()


def measured(
    predictor: "Predictor", prepared: Sequence[Prepared], spacings: Sequence[Spacing],
    outlines: Sequence[Mask | None],
) -> list[MeasuredRegion]:  # fmt: skip
    """One answer a picture, in the order given.

    prepared: pictures at their own size. outlines: bool, each of its picture's shape. outputs tell
    which of the model's features were not estimable, for which the training median stands.

    Raises ValueError, by its place in the batch, for a picture whose outline is missing, of another
    size, or smaller than the device declares.
    """
    assert predictor.params is not None and predictor.params.task.radiomics is not None
    assert predictor.features is not None
    rules, every = predictor.params.task.radiomics, []
    for at, (one, spacing, mask) in enumerate(zip(prepared, spacings, outlines, strict=True)):
        try:
            every.append(region_features(one.picture, mask, spacing, rules))
        except ValueError as wrong:
            raise ValueError(f"picture {at} of the batch: {wrong}") from wrong
    rows = predictor.features.rows(every)
    found = predictor.outputs(NO_PICTURES, rows)
    return [
        MeasuredRegion(
            float(found.score[at]), bool(found.decision[at]),
            float(found.out_of_distribution[at]),
            {"features_missing": predictor.features.missing(rows[at]),
             "region_pixels": 0 if mask is None else int(mask.sum())},
            rows[at], found.places[at],
        )
        for at, mask in enumerate(outlines)
    ]  # fmt: skip
