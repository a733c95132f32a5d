"""Last stage: what the finished model says about the studies that it did not learn from."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measures.estimate import Estimate
from models.artefacts import (
    METRICS,
    MODEL,
    PREDICTIONS,
    read_json,
    write_columns,
    write_json,
)
from models.decode import load_decoded
from models.equivalence import EQUIVALENCE, compared, record_of
from models.facts import Facts
from models.networks import UNCERTAINTY
from models.objectives import objective_of
from models.predict import Predictor, trained_outputs
from models.tasks import Outcomes, task_named

# The tuning split chose calibration and threshold: its numbers flatter, and are marked so.
SCORED = ("tuning", "internal_test", "external_test")
EMBEDDING = "embedding"
FACTS = ("instance_uid", "study_uid", "patient", "site", "split", "finding")


def score_model(decoded: Path, model: Path) -> dict[str, Any]:
    """Predictions on the tuning, internal and external test splits, and a first set of numbers.

    Writes ``predictions.parquet`` (facts, logit, score, decision, out_of_distribution, embedding;
    rows in the manifest's order) and ``metrics.json`` (per split, all studies together; for
    comparing runs: the evaluation of record is made from the predictions). Returns the latter.
    Of a model made here also ``equivalence.json``: what serves, against the trained network.
    """
    arrays, index = load_decoded(decoded)
    predictor = Predictor.load(model, weights_hash=str(read_json(model / MODEL)["weights_hash"]))
    rows = np.isin(index["split"], SCORED)
    facts = {name: index[name][rows] for name in FACTS}
    found = predictor.outputs(arrays[rows])
    columns = (
        facts
        | {
            "logit": found.logit,
            "score": found.score,
            "decision": found.decision,
            "out_of_distribution": found.out_of_distribution,
            EMBEDDING: found.embedding,
        }
        | dict(found.more)
        | ({} if found.uncertainty is None else {UNCERTAINTY: found.uncertainty})
    )
    write_columns(model / PREDICTIONS, columns)
    if predictor.params is not None:
        write_equivalence(model, predictor, arrays[rows], found.logit, facts["split"])
    states = {}
    if predictor.coexisting:
        assert predictor.params is not None
        told = {name: column[rows] for name, column in index.items()}
        states["states"] = objective_of(predictor.params.task).truth(told)
    measured = measured_splits(predictor, columns | states)
    write_json(model / METRICS, measured)
    return measured


def write_equivalence(
    model: Path, predictor: Predictor, pictures: Any, served: NDArray[np.float64],
    split: NDArray[Any], clinical: Facts | None = None,
) -> None:  # fmt: skip
    """Write ``equivalence.json``: raw outputs of what serves beside those of the trained network.

    served: of the pictures, in their order; split: the part that each study belongs to. clinical:
    the facts, or measured features, that were given with them.
    """
    trained = trained_outputs(model, predictor, pictures, clinical)
    task = task_named(predictor.description["task"])
    compare = {
        one: compared(trained[split == one], served[split == one], task, predictor.calibration)
        for one in SCORED
    }
    digest = str(predictor.description["onnx_digest"])
    library = "torch" if predictor.features is None else "scikit-learn"
    write_json(model / EQUIVALENCE, record_of(compare, digest, trained_in=library))


def measured_splits(
    predictor: Predictor, columns: Mapping[str, NDArray[Any]]
) -> dict[str, Any]:
    """The estimates of each scored split as plain values, all studies together.

    columns: the facts of the studies, score, decision and what the task asks for besides.
    """
    task = task_named(predictor.description["task"])
    measured: dict[str, Any] = {}
    for split in SCORED:
        rows = columns["split"] == split
        outcomes = Outcomes(
            columns["finding"][rows].astype(int),
            columns["score"][rows],
            columns["decision"][rows].astype(int),
            columns["patient"][rows],
            more={name: columns[name][rows] for name in task.columns},
            classes=predictor.classes,
        )
        chosen = split == "tuning" and predictor.params is not None
        measured[split] = _numbers_of(
            task.estimates(outcomes, minimum_n=2), int(rows.sum()), chosen=chosen
        )
    return measured


def _numbers_of(estimates: Sequence[Estimate], studies: int, *, chosen: bool) -> dict[str, Any]:
    """The estimates of a split as plain values; chosen: the operating point is from this split."""
    numbers = {_title(estimate): _numbers(estimate) for estimate in estimates}
    return numbers | {"studies": studies, "use": "chosen on this split" if chosen else "held out"}


def _title(estimate: Estimate) -> str:
    where = "" if estimate.subgroup == "all" else f" {estimate.subgroup}"
    return estimate.measure + where


def _numbers(estimate: Estimate) -> dict[str, Any]:
    if not estimate.estimable:
        return {"n": estimate.n, "not_estimable": estimate.reason}
    return {
        "value": estimate.value, "low": estimate.low, "high": estimate.high, "n": estimate.n
    }  # fmt: skip
