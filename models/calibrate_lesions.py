"""Fourth stage for lesions: the threshold at which the tuning studies' outlines fit best."""

from pathlib import Path

import numpy as np

from models.artefacts import MODEL, write_json
from models.calibrate import description, exported_engine
from models.calibrate_masks import dice_at, threshold_of
from models.decode_volumes import decoded_volumes, true_volumes
from models.lesion_volumes import heard_of
from models.mask_grid import on_picture_grid
from models.params import Params
from models.tasks import Calibration


def calibrate_lesions(decoded: Path, model: Path, *, params: Params) -> Calibration:
    """The operating point of the rule ``dice``, from the tuning split alone; completes the model.

    It is the threshold with the largest mean Dice over the tuning studies that show a lesion, each
    as a whole volume on its images' grid, so that what is outlined elsewhere in them counts
    against it; of equals the one nearest to 0.5. Writes ``model.json``.

    Raises NotFound when the exported model is missing, IntegrityBroken when it is of another fit,
    ValueError where no tuning study shows a lesion.
    """
    engine, digest = exported_engine(model, params)
    studies = decoded_volumes(decoded, ("tuning",))
    each = []
    for one, truth in zip(studies, true_volumes(decoded, studies), strict=True):
        if not truth.any():
            continue
        heard = heard_of(engine, one.prepared.pictures, params.fit.context)
        whole = np.stack([on_picture_grid(some, truth.shape[1:]) for some in heard.logit])
        each.append(dice_at(whole, truth))
    found = Calibration(1.0, 0.0, threshold_of(each))
    write_json(model / MODEL, description(model, found, params, digest))
    return found
