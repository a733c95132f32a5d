"""A training that is killed at any moment ends, resumed, with the weights it would have had."""

import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
import pytest

from imaging.sources.masks import mask_png
from models.artefacts import read_json, write_columns
from models.checkpoint import CHECKPOINTS
from models.fit import fit_model
from models.fit_masks import fit_masks
from models.params import DecodeParams, FitParams, OperatingRule, Params, TaskParams, params_text
from models.progress import Report
from models.train import DECODED, MODEL_FOLDER
from models.training import TrainingOrder, run_training
from records.settings import REPOSITORY
from tests.models.conftest import SPLITS, picture, write_dataset

pytestmark = [pytest.mark.proof, pytest.mark.timeout(600)]

FULL = os.environ.get("RADVIGIL_PROOF") == "full"
KILLS = 12 if FULL else 1
EPOCHS = 60 if FULL else 12
WRITTEN = ("weights.pt", "training.json", "curve.csv", "feature_reference.npz")
FIT = replace(
    FitParams(), width=4, min_epochs=EPOCHS, max_epochs=EPOCHS, batch_size=8, rotation=10.0,
    gamma=0.2, balanced=True,
)  # fmt: skip
TASKS = {
    "one finding": Params(seed=5, threads=1, decode=DecodeParams(32), fit=FIT),
    "classes": Params(
        seed=5, threads=1, decode=DecodeParams(32), fit=FIT,
        task=TaskParams("multiclass", ("normal", "benign", "malignant")),
    ),
    "outlines": Params(
        seed=5, threads=1, decode=DecodeParams(32), fit=replace(FIT, network="unet"),
        task=TaskParams("segmentation"),
    ),
}  # fmt: skip


def write_decoded(folder: Path, *, classes: int, count: int = 72) -> Path:
    """What the decode stage leaves: pictures of a square, its class, and its mask."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(2)
    pictures, masks = np.zeros((count, 32, 32), np.uint8), {}
    for at in range(count):
        whole = picture(rng, 0, side=32)
        top, left = rng.integers(2, 14, 2)
        mask = np.zeros((32, 32), bool)
        mask[top : top + 16, left : left + 16] = True
        whole[mask] += np.uint16(400 * (at // len(SPLITS) % classes))
        pictures[at] = np.clip(whole // 12, 0, 255)
        masks[f"{at:064x}"] = mask_png(mask)
    np.save(folder / "arrays.npy", pictures)
    with tarfile.open(folder / "masks.tar", "w") as tar:
        for name, content in masks.items():
            entry = tarfile.TarInfo(f"{name}.png")
            entry.size = len(content)
            tar.addfile(entry, BytesIO(content))
    write_columns(folder / "index.parquet", {
        "instance_uid": np.array([f"2.25.{at}" for at in range(count)]),
        "split": np.array([SPLITS[at % len(SPLITS)] for at in range(count)]),
        "finding": (np.arange(count) // len(SPLITS) % classes).astype(np.int8),
        "region": np.array(list(masks)),
    })  # fmt: skip
    return folder


def fit(
    task: str, decoded: Path, model: Path, checkpoints: Path | None, report: Report | None = None
) -> None:
    learn = fit_masks if task == "outlines" else fit_model
    learn(decoded, model, params=TASKS[task], report=report, checkpoints=checkpoints)


def epochs_behind(model: Path) -> int:
    curve = model / "curve.csv"
    return len(curve.read_text().splitlines()) - 1 if curve.is_file() else 0


def wait_for(reached: Callable[[], bool], running: Callable[[], bool]) -> None:
    while running() and not reached():
        time.sleep(0.002)


@pytest.fixture(scope="module")
def processes() -> multiprocessing.context.ForkServerContext:
    """Processes that have loaded torch already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch", "tests.proof.test_training_killed"])
    return context


@pytest.mark.parametrize("task", TASKS)
def test_a_fit_killed_at_random_epochs_ends_with_the_same_bytes(
    task: str, processes: multiprocessing.context.ForkServerContext, tmp_path: Path
) -> None:
    decoded = write_decoded(tmp_path / DECODED, classes=3 if task == "classes" else 2)
    fit(task, decoded, tmp_path / "whole", None)
    chance, model = random.Random(task), tmp_path / "killed"
    for epoch in sorted(chance.sample(range(1, EPOCHS - 2), KILLS)):
        child: BaseProcess = processes.Process(
            target=fit, args=(task, decoded, model, tmp_path / CHECKPOINTS)
        )
        child.start()
        wait_for(lambda epoch=epoch: epochs_behind(model) >= epoch, child.is_alive)
        time.sleep(chance.uniform(0, 0.01))
        child.kill()
        child.join()
        assert child.exitcode == -signal.SIGKILL
        assert not (model / "weights.pt").exists()
    lines: list[str] = []
    fit(task, decoded, model, tmp_path / CHECKPOINTS, lines.append)
    assert "goes on after epoch" in lines[0]
    for name in WRITTEN:
        assert (model / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    assert read_json(model / "cost.json")["resumed"] >= 1
    assert not (tmp_path / CHECKPOINTS).exists()


@pytest.mark.skipif(not FULL, reason="DVC needs some twenty seconds a run: make proof")
def test_a_whole_run_whose_parent_is_killed_goes_on_in_the_next_one(tmp_path: Path) -> None:
    dataset = write_dataset(tmp_path / "dataset")
    sources = tmp_path / "sources"
    sources.mkdir()
    for name in ("models", "measures", "imaging", "requirements.txt", "dvc.yaml"):
        (sources / name).symlink_to(REPOSITORY / name)
    (sources / "params.yaml").write_text(params_text(TASKS["one finding"]))
    program = (
        "import sys; from pathlib import Path; from models.params import OperatingRule;"
        "from models.training import TrainingOrder, run_training;"
        "home, data, sources = map(Path, sys.argv[1:]);"
        "run_training(home, TrainingOrder('chest', data, OperatingRule(), seed=5, sources=sources))"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "killed"), str(dataset), str(sources)]
    folder = tmp_path / "killed" / "training" / "chest"
    for epoch in (9, 31):
        with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL) as running:
            wait_for(
                lambda epoch=epoch: epochs_behind(folder / MODEL_FOLDER) >= epoch,
                lambda: running.poll() is None,
            )
            running.kill()
        assert (folder / CHECKPOINTS).is_dir()
    lines: list[str] = []
    order = TrainingOrder("chest", dataset, OperatingRule(), seed=5, sources=sources)
    found = run_training(tmp_path / "killed", order, report=lines.append)
    assert any("goes on after epoch" in line for line in lines)
    assert not (folder / CHECKPOINTS).exists()
    assert found.weights_hash == run_training(tmp_path / "whole", order).weights_hash
    shutil.rmtree(tmp_path / "killed")
