"""Last stage for a prognosis: what the finished model says of studies it did not learn from."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from imaging.clinical_course import ClinicalCourse
from models.artefacts import METRICS, MODEL, PREDICTIONS, read_json, write_columns, write_json
from models.decode import load_decoded
from models.facts import fact_names, missing_of
from models.fit_risk import COURSE, clinical_columns
from models.predict import Predictor
from models.scoring import EMBEDDING, FACTS, SCORED, measured_splits, write_equivalence


def score_risk(decoded: Path, model: Path) -> dict[str, Any]:
    """Chances for the tuning, internal and external test splits beside their follow-up.

    Writes ``predictions.parquet`` (facts, logit, score, decision, out_of_distribution, days,
    horizon, the clinical course as text, and which facts were known; rows in the manifest's order),
    ``equivalence.json`` and ``metrics.json``. Returns the latter.
    """
    arrays, index = load_decoded(decoded)
    predictor = Predictor.load(model, weights_hash=str(read_json(model / MODEL)["weights_hash"]))
    assert predictor.params is not None
    task = predictor.params.task
    rows = np.flatnonzero(np.isin(index["split"], SCORED))
    clinical, days, _ = clinical_columns(index, predictor.params)
    facts = {name: index[name][rows] for name in FACTS}
    found = predictor.outputs(arrays[rows], clinical[rows])
    write_equivalence(
        model, predictor, arrays[rows], found.logit, facts["split"], clinical=clinical[rows]
    )
    columns = facts | {
        "logit": found.logit, "score": found.score, "decision": found.decision,
        "out_of_distribution": found.out_of_distribution, EMBEDDING: found.embedding,
        "days": days[rows].astype(np.float64),
        "horizon": np.full(rows.size, float(task.horizon_days or 0)),
        COURSE: index[COURSE][rows].astype(object),
    }
    known = [ClinicalCourse.of(text).values for text in index[COURSE][rows].tolist()]
    missing = [missing_of(task.facts, one) for one in known]
    count = len(fact_names(task.facts))
    columns |= {
        "facts_known": np.array([count - len(one) for one in missing], dtype=np.int64),
        "facts_missing": np.array([json.dumps(one) for one in missing], dtype=object),
    }
    write_columns(model / PREDICTIONS, columns)
    measured = measured_splits(predictor, columns)
    write_json(model / METRICS, measured)
    return measured
