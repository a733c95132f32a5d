"""Whether answers that are joined disagree more where they are wrong together.

    python -m benchmarks.uncertainty pneumoniamnist.npz [MEMBERS EPOCHS WIDTH PICTURES]
    python -m benchmarks.uncertainty pneumoniamnist.npz views [EPOCHS WIDTH PICTURES]

Trains on the archive's first training pictures as ``radvigil model fit`` does, serves by ONNX
Runtime, and prints, as JSON, for the archive's test pictures: the AUC of the ensemble, and the
AUC with which the uncertainty, and beside it the nearness of the probability to the operating
point, tells wrong answers from right ones. ``views``: of one network with test-time augmentation,
and beside it the AUC of the same weights without. Nothing is recorded.
"""

import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measures.binary import auc
from measures.comparison import paired_auc_difference
from models.artefacts import MODEL, read_columns, read_json, write_columns
from models.networks import UNCERTAINTY
from models.params import DecodeParams, FitParams, OperatingRule, Params, params_text
from models.preprocessing import own_preprocessing
from models.train import STAGES, run_stage

PARTS = {"train": "train", "val": "tuning", "test": "internal_test"}
SIDE = 32


def decode(archive: Path, folder: Path, learnt: int) -> None:
    """The archive as the decode stage would leave it; each picture is taken for a patient."""
    preparation = own_preprocessing(SIDE)
    pictures: list[NDArray[Any]] = []
    finding: list[int] = []
    split: list[str] = []
    with np.load(archive) as content:
        for part, name in PARTS.items():
            some = slice(learnt if part == "train" else None)
            chosen = content[f"{part}_images"][some]
            pictures += [preparation.picture(one / 255.0) for one in chosen]
            finding += content[f"{part}_labels"].ravel()[some].tolist()
            split += [name] * len(chosen)
    uid = np.array([f"2.25.{at + 1}" for at in range(len(split))])
    np.save(folder / "arrays.npy", np.stack(pictures))
    write_columns(folder / "index.parquet", {
        "instance_uid": uid, "study_uid": uid, "patient": uid, "split": np.array(split),
        "site": np.full(len(split), "archive"), "finding": np.array(finding, np.int8),
    })  # fmt: skip


def fit_of(epochs: int, width: int, **more: Any) -> FitParams:
    """A short training of a thin network; more: what is compared."""
    return FitParams(
        width=width, min_epochs=epochs, max_epochs=epochs, batch_size=64, rotation=12.0, scale=0.12,
        **more,
    )  # fmt: skip


def trained(archive: Path, fit: FitParams, learnt: int) -> tuple[dict[str, NDArray[Any]], float]:
    """Columns of the scored test pictures, and the operating point."""
    params = Params(
        seed=1, threads=1, decode=DecodeParams(SIDE), fit=fit,
        operating_point=OperatingRule("prevalence", None),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "decoded").mkdir()
        decode(archive, folder / "decoded", learnt)
        (folder / "params.yaml").write_text(params_text(params))
        for stage in list(STAGES)[1:]:
            run_stage(stage, folder, report=lambda line: print(line, file=sys.stderr, flush=True))
        table = read_columns(folder / "model" / "predictions.parquet")
        point = float(read_json(folder / "model" / MODEL)["operating_point"])
    rows = table["split"] == "internal_test"
    return {name: column[rows] for name, column in table.items()}, point


def measure(archive: Path, fit: FitParams, learnt: int) -> dict[str, Any]:
    """Train, score, and compare what was said with the truth of the test pictures."""
    table, point = trained(archive, fit, learnt)
    truth, score = table["finding"].astype(int), table["score"]
    wrong = (table["decision"].astype(int) != truth).astype(int)
    odds = np.log(score / (1 - score)) - np.log(point / (1 - point))
    found = {
        "architecture": fit.architecture, "epochs": fit.max_epochs, "width": fit.width,
        "learnt from": learnt, "wrong": int(wrong.sum()), "auc": str(auc(truth, score)),
        "uncertainty tells wrong answers": str(auc(wrong, table[UNCERTAINTY])),
        "nearness to the operating point does": str(auc(wrong, -np.abs(odds))),
        "median uncertainty, right and wrong": [
            round(float(np.median(table[UNCERTAINTY][wrong == one])), 4) for one in (0, 1)
        ],
    }  # fmt: skip
    if fit.test_time_augmentation:
        alone, _ = trained(archive, replace(fit, test_time_augmentation=False), learnt)
        found["auc without the views"] = str(auc(truth, alone["score"]))
        found["views against none"] = str(
            paired_auc_difference(truth, score, alone["score"]).difference
        )
    return found


def main() -> None:
    """See the module."""
    archive, *given = sys.argv[1:]
    views = given[:1] == ["views"]
    numbers = [int(one) for one in given[views:]] or ([6, 8, 4708] if views else [5, 6, 8, 4708])
    *members, epochs, width, learnt = numbers
    fit = (
        fit_of(epochs, width, test_time_augmentation=True) if views
        else fit_of(epochs, width, ensemble=members[0])
    )  # fmt: skip
    print(json.dumps(measure(Path(archive), fit, learnt), indent=1))


if __name__ == "__main__":
    main()
