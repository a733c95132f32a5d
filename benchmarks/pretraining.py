"""Whether an encoder that learnt from pictures without truth spares labelled ones.

    python -m benchmarks.pretraining pneumoniamnist.npz [LABELLED EPOCHS WIDTH SEEDS]

Pre-trains on the archive's training pictures without their labels, trains on the first LABELLED of
them with and without that encoder, as ``radvigil model fit`` does, and prints, as JSON, the AUC on
the archive's test pictures for every seed, and the mean difference with its interval over the
seeds (Student's t). Nothing is recorded.
"""

import hashlib
import json
import math
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from benchmarks.uncertainty import SIDE, decode
from measures.binary import auc
from models.artefacts import read_columns
from models.encoders import ENCODER
from models.params import DecodeParams, FitParams, OperatingRule, Params, params_text
from models.preprocessing import own_preprocessing
from models.pretrain import pretrained
from models.train import STAGES, run_stage


def measure(archive: Path, labelled: int, epochs: int, width: int, seeds: int) -> dict[str, Any]:
    """The AUC with and without the encoder, for each seed."""
    fit = FitParams(width=width, min_epochs=40, max_epochs=40, batch_size=16, learning_rate=0.002)
    params = Params(
        threads=1, decode=DecodeParams(SIDE), fit=fit,
        operating_point=OperatingRule("prevalence", None),
    )  # fmt: skip
    with np.load(archive) as content:
        pictures = np.stack([
            own_preprocessing(SIDE).picture(one / 255.0) for one in content["train_images"]
        ]).astype(np.uint8)  # fmt: skip
    begun = time.process_time()
    encoder = pretrained(
        pictures, replace(params, seed=1), epochs=epochs, facts={"name": "benchmark"},
        report=lambda line: print(line, file=sys.stderr, flush=True),
    )
    seconds = time.process_time() - begun
    digest = hashlib.sha256(encoder).hexdigest()
    found: dict[str, list[float]] = {"without": [], "with": []}
    for seed in range(1, seeds + 1):
        for name, used in (("without", ""), ("with", digest)):
            chosen = replace(params, seed=seed, fit=replace(fit, encoder=used))
            found[name].append(area(archive, chosen, labelled, encoder))
    apart = np.subtract(found["with"], found["without"])
    half = stats.t.ppf(0.975, seeds - 1) * apart.std(ddof=1) / math.sqrt(seeds)
    return {
        "pre-trained on": len(pictures), "labelled": labelled, "width": width,
        "processor seconds of pre-training": round(seconds, 1), "auc": found,
        "mean difference": [round(float(one), 4) for one in
                            (apart.mean(), apart.mean() - half, apart.mean() + half)],
    }  # fmt: skip


def area(archive: Path, params: Params, labelled: int, encoder: bytes) -> float:
    """AUC on the archive's test pictures of one training."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "decoded").mkdir()
        decode(archive, folder / "decoded", labelled)
        (folder / ENCODER).write_bytes(encoder)
        (folder / "params.yaml").write_text(params_text(params))
        for stage in list(STAGES)[1:]:
            run_stage(stage, folder)
        table = read_columns(folder / "model" / "predictions.parquet")
    rows: NDArray[Any] = table["split"] == "internal_test"
    found = auc(table["finding"][rows].astype(int), table["score"][rows]).value
    assert found is not None
    return round(found, 4)


def main() -> None:
    """See the module."""
    numbers = [int(one) for one in sys.argv[2:]] or [100, 20, 16, 5]
    print(json.dumps(measure(Path(sys.argv[1]), *numbers), indent=1))


if __name__ == "__main__":
    main()
