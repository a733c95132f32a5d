"""Last stage: what the finished model says about the studies that it did not learn from."""

from pathlib import Path
from typing import Any

import numpy as np

from measures.estimate import Estimate
from models.artefacts import (
    METRICS,
    MODEL,
    PREDICTIONS,
    Columns,
    read_json,
    write_columns,
    write_json,
)
from models.decode import load_decoded
from models.equivalence import EQUIVALENCE, compared, record_of
from models.predict import Outputs, Predictor, trained_engine
from models.tasks import Outcomes, task_named

# The tuning split chose calibration and threshold: its numbers flatter, and are marked so.
SCORED = ("tuning", "internal_test", "external_test")
_FACTS = ("instance_uid", "study_uid", "patient", "site", "split", "finding")


def score_model(decoded: Path, model: Path) -> dict[str, Any]:
    """Predictions on the tuning, internal and external test splits, and a first set of numbers.

    Writes ``predictions.parquet`` (facts, logit, score, decision, out_of_distribution; rows in
    the manifest's order) and ``metrics.json`` (per split, all studies together; for comparing
    runs: the evaluation of record is made from the predictions). Returns the latter.
    Of a model made here also ``equivalence.json``: what serves, against the trained network.
    """
    arrays, index = load_decoded(decoded)
    predictor = Predictor.load(model, weights_hash=str(read_json(model / MODEL)["weights_hash"]))
    rows = np.isin(index["split"], SCORED)
    facts = {name: index[name][rows] for name in _FACTS}
    found = predictor.outputs(arrays[rows])
    write_columns(
        model / PREDICTIONS,
        facts
        | {
            "logit": found.logit,
            "score": found.score,
            "decision": found.decision,
            "out_of_distribution": found.out_of_distribution,
        }
        | dict(found.more),
    )
    if predictor.params is not None:
        logit, _ = trained_engine(model, predictor).outputs(arrays[rows])
        splits = {one: facts["split"] == one for one in SCORED}
        task = task_named(predictor.description["task"])
        compare = {
            split: compared(logit[at], found.logit[at], task, predictor.calibration)
            for split, at in splits.items()
        }
        digest = str(predictor.description["onnx_digest"])
        write_json(model / EQUIVALENCE, record_of(compare, digest))
    measured = _measured(facts, found, predictor)
    write_json(model / METRICS, measured)
    return measured


def _measured(facts: Columns, found: Outputs, predictor: Predictor) -> dict[str, Any]:
    task = task_named(predictor.description["task"])
    measured: dict[str, Any] = {}
    for split in SCORED:
        rows = facts["split"] == split
        outcomes = Outcomes(
            facts["finding"][rows].astype(int),
            found.score[rows],
            found.decision[rows].astype(int),
            facts["patient"][rows],
            more={name: found.more[name][rows] for name in task.columns},
            classes=predictor.classes,
        )
        estimates = task.estimates(outcomes, minimum_n=2)
        numbers = {_title(estimate): _numbers(estimate) for estimate in estimates}
        ours = predictor.params is not None
        chosen = "chosen on this split" if split == "tuning" and ours else "held out"
        measured[split] = numbers | {"studies": int(rows.sum()), "use": chosen}
    return measured


def _title(estimate: Estimate) -> str:
    where = "" if estimate.subgroup == "all" else f" {estimate.subgroup}"
    return estimate.measure + where


def _numbers(estimate: Estimate) -> dict[str, Any]:
    if not estimate.estimable:
        return {"n": estimate.n, "not_estimable": estimate.reason}
    return {
        "value": estimate.value, "low": estimate.low, "high": estimate.high, "n": estimate.n
    }  # fmt: skip
