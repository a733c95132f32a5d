"""``radvigil model``: model versions, and the stages that make them."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli import model_difference, model_encoder, model_explain, model_lineage, model_sbom
from cli.model_retrain import retrain, retrainings
from cli.model_validate import validate
from cli.opening import acting, device_name, looking, now_of, seed_for, start_routine
from cli.options import ACT, LOOK, AsJson, DeviceName, Home, Reason, Seed, noun
from cli.table_columns import (
    AgeColumn,
    Boxes,
    CleanColumn,
    DateColumn,
    Facts,
    FileColumn,
    FollowUpColumn,
    LabelColumn,
    MaskColumn,
    NegativeLabel,
    PatientColumn,
    PositiveLabel,
    SexColumn,
    SiteColumn,
    SplitColumn,
    ViewColumn,
    given_columns,
)  # fmt: skip

app = noun("Model versions, and the stages that make them.")
app.command(rich_help_panel=ACT)(validate)
app.command(rich_help_panel=ACT)(retrain)
app.command(rich_help_panel=LOOK)(retrainings)
app.command(rich_help_panel=ACT)(model_encoder.pretrain)
app.command(rich_help_panel=ACT)(model_encoder.encoder)
app.command(rich_help_panel=LOOK)(model_encoder.encoders)
app.command(rich_help_panel=LOOK)(model_sbom.sbom)
app.command(rich_help_panel=LOOK)(model_difference.diff)
app.command(rich_help_panel=LOOK)(model_difference.ledger)
app.command(rich_help_panel=ACT)(model_difference.clear)
app.command(rich_help_panel=LOOK)(model_lineage.lineage)
app.command(rich_help_panel=LOOK)(model_lineage.compare)
app.command(rich_help_panel=LOOK)(model_lineage.failures)

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
    data: Annotated[
        Path | None,
        typer.Option(help="First take in a folder of images with a CSV, or a MedMNIST .npz."),
    ] = None,
    source: Annotated[str, typer.Option(help="With --data: where the images come from.")] = "",
    legal_basis: Annotated[
        str, typer.Option("--legal-basis", help="With --data: why they may be used.")
    ] = "",
    consent: Annotated[str, typer.Option(help="With --data: what the patients agreed to.")] = "",
    file_column: FileColumn = None,
    label_column: LabelColumn = None,
    patient_column: PatientColumn = None,
    site_column: SiteColumn = None,
    age_column: AgeColumn = None,
    sex_column: SexColumn = None,
    view_column: ViewColumn = None,
    date_column: DateColumn = None,
    split_column: SplitColumn = None,
    mask_column: MaskColumn = None,
    clean_column: CleanColumn = None,
    boxes: Boxes = None,
    follow_up_column: FollowUpColumn = None,
    facts: Facts = None,
    positive_label: PositiveLabel = None,
    negative_label: NegativeLabel = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Reproduce the training on the newest dataset version; record the candidate.

    With --data the images are first taken in and frozen, in a workspace that is made if need be; a
    split that the table states is kept, and else patients are dealt by the seed. What is not said
    of source, legal basis and consent stands in the datasheet as not stated.
    """
    from cli.model_outside import train_on, version_facts
    from cli.printing import print_json
    from journeys.retrain import retrain as train_candidate

    if data is not None:
        columns = given_columns(
            file=file_column, label=label_column, patient=patient_column, site=site_column,
            age=age_column, sex=sex_column, view=view_column, date=date_column,
            split=split_column, mask=mask_column, clean=clean_column, boxes=boxes,
            follow_up=follow_up_column, facts=facts,
            positive=positive_label or None, negative=negative_label or None,
        )
        train_on(data, device, seed, columns, (source, legal_basis, consent), as_json, home)
        return
    with acting(home) as store:
        version = train_candidate(
            store, device_name(store, device), seed=seed_for(store, seed),
            actor=start_routine(store, "service:training", task="model train"),
            now=now_of(store), report=lambda line: typer.echo(line, err=True),
        )
    if as_json:
        print_json(version_facts(version))
        return
    typer.echo(f"{version.label} {version.name}: {version.status}, weights {version.weights_hash}.")


