"""Last stage for lesions: what the finished model outlines in studies it did not learn from."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from models.artefacts import METRICS, MODEL, PREDICTIONS, read_json, write_columns, write_json
from models.decode_volumes import decoded_volumes, true_volumes
from models.lesion_volumes import TASK, said_of, with_neighbours
from models.predict import Predictor
from models.scoring import EMBEDDING, FACTS, SCORED, measured_splits, write_equivalence

COMPARED_STEP = 12
"""What serves is compared with the trained network on every twelfth slice."""


def score_lesions(decoded: Path, model: Path) -> dict[str, Any]:
    """Outlines of the tuning, internal and external test splits, beside the true lesions.

    Writes ``predictions.parquet`` (facts, score, decision, out_of_distribution, measurements and
    comparison; rows in the manifest's order), ``equivalence.json`` and ``metrics.json``. Returns
    the latter.
    """
    predictor = Predictor.load(model, weights_hash=str(read_json(model / MODEL)["weights_hash"]))
    studies = decoded_volumes(decoded, SCORED)
    rows, compared = [], []
    for one, truth in zip(studies, true_volumes(decoded, studies), strict=True):
        said = said_of(predictor, one.prepared)
        assert said.mask is not None
        each = said.outputs["each"]
        judged = TASK.compared(truth, said.mask, each, one.prepared.spacing)
        rows.append(
            {name: one.facts[name] for name in FACTS} | dict(said.outputs) | {
                "score": said.score, "decision": said.decision,
                "out_of_distribution": said.out_of_distribution, EMBEDDING: list(said.embedding),
                "each": json.dumps(each, sort_keys=True), "judged": judged.text,
            }
        )  # fmt: skip
        pictures = one.prepared.pictures
        at = np.arange(len(pictures) // 2 % COMPARED_STEP, len(pictures), COMPARED_STEP)
        compared.append(with_neighbours(pictures, at, predictor.preprocessing.context))
    _write_equivalence(model, predictor, compared, [str(row["split"]) for row in rows])
    # as objects: a diameter where nothing was outlined is missing, and is no number
    columns = {name: np.array([row[name] for row in rows], dtype=object) for name in rows[0]}
    write_columns(model / PREDICTIONS, columns)
    measured = measured_splits(predictor, columns)
    write_json(model / METRICS, measured)
    return measured


def _write_equivalence(
    model: Path, predictor: Predictor, compared: list[Any], split: list[str]
) -> None:
    pictures = np.concatenate(compared)
    served, _, _ = predictor.engine.with_uncertainty(pictures)
    parts = np.repeat(np.array(split), [len(one) for one in compared])
    write_equivalence(model, predictor, pictures, served, parts)
