"""``radvigil model``: model versions, and the stages that make them."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.opening import acting, device_name, looking, now_of, seed_for, start_routine
from cli.options import ACT, LOOK, AsJson, DeviceName, Home, Seed, noun

app = noun("Model versions, and the stages that make them.")

STAGE = "Stages of dvc.yaml (files in, files out, no records)"


class Accelerator(StrEnum):
    """Where training computes. This version computes on the CPU, so that a seed fixes the bytes."""

    CPU = "cpu"


Where = Annotated[
    Accelerator, typer.Option("--accelerator", help="Where to compute; this version: cpu only.")
]


@app.command("list", rich_help_panel=LOOK)
def list_models(as_json: AsJson = False, home: Home = None) -> None:
    """Every model version, by the hash that names it."""
    from cli.printing import print_rows
    from records.lookup import list_records
    from records.product import ModelVersion

    with looking(home) as store, store.reader() as reader:
        rows = [
            {
                "model": one.label, "name": one.name, "status": one.status,
                "architecture": one.architecture, "operating_point": one.operating_point,
                "trained_at": one.trained_at, "weights_hash": one.weights_hash,
            }
            for one in list_records(reader, ModelVersion)
        ]
    print_rows(rows, as_json=as_json, empty="No model version was trained.")


@app.command(rich_help_panel=LOOK)
def workspace(device: DeviceName = None, home: Home = None) -> None:
    """Print the folder where 'dvc metrics diff', 'dvc plots' and 'dvc exp' are used."""
    with looking(home) as store:
        typer.echo(store.workspace.vault / "training" / device_name(store, device))


@app.command(rich_help_panel=ACT)
def train(
    device: DeviceName = None,
    seed: Seed = None,
    home: Home = None,
) -> None:
    """Reproduce the training on the newest dataset version; record the candidate."""
    from journeys.retrain import retrain

    with acting(home) as store:
        version = retrain(
            store, device_name(store, device), seed=seed_for(store, seed),
            actor=start_routine(store, "service:training", task="model train"),
            now=now_of(store), report=lambda line: typer.echo(line, err=True),
        )
    typer.echo(f"{version.label} {version.name}: {version.status}, weights {version.weights_hash}.")


@app.command(rich_help_panel=ACT)
def evaluate(
    label: Annotated[str, typer.Argument(help="A model version's label, such as MDV-0001.")],
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Evaluate on the locked test sets; judge the declared acceptance criteria."""
    from cli.printing import print_rows
    from journeys.release import evaluate_version
    from records.lookup import find_record
    from records.product import ModelVersion

    with acting(home) as store:
        with store.reader() as reader:
            version = find_record(reader, ModelVersion, label)
        actor = start_routine(store, "service:evaluation", task="model evaluate")
        results = evaluate_version(store, version, actor=actor, now=now_of(store))
    rows = [
        {
            "criterion": one.criterion, "statement": one.statement, "observed": one.observed,
            "verdict": one.verdict, "reason": one.reason,
        }
        for one in results
    ]
    print_rows(rows, as_json=as_json, empty="No criterion is declared.")


def _run(stage: str) -> None:
    from models.train import run_stage

    run_stage(stage, Path.cwd(), report=typer.echo)


@app.command(rich_help_panel=STAGE)
def decode() -> None:
    """dataset/ to decoded/, in the current folder."""
    _run("decode")


@app.command(rich_help_panel=STAGE)
def fit(accelerator: Where = Accelerator.CPU) -> None:  # noqa: ARG001
    """decoded/ to the weights in model/, in the current folder."""
    _run("fit")


@app.command(rich_help_panel=STAGE)
def calibrate() -> None:
    """Calibration and operating point from the tuning split, in the current folder."""
    _run("calibrate")


@app.command(rich_help_panel=STAGE)
def score() -> None:
    """Predictions and first measures of the finished model, in the current folder."""
    _run("score")
