"""Last stage for radiomics: what the finished model says of regions it did not learn from."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from models.artefacts import METRICS, MODEL, PREDICTIONS, read_json, write_columns, write_json
from models.decode import load_decoded
from models.fit_regions import load_regions
from models.measuring import NO_PICTURES
from models.predict import Predictor
from models.scoring import EMBEDDING, FACTS, SCORED, measured_splits, write_equivalence


def score_regions(decoded: Path, model: Path) -> dict[str, Any]:
    """Probabilities for the tuning, internal and external test splits.

    Writes ``predictions.parquet`` (facts, logit, score, decision, out_of_distribution, which
    features were missing, pixels inside; rows in the manifest's order), ``equivalence.json`` and
    ``metrics.json``. Returns the latter.
    """
    _, index = load_decoded(decoded)
    predictor = Predictor.load(model, weights_hash=str(read_json(model / MODEL)["weights_hash"]))
    assert predictor.params is not None and predictor.params.task.radiomics is not None
    assert predictor.features is not None
    rows = np.flatnonzero(np.isin(index["split"], SCORED))
    regions = load_regions(decoded, index, rows.tolist(), predictor.params.task.radiomics)
    values = predictor.features.rows(list(regions.measured(predictor.params.task.radiomics)))
    facts = {name: index[name][rows] for name in FACTS}
    found = predictor.outputs(NO_PICTURES, values)
    write_equivalence(
        model, predictor, NO_PICTURES, found.logit, facts["split"], clinical=values
    )
    missing = [json.dumps(predictor.features.missing(row)) for row in values]
    columns = facts | {
        "logit": found.logit, "score": found.score, "decision": found.decision,
        "out_of_distribution": found.out_of_distribution, EMBEDDING: found.embedding,
        "features_missing": np.array(missing, dtype=object),
        "region_pixels": np.array([int(mask.sum()) for mask in regions.masks], dtype=np.int64),
    }
    write_columns(model / PREDICTIONS, columns)
    measured = measured_splits(predictor, columns)
    write_json(model / METRICS, measured)
    return measured
