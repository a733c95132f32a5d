"""Last stage for enhancement: what the finished model makes of studies it did not learn from."""

from pathlib import Path
from typing import Any

import numpy as np

from imaging.boxes import BoxedPicture
from models.arithmetic import PREDICTING_THREADS, repeatable
from models.artefacts import METRICS, MODEL, PREDICTIONS, read_json, write_columns, write_json
from models.decode import load_decoded
from models.dose_pairs import load_pairs
from models.enhancing import TASK, enhanced
from models.equivalence import EQUIVALENCE, Equivalence, record_of
from models.equivalence import compared as answers_compared
from models.fit_pairs import noise_of
from models.full_dose import compared
from models.predict import Predictor, trained_engine
from models.scoring import EMBEDDING, FACTS, SCORED, measured_splits


def score_pairs(decoded: Path, model: Path) -> dict[str, Any]:
    """Pictures of the tuning, internal and external test splits, compared with those at full dose.

    Writes ``predictions.parquet`` (facts, score, decision, out_of_distribution and the task's
    columns; rows in the manifest's order), ``equivalence.json`` and ``metrics.json``. Returns the
    latter.
    """
    _, index = load_decoded(decoded)
    predictor = Predictor.load(model, weights_hash=str(read_json(model / MODEL)["weights_hash"]))
    rows = np.flatnonzero(np.isin(index["split"], SCORED))
    facts = {name: index[name][rows] for name in FACTS}
    pairs = load_pairs(decoded, index, rows.tolist())
    lesions = [BoxedPicture.of(one).boxes for one in index["lesions"][rows].tolist()]
    found, noise = [], []
    for said, pair, boxes in zip(
        enhanced(predictor, [one.low for one in pairs]), pairs, lesions, strict=True
    ):
        noise.append(said.noise)
        found.append({
            "score": said.score, "decision": said.decision,
            "out_of_distribution": said.out_of_distribution, EMBEDDING: list(said.embedding),
            **said.outputs,
            **compared(pair.full, pair.low, said.picture, boxes, predictor.reader_threshold),
        })  # fmt: skip
    network = trained_engine(model, predictor).network
    with repeatable(threads=PREDICTING_THREADS):
        each = [
            answers_compared(noise_of(network, pair.low)[None], served[None], TASK,
                             predictor.calibration)
            for pair, served in zip(pairs, noise, strict=True)
        ]  # fmt: skip
    by_split = {
        split: _together([one for one, part in zip(each, facts["split"], strict=True)
                          if part == split])
        for split in SCORED
    }  # fmt: skip
    digest = str(predictor.description["onnx_digest"])
    write_json(model / EQUIVALENCE, record_of(by_split, digest))
    # as objects: a study without a lesion has no contrast, which is no number
    columns = {name: np.array([one[name] for one in found], dtype=object) for name in found[0]}
    write_columns(model / PREDICTIONS, facts | columns)
    measured = measured_splits(predictor, facts | columns)
    write_json(model / METRICS, measured)
    return measured


def _together(each: list[Equivalence]) -> Equivalence:
    """Studies of several sizes are compared one by one; the largest differences of all."""
    return Equivalence(
        studies=len(each), logit=max((one.logit for one in each), default=0.0),
        score=max((one.score for one in each), default=0.0),
        decisions_changed=sum(one.decisions_changed for one in each),
        allowed=each[0].allowed if each else Equivalence(0, 0.0, 0.0, 0).allowed,
    )
