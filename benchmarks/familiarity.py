"""Which score of strangeness tells far and near cases from the pictures that a device is for.

    python -m benchmarks.familiarity DATA [EPOCHS WIDTH PICTURES]

DATA holds cxr-kermany-224, cxr-nih-256, us-busi-256 and dicom with their manifests. Trains a
classifier on radiographs of children as ``radvigil model fit`` does and prints, as a table, the AUC
with which each score tells strange pictures from the official test of the same children: far
(ultrasound, CT) and near (radiographs of adults). Nothing is recorded.
"""

import csv
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imaging.pixels import PixelsRefused, read_file, read_pixels
from imaging.sources.pictures import read_grey
from measures.binary import auc
from models.arithmetic import network_outputs, repeatable
from models.artefacts import TRAINING, read_columns, read_json, write_columns
from models.familiarity import learn_reference
from models.networks import build_network
from models.params import DecodeParams, FitParams, Params, params_text
from models.picture_features import picture_features
from models.preprocessing import own_preprocessing
from models.train import run_stage
from models.weights import load_weights

SIDE, SEED, NEIGHBOURS = 64, 1, 10
Numbers = NDArray[np.float64]
Pictures = NDArray[np.uint8]
FAR = {"ultrasound of the breast": "us-busi-256", "CT slices": "dicom"}
NEAR = {"chest radiographs of adults": "cxr-nih-256"}


def table(folder: Path) -> list[dict[str, str]]:
    """The rows of a folder's manifest, in its order."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def pictures_of(folder: Path, rows: list[dict[str, str]]) -> Pictures:
    """The prepared pictures of a folder's rows; of DICOM files those that can be read."""
    preparation = own_preprocessing(SIDE)

    def arrays() -> Iterator[NDArray[np.float64]]:
        for row in rows:
            path = folder / row["file"]
            if "modality" not in row:
                grey = read_grey(path, where=row["file"])
                yield grey / (255.0 if grey.dtype == np.uint8 else 65535.0)
                continue
            try:
                yield read_pixels(read_file(path)).array
            except PixelsRefused:
                continue

    return np.stack([preparation.picture(one) for one in arrays()])


def train(data: Path, work: Path, fit: FitParams, learnt: int) -> tuple[Pictures, Numbers]:
    """Fit on some training pictures, tune on others of other patients; decoded/ and model/ in
    work. Returns the official test."""
    rows = table(data / "cxr-kermany-224")
    training = [row for row in rows if row["split"] == "train"]
    groups = sorted({row["group_id"] for row in training})
    order = np.random.default_rng(SEED).permutation(len(groups))
    rank = {groups[at]: place for place, at in enumerate(order)}
    training.sort(key=lambda row: (rank[row["group_id"]], row["file"]))
    training = training[:learnt]
    held = {row["group_id"] for row in training[-learnt // 5 :]}
    decoded = work / "decoded"
    decoded.mkdir()
    np.save(decoded / "arrays.npy", pictures_of(data / "cxr-kermany-224", training))
    write_columns(decoded / "index.parquet", {
        "instance_uid": np.array([row["file"] for row in training]),
        "split": np.array(["tuning" if row["group_id"] in held else "train" for row in training]),
        "finding": np.array([int(row["y"]) for row in training], np.int8),
    })  # fmt: skip
    params = Params(seed=SEED, threads=1, decode=DecodeParams(SIDE), fit=fit)
    (work / "params.yaml").write_text(params_text(params))
    run_stage("fit", work, report=lambda line: print(line, file=sys.stderr, flush=True))
    test = [row for row in rows if row["split"] == "test"]
    truth = np.array([int(row["y"]) for row in test], dtype=np.float64)
    return pictures_of(data / "cxr-kermany-224", test), truth


def scores(work: Path, fit: FitParams) -> dict[str, Callable[[Pictures], Numbers]]:
    """Each score as a function of prepared pictures; higher is stranger."""
    network = build_network(fit)
    name = str(read_json(work / "model" / TRAINING)["weights_hash"])
    network.load_state_dict(load_weights(work / "model", name))
    arrays = np.load(work / "decoded" / "arrays.npy")
    split = read_columns(work / "decoded" / "index.parquet")["split"]

    def seen(pictures: Pictures) -> tuple[Numbers, Numbers]:
        with repeatable(threads=1):
            return network_outputs(network, pictures)

    learnt, held = (seen(arrays[split == one])[1] for one in ("train", "tuning"))
    reference = learn_reference(learnt, held)
    plain = learn_reference(
        *(picture_features(arrays[split == one]) for one in ("train", "tuning"))
    )
    directions = unit(learnt)

    def nearest(pictures: Pictures) -> Numbers:
        """Distance to the tenth of the nearest training pictures (Sun et al., ICML 2022)."""
        likeness = unit(seen(pictures)[1]) @ directions.T
        kept = np.sort(likeness, axis=1)[:, -NEIGHBOURS]
        return np.asarray(1.0 - kept, dtype=np.float64)

    def energy(pictures: Pictures) -> Numbers:
        """Liu et al., NeurIPS 2020, of the two logits -l/2 and l/2."""
        half = seen(pictures)[0] / 2
        return np.asarray(-np.logaddexp(half, -half), dtype=np.float64)

    return {
        "Mahalanobis, last features (served)": lambda one: reference._distance(seen(one)[1]),
        "nearest neighbours, last features": nearest,
        "energy of the output": energy,
        "Mahalanobis, features of the picture": lambda one: plain._distance(picture_features(one)),
    }


def unit(features: Numbers) -> Numbers:
    """Features of length 1 each."""
    return np.asarray(features / (np.linalg.norm(features, axis=1, keepdims=True) + 1e-12))


def main() -> None:
    """See the module."""
    data = Path(sys.argv[1])
    epochs, width, learnt = [int(one) for one in sys.argv[2:]] or [16, 16, 3590]
    fit = FitParams(width=width, min_epochs=epochs, max_epochs=epochs, rotation=10.0, balanced=True)
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        test, truth = train(data, work, fit, learnt)
        found = scores(work, fit)
        print(f"{learnt} pictures, {epochs} epochs, width {width}, {len(test)} of the test")
        network = build_network(fit)
        name = str(read_json(work / "model" / TRAINING)["weights_hash"])
        network.load_state_dict(load_weights(work / "model", name))
        with repeatable(threads=1):
            print(f"the finding itself: {auc(truth, network_outputs(network, test)[0])}")
        print("| strange pictures | n | score | AUC | 95 % interval |")
        print("|---|---|---|---|---|")
        for kind, folder in (FAR | NEAR).items():
            rows = [row for row in table(data / folder) if row.get("modality", "CT") == "CT"]
            strange = pictures_of(data / folder, rows)
            label = np.repeat([0, 1], [len(test), len(strange)])
            for said, score in found.items():
                one = auc(label, np.concatenate([score(test), score(strange)]))
                print(f"| {kind} | {len(strange)} | {said} | {one.value:.3f} | "
                      f"{one.low:.3f} to {one.high:.3f} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