@app.command(rich_help_panel=ACT)
def register(
    onnx: Annotated[Path, typer.Option("--onnx", help="The model: one ONNX file.")],
    preprocessing: Annotated[
        Path,
        typer.Option(help="YAML or JSON: how pictures are prepared, what the output is, and what "
                          "the maker states (docs/bring-your-own-model.md)."),
    ],
    operating_point: Annotated[
        float, typer.Option("--operating-point", help="Yes from this probability on.")
    ],
    reason: Reason,
    calibration: Annotated[
        str, typer.Option(help="Slope and intercept of the logit, as 'SLOPE,INTERCEPT'.")
    ] = "1,0",
    device: DeviceName = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Take in a model that was trained elsewhere, score it on the newest dataset, record it.

    It is then evaluated, proposed, signed, released and watched like any other; what its maker does
    not state of its training is shown as a gap. Needs 'radvigil user login'.
    """
    from cli.model_outside import register_for

    said = (onnx, preprocessing, operating_point, calibration)
    register_for(said, device, reason, as_json, home)


@app.command(rich_help_panel=ACT)
def evaluate(
    label: Annotated[
        str | None, typer.Argument(help="A model version's label, such as MDV-0001.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="The same, its name or weights hash.")] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Instead of the locked tests: images with a CSV, or a MedMNIST .npz."),
    ] = None,
    part: Annotated[
        str | None, typer.Option(help="With --data: only rows of this part, such as test.")
    ] = None,
    file_column: FileColumn = None,
    label_column: LabelColumn = None,
    patient_column: PatientColumn = None,
    site_column: SiteColumn = None,
    age_column: AgeColumn = None,
    sex_column: SexColumn = None,
    view_column: ViewColumn = None,
    date_column: DateColumn = None,
    split_column: SplitColumn = None,
    mask_column: MaskColumn = None,
    clean_column: CleanColumn = None,
    boxes: Boxes = None,
    follow_up_column: FollowUpColumn = None,
    facts: Facts = None,
    positive_label: PositiveLabel = None,
    negative_label: NegativeLabel = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Evaluate on the locked test sets; judge the declared acceptance criteria.

    With --data, evaluate on images that no record holds: every measure with its interval, nothing
    is recorded, and no criterion is judged by it.
    """
    from cli.model_outside import evaluate_on, meant
    from cli.printing import print_rows
    from journeys.release import evaluate_version
    from records.lookup import find_record
    from records.product import ModelVersion

    label = meant(label, model)
    if data is not None:
        columns = given_columns(
            file=file_column, label=label_column, patient=patient_column, site=site_column,
            age=age_column, sex=sex_column, view=view_column, date=date_column, split=split_column,
            mask=mask_column, clean=clean_column, boxes=boxes, follow_up=follow_up_column,
            facts=facts, positive=positive_label or None, negative=negative_label or None,
        )
        evaluate_on(label, data, columns, part, as_json, home)
        return
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


@app.command(rich_help_panel=LOOK)
def predict(
    path: Annotated[Path, typer.Argument(help="A DICOM, PNG or JPEG file, or a folder of them.")],
    model: Annotated[str, typer.Option(help="A label, a name, or a weights hash.")],
    enhanced: Annotated[
        Path | None,
        typer.Option(help="Of a device that enhances: an empty folder for its images."),
    ] = None,
    facts: Annotated[
        Path | None,
        typer.Option(help="Clinical facts of a prognosis: a CSV of file, code, value, unit, "
                          "days_before."),
    ] = None,
    outlines: Annotated[
        Path | None,
        typer.Option(help="Of a device that reads an outlined region: a folder with a PNG mask a "
                          "file, of the same name."),
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """What a model version says about files that no record holds; nothing is kept of them."""
    from cli.model_outside import predict_for

    predict_for(model, path, enhanced, facts, outlines, as_json, home)


app.command("explain", rich_help_panel=LOOK)(model_explain.explain)
app.command("explain-check", rich_help_panel=LOOK)(model_explain.explain_check)


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
def export() -> None:
    """The weights in model/ to model/model.onnx, the form that serves, in the current folder."""
    _run("export")


@app.command(rich_help_panel=STAGE)
def calibrate() -> None:
    """Calibration and operating point from the tuning split, in the current folder."""
    _run("calibrate")


@app.command(rich_help_panel=STAGE)
def score() -> None:
    """Predictions and first measures of the finished model, in the current folder."""
    _run("score")
