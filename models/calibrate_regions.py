"""Fourth stage for radiomics: probabilities and operating point, from the tuning split alone."""

from pathlib import Path

import numpy as np

from models.artefacts import MODEL, TRAINING, read_json, write_json
from models.calibrate import choose_calibration, description, exported_engine
from models.decode import load_decoded
from models.fit_regions import load_regions
from models.measuring import NO_PICTURES
from models.params import Params
from models.radiomics.region_features import ChosenFeatures
from models.tasks import Calibration


def calibrate_regions(decoded: Path, model: Path, *, params: Params) -> Calibration:
    """As :func:`models.calibrate.calibrate_model`, of the measured features of the tuning regions.

    Writes ``model.json``, which also names each feature by its IBSI identifier, with its weight and
    its stability, and why the others were left out.

    Raises NotFound when the exported model is missing, IntegrityBroken when it is of another fit.
    """
    assert params.task.radiomics is not None
    training = read_json(model / TRAINING)
    _, index = load_decoded(decoded)
    rows = np.flatnonzero(index["split"] == "tuning")
    engine, digest = exported_engine(model, params)
    regions = load_regions(decoded, index, rows.tolist(), params.task.radiomics)
    chosen = ChosenFeatures(tuple(one["key"] for one in training["features"]))
    every = list(regions.measured(params.task.radiomics))
    logit, _ = engine.outputs(NO_PICTURES, chosen.rows(every))
    found = choose_calibration(
        logit, index["finding"][rows].astype(int), rule=params.operating_point
    )
    said = description(model, found, params, digest)
    told = {name: training[name] for name in ("features", "left_out", "outlines_changed")}
    write_json(model / MODEL, said | told | {
        "precision": "float64", "out_of_distribution": "the radiomic features that the model reads",
    })
    return found
