"""Whether the maps of a trained demonstration model hang on its weights, and find the disease.

    python -m benchmarks.explanation FOLDER

Simulates studies, trains as ``radvigil model train`` does, and prints, as JSON, the randomisation
check of both methods and how much of their maps lies in the true region, and in that of another
patient, on held-out studies with the finding; some maps are in FOLDER/maps.png.
"""

import hashlib
import json
import sys
import tarfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.pixels import read_file, read_pixels
from imaging.results.heat_map import coloured
from imaging.sources.cases import Case, draw_case
from imaging.sources.simulator import development_plan, region_of, simulate
from imaging.sources.sites import EXTERNAL_SITE
from measures.attribution import region_overlap, shown
from measures.clusters import Resampling
from measures.study_means import mean_over_studies
from models.artefacts import METRICS, MODEL, read_json, write_columns
from models.explain import METHODS, explain
from models.explain_checks import check_sanity
from models.params import DecodeParams, Params, params_text
from models.predict import Predictor, trained_engine
from models.train import STAGES, run_stage

SEED, PER_SITE, SHOWN = 11, 400, 80
SPLITS = ("train", "train", "train", "tuning", "internal_test", "internal_test")
PARAMS = Params(seed=SEED, threads=1, decode=DecodeParams(processes=1))


def prepare(folder: Path) -> list[tuple[Case, NDArray[np.float32]]]:
    """Train in a new folder; returns the held-out cases with the disease and their pictures."""
    plans = [one for one in development_plan(SEED, PER_SITE) if one.defect is None]
    studies = simulate(plans, folder / "files", workers=1)
    (folder / "dataset").mkdir(parents=True)
    cases = [draw_case(one) for one in plans]
    split = [
        "external_test" if one.site == EXTERNAL_SITE else SPLITS[at % len(SPLITS)]
        for at, one in enumerate(plans)
    ]
    members = []
    with tarfile.open(folder / "dataset" / "shard-0000.tar", "w") as tar:
        for one in studies:
            members.append(hashlib.sha256(one.path.read_bytes()).hexdigest() + ".dcm")
            tar.add(one.path, members[-1])
    count = len(plans)
    write_columns(folder / "dataset" / "manifest.parquet", {
        "instance_uid": np.array([f"2.25.{at + 1000}" for at in range(count)]),
        "study_uid": np.array([one.study_uid for one in studies]),
        "patient": np.array([f"P{at:05d}" for at in range(count)]),
        "site": np.array([one.site for one in plans]), "split": np.array(split),
        "finding": np.array([one.finding for one in cases], dtype=np.int8),
        "age_years": np.array([float(one.age_years) for one in cases]),
        "shard": np.full(count, "shard-0000.tar"), "member": np.array(members),
    })  # fmt: skip
    (folder / "params.yaml").write_text(params_text(PARAMS))
    for stage in STAGES:
        run_stage(stage, folder, report=lambda line: print(line, file=sys.stderr))
    held = [at for at in range(count) if split[at] == "internal_test" and cases[at].finding]
    return [
        (cases[at], read_pixels(read_file(studies[at].path)).array) for at in held[:SHOWN]
    ]


def overlap(maps: NDArray[Any], regions: NDArray[np.bool_]) -> dict[str, Any]:
    """Each measure over the pictures that have a map; maps, regions: (pictures, rows, columns)."""
    scores = [
        region_overlap(seen, region) if (seen := shown(one)) is not None else None
        for one, region in zip(maps, regions, strict=True)
    ]
    return {
        measure: asdict(mean_over_studies(
            measure, [getattr(one, measure) if one else None for one in scores],
            patients=range(len(scores)), resampling=Resampling(SEED), undefined="left out",
            bounds=(0.0, 1.0),
        ))
        for measure in ("pointing", "mass", "iou", "area", "iou_chance")
    }  # fmt: skip


def draw(path: Path, kept: dict[str, Any], count: int = 4) -> None:
    """The first pictures, then their maps a method a row, the true region in outline."""
    from PIL import Image
    from scipy.ndimage import binary_erosion

    rows = []
    for method in ("", *METHODS):
        row = []
        for at, (grey, region) in enumerate(zip(kept["pictures"], kept["regions"], strict=True)):
            heat = shown(kept[method][at]) if method else None
            tile = coloured(grey, np.zeros_like(grey) if heat is None else heat)
            tile[region & ~binary_erosion(region)] = (0, 255, 255)
            row.append(tile)
        rows.append(np.hstack(row[:count]))
    whole = Image.fromarray(np.vstack(rows))
    whole.quantize(256, method=Image.Quantize.MAXCOVERAGE).save(path, optimize=True)


def main(folder: Path) -> None:
    """Print the figures."""
    held = prepare(folder)
    name = read_json(folder / "model" / MODEL)["weights_hash"]
    model = Predictor.load(folder / "model", weights_hash=name)
    network, size = trained_engine(folder / "model", model).network, PARAMS.decode.input_size
    pictures, patients = [one for _, one in held], range(len(held))
    regions = [region_of(case) for case, _ in held]
    kept: dict[str, Any] = {"pictures": np.stack(pictures), "regions": np.stack(regions)}
    found = {"model": read_json(folder / "model" / METRICS), "pictures": len(held)}
    for method in METHODS:
        maps = explain(network, pictures, size=size, method=method)
        kept[method] = np.stack([one.values for one in maps])
        check = check_sanity(
            network, pictures, patients=patients, size=size, method=method, seed=SEED
        )
        found[method] = {
            "verdict": check.verdict, "steps": [asdict(one) for one in check.steps],
            "worst_gap": max((abs(one.gap) for one in maps if one.gap is not None), default=None),
            "silent_maps": sum(bool(one.reason) for one in maps),
            "overlap": overlap(kept[method], kept["regions"]),
            "overlap_with_another_patients_region": overlap(
                kept[method], np.roll(kept["regions"], 1, axis=0)
            ),
        }  # fmt: skip
    draw(folder / "maps.png", kept)
    np.savez_compressed(folder / "maps.npz", **kept)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
