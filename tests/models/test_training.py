import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from models.epochs import read_curve
from models.interrupted import end_interrupted_run
from models.params import OperatingRule, Params, load_params, params_text
from models.train import run_stage
from models.training import TrainingFailed, TrainingOrder, run_training
from models.weights import load_weights
from records.errors import InvalidInput, NotFound
from records.quiet import QUIET
from records.settings import REPOSITORY

ROOMS = ("models", "measures", "imaging", "requirements.txt", "dvc.yaml")


@pytest.fixture
def sources(tmp_path: Path, tiny_params: Params) -> Path:
    """The repository's own definition and code, with parameters for a tiny network."""
    folder = tmp_path / "sources"
    folder.mkdir()
    for name in ROOMS:
        (folder / name).symlink_to(REPOSITORY / name)
    (folder / "params.yaml").write_text(params_text(tiny_params))
    return folder


def order(dataset: Path, sources: Path, **changes: object) -> TrainingOrder:
    values: dict[str, object] = {
        "name": "chest", "dataset_folder": dataset, "seed": 3, "sources": sources,
        "operating_point": OperatingRule("fixed_sensitivity", 0.9),
    } | changes  # fmt: skip
    return TrainingOrder(**values)  # type: ignore[arg-type]


@pytest.mark.requirement("REG-045")
@pytest.mark.proof
def test_a_training_run_is_reproduced_and_the_same_order_twice_does_nothing(
    tiny_dataset: Path, training_folder: Path, sources: Path, tmp_path: Path
) -> None:
    lines: list[str] = []
    rows: list[dict[str, float]] = []
    first = run_training(
        tmp_path / "vault", order(tiny_dataset, sources), report=lines.append, epoch=rows.append
    )
    assert first.stages_run == ("decode", "fit", "export", "calibrate", "score")
    assert any(line.startswith("epoch") for line in lines)
    assert rows == read_curve(first.model_folder / "curve.csv")
    assert [row["epoch"] for row in rows] == list(range(1, len(rows) + 1))
    load_weights(first.model_folder, first.weights_hash)
    # The stages run here, without DVC, gave the same model.
    for name in ("weights.pt", "model.onnx", "model.json", "predictions.parquet", "metrics.json"):
        made = (training_folder / "model" / name).read_bytes()
        assert (first.model_folder / name).read_bytes() == made
    again = run_training(tmp_path / "vault", order(tiny_dataset, sources))
    assert again.stages_run == ()
    assert again.git_commit == first.git_commit
    assert again.lock_digest == first.lock_digest
    # Another declared rule calibrates and scores again; the network is not trained again.
    other = order(tiny_dataset, sources, operating_point=OperatingRule("youden", None))
    changed = run_training(tmp_path / "vault", other)
    assert changed.stages_run[0] == "calibrate"
    assert changed.weights_hash == first.weights_hash
    assert changed.git_commit != first.git_commit
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=first.folder, capture_output=True, text=True, check=True
    ).stdout.split()
    kept = {"dvc.lock", "dvc.yaml", "params.yaml", "code.json", "model/metrics.json"}
    assert kept <= set(tracked)
    assert not any(name.startswith("dataset/") or name.endswith(".pt") for name in tracked)
    assert load_params(first.folder / "params.yaml").operating_point.rule == "youden"
    # every run is a line of one table, as docs/training.md says
    table = list(csv.DictReader(experiments(first.folder).splitlines()))
    rules = [row["operating_point.rule"] for row in table]
    assert rules == ["youden", "youden", "fixed_sensitivity"]
    assert {row["seed"] for row in table} == {"3"}
    assert all(0 <= float(row["tuning.auc.value"]) <= 1 for row in table)


def experiments(folder: Path) -> str:
    wanted = r"^seed$|^operating_point.rule$|^tuning\.auc\.value$"
    return subprocess.run(
        [sys.executable, "-m", "dvc", "exp", "show", "-A", "--csv", "--drop", ".*", "--keep",
         wanted],
        cwd=folder, capture_output=True, text=True, check=True, env={**os.environ, **QUIET},
    ).stdout  # fmt: skip


@pytest.mark.slow
def test_a_failing_stage_tells_why_and_commits_nothing(
    tiny_dataset: Path, sources: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(tiny_dataset, damaged)
    (damaged / "shard-0000.tar").unlink()
    with pytest.raises(TrainingFailed, match="ended with code") as failed:
        run_training(tmp_path / "vault", order(damaged, sources))
    assert "decode" in str(failed.value)
    assert not (tmp_path / "vault" / "training" / "chest" / "dvc.lock").exists()


def test_parameters_that_cannot_work_are_refused_before_anything_runs(
    tiny_dataset: Path, sources: Path, tmp_path: Path
) -> None:
    text = (sources / "params.yaml").read_text()
    (sources / "params.yaml").write_text(text.replace("input_size: 32", "input_size: 0"))
    with pytest.raises(InvalidInput, match="input_size is at least 16"):
        run_training(tmp_path / "vault", order(tiny_dataset, sources))


def test_without_a_frozen_dataset_nothing_is_begun(tmp_path: Path, sources: Path) -> None:
    with pytest.raises(NotFound, match="no frozen dataset"):
        run_training(tmp_path / "vault", order(tmp_path, sources))
    assert not (tmp_path / "vault").exists()


def test_an_unknown_stage_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="known: decode, fit, export, calibrate, score"):
        run_stage("evaluate", tmp_path)


def test_the_definition_runs_every_stage_once() -> None:
    from ruamel.yaml import YAML

    from models.train import STAGES

    stages = YAML(typ="safe").load((REPOSITORY / "dvc.yaml").read_text())["stages"]
    assert list(stages) == list(STAGES)
    for name, stage in stages.items():
        assert stage["cmd"] == f"radvigil model {name}"
        assert "code.json" in stage["deps"]
    assert json.dumps(stages)


def waiting(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    """A process that has started in the folder, and waits."""
    program = "import time; print('here', flush=True); time.sleep(60)"
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments], cwd=folder, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "here\n"
    return process


def test_a_killed_run_leaves_nothing_that_stops_the_next_one(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "vault" / "training" / "chest"
    (folder / ".dvc" / "tmp").mkdir(parents=True)
    lock = folder / ".dvc" / "tmp" / "rwlock"
    entry = {"pid": os.getpid(), "cmd": "dvc repro"}
    lock.write_text(json.dumps({str(folder / "decoded/index.parquet"): {"write": entry}}))
    orphan, bystander = waiting(folder, "dvc", "repro"), waiting(folder)
    try:
        end_interrupted_run(folder)
        assert not psutil.pid_exists(orphan.pid)
        assert bystander.poll() is None
        assert not lock.exists()
        end_interrupted_run(folder)
    finally:
        for process in (orphan, bystander):
            process.kill()
            process.communicate()
