"""Fourth stage for outlines: the threshold at which the tuning studies' outlines fit best."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.artefacts import MODEL, write_json
from models.calibrate import description, tuning_outputs
from models.mask_grid import Mask, on_picture_grid
from models.params import Params
from models.tasks import Calibration
from models.true_masks import true_masks

THRESHOLDS = np.arange(5, 96) / 100
"""Probabilities that are tried; further out a threshold would be a fault of the network."""


def calibrate_masks(decoded: Path, model: Path, *, params: Params) -> Calibration:
    """The operating point of the rule ``dice``, from the tuning split alone; completes the model.

    It is the threshold with the largest mean Dice over the tuning studies, each on its picture's
    own grid; of equals the one nearest to 0.5. The probability of a pixel is the network's own: no
    slope is fitted to pixels, which are not independent of each other. Writes ``model.json``.

    Raises NotFound when the exported model is missing, IntegrityBroken when it is of another fit.
    """
    logits, index, digest = tuning_outputs(decoded, model, params=params)
    pairs = zip(logits, true_masks(decoded, index["region"].tolist()), strict=True)
    found = Calibration(1.0, 0.0, choose_threshold(pairs))
    write_json(model / MODEL, description(model, found, params, digest))
    return found


def choose_threshold(studies: Iterable[tuple[NDArray[Any], Mask]]) -> float:
    """The threshold of the largest mean Dice: raw outputs (size, size) beside each true mask.

    Raises ValueError without a study.
    """
    return threshold_of(
        [dice_at(on_picture_grid(logit, mask.shape), mask) for logit, mask in studies]
    )


def threshold_of(each: Sequence[NDArray[np.float64]]) -> float:
    """The threshold of the largest mean Dice, from that of each study at every threshold.

    Raises ValueError without a study.
    """
    if not each:
        raise ValueError("no study to choose a threshold on")
    mean = np.mean(each, axis=0)
    best = np.flatnonzero(mean >= mean.max() - 1e-12)
    return float(THRESHOLDS[best[np.abs(THRESHOLDS[best] - 0.5).argmin()]])


def dice_at(logit: NDArray[np.float32], mask: Mask) -> NDArray[np.float64]:
    """Dice of one study at every threshold, counted once: how many pixels reach which of them.

    logit, mask: of one shape, of a picture or a volume; the mask is not empty.
    """
    cuts = np.log(THRESHOLDS / (1 - THRESHOLDS))
    reached = np.searchsorted(cuts, logit.ravel(), side="right")
    every = np.bincount(reached, minlength=cuts.size + 1)
    inside = np.bincount(reached[mask.ravel()], minlength=cuts.size + 1)
    said, both = (column[::-1].cumsum()[::-1][1:] for column in (every, inside))
    dice: NDArray[np.float64] = 2 * both / (said + np.count_nonzero(mask))
    return dice
