"""Last stage for marks: what the finished model marks in studies it did not learn from."""

from pathlib import Path
from typing import Any

import numpy as np

from imaging.boxes import BoxedPicture
from models.artefacts import METRICS, MODEL, PREDICTIONS, read_json, write_columns, write_json
from models.decode import load_decoded
from models.marking import marks_of
from models.networks import UNCERTAINTY
from models.predict import Predictor
from models.scoring import EMBEDDING, FACTS, SCORED, measured_splits, write_equivalence
from models.tasks.detection import marks_text


def score_marks(decoded: Path, model: Path) -> dict[str, Any]:
    """Marks of the tuning, internal and external test splits beside their true lesions.

    Writes ``predictions.parquet`` (facts, score, decision, out_of_distribution, marks and lesions
    as text; rows in the manifest's order), ``equivalence.json`` and ``metrics.json``. Returns the
    latter.
    """
    arrays, index = load_decoded(decoded)
    predictor = Predictor.load(model, weights_hash=str(read_json(model / MODEL)["weights_hash"]))
    rows = np.flatnonzero(np.isin(index["split"], SCORED))
    facts = {name: index[name][rows] for name in FACTS}
    lesions = index["lesions"][rows]
    shapes = [(one.rows, one.columns) for one in map(BoxedPicture.of, lesions.tolist())]
    heard = predictor.outputs(arrays[rows])
    said = list(marks_of(predictor, heard, shapes))
    write_equivalence(model, predictor, arrays[rows], heard.logit, facts["split"])
    columns = facts | {
        "score": np.array([one.score for one in said], dtype=np.float64),
        "decision": np.array([one.decision for one in said], dtype=np.bool_),
        "out_of_distribution": np.array([one.out_of_distribution for one in said]),
        EMBEDDING: heard.embedding,
        "marked": np.array([one.outputs["marked"] for one in said], dtype=np.int64),
        "marks": np.array([marks_text(one.marks) for one in said], dtype=object),
        "lesions": lesions.astype(object),
    }
    if heard.uncertainty is not None:
        columns[UNCERTAINTY] = heard.uncertainty
    write_columns(model / PREDICTIONS, columns)
    measured = measured_splits(predictor, columns)
    write_json(model / METRICS, measured)
    return measured
