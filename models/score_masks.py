"""Last stage for outlines: what the finished model outlines in studies it did not learn from."""

from pathlib import Path
from typing import Any

import numpy as np

from models.artefacts import METRICS, MODEL, PREDICTIONS, read_json, write_columns, write_json
from models.decode import load_decoded
from models.outlining import TASK, outlines_of
from models.predict import Predictor
from models.scoring import EMBEDDING, FACTS, SCORED, measured_splits, write_equivalence
from models.true_masks import spacings, true_masks


def score_masks(decoded: Path, model: Path) -> dict[str, Any]:
    """Outlines of the tuning, internal and external test splits, compared on the pictures' grids.

    Writes ``predictions.parquet`` (facts, score, decision, out_of_distribution, measurements and
    comparison; rows in the manifest's order), ``equivalence.json`` and ``metrics.json``. Returns
    the latter.
    """
    arrays, index = load_decoded(decoded)
    predictor = Predictor.load(model, weights_hash=str(read_json(model / MODEL)["weights_hash"]))
    rows = np.flatnonzero(np.isin(index["split"], SCORED))
    facts = {name: index[name][rows] for name in FACTS}
    regions = index["region"][rows].tolist()
    shapes = [mask.shape for mask in true_masks(decoded, regions)]
    apart = spacings(decoded, facts["instance_uid"].tolist())
    heard = predictor.outputs(arrays[rows])
    found = [
        {
            "score": said.score, "decision": said.decision,
            "out_of_distribution": said.out_of_distribution, EMBEDDING: list(said.embedding),
            **TASK.measured(said.mask, spacing), **TASK.compared(truth, said.mask, spacing),
            **said.spread,
        }
        for said, truth, spacing in zip(
            outlines_of(predictor, heard, shapes), true_masks(decoded, regions), apart, strict=True
        )
    ]
    write_equivalence(model, predictor, arrays[rows], heard.logit, facts["split"])
    # as objects: a diameter of an empty outline is missing, and is no number
    columns = {name: np.array([one[name] for one in found], dtype=object) for name in found[0]}
    write_columns(model / PREDICTIONS, facts | columns)
    measured = measured_splits(predictor, facts | columns)
    write_json(model / METRICS, measured)
    return measured
