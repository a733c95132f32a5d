"""Fourth stage for enhancement: how much noise is inside the declared range, and how the fixed
reader decides."""

from pathlib import Path

import numpy as np

from measures.binary import threshold_youden
from models.artefacts import MODEL, write_json
from models.calibrate import description, exported_engine
from models.decode import load_decoded
from models.dose_pairs import load_pairs
from models.params import Params
from models.spot_finder import reading
from models.tasks import Calibration, EnhancementTask
from models.tasks.enhancement import READ_IN_WORDS
from records.errors import InvalidInput

_ABOVE = 1.05
"""Of the noisiest tuning picture: where the declared range ends, a picture just inside it must not
fall outside by the last bit."""


def calibrate_pairs(decoded: Path, model: Path, *, params: Params) -> Calibration:
    """The operating point of the rule ``declared_range``, from the tuning split alone.

    It is the noise of the noisiest tuning picture and a twentieth more: the tuning pictures reach
    down to the lowest dose that the device declares, and what is noisier is outside of it. The
    fixed reader's threshold is Youden's on the tuning pictures at full dose; the device's own
    output has no part in it. Writes ``model.json``.

    Raises InvalidInput where the tuning split lacks studies with or without a lesion, NotFound when
    the exported model is missing, IntegrityBroken when it is of another fit.
    """
    _, index = load_decoded(decoded)
    rows = np.flatnonzero(index["split"] == "tuning")
    engine, digest = exported_engine(model, params)
    pairs = load_pairs(decoded, index, rows.tolist())
    noise = [engine.outputs(one.low[None])[0][0] for one in pairs]
    plain = Calibration(1.0, 0.0, 0.0)
    worst = float(EnhancementTask().decode(noise, plain).score.max())
    truth = index["finding"][rows].astype(int)
    if not 0 < truth.sum() < truth.size:
        raise InvalidInput(
            f"Of {truth.size} tuning studies {int(truth.sum())} have a lesion: the fixed reader "
            "has no threshold.", hint="Freeze a dataset with both in every part.",
        )
    read = np.array([reading(one.full) for one in pairs])
    found = Calibration(1.0, 0.0, _ABOVE * worst)
    reader = {"threshold": float(threshold_youden(truth, read)), "what": READ_IN_WORDS}
    write_json(model / MODEL, description(model, found, params, digest) | {"reader": reader})
    return found
