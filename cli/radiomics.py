"""``radvigil radiomics``: features of outlined regions, and what can be told from them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import LOOK, AsJson, Home, noun
from cli.table_columns import (
    FileColumn,
    LabelColumn,
    MaskColumn,
    NegativeLabel,
    PatientColumn,
    PositiveLabel,
    SplitColumn,
    given_columns,
)  # fmt: skip

if TYPE_CHECKING:
    from measures.estimate import Estimate

app = noun("Radiomic features of outlined regions, by their IBSI names.")


@app.callback()
def radiomics() -> None:
    """Radiomic features of outlined regions, by their IBSI names."""


@app.command("features", rich_help_panel=LOOK)
def write_features(
    data: Annotated[
        Path, typer.Option(help="A folder with a CSV that names pictures, masks and labels.")
    ],
    finding: Annotated[str, typer.Option(help="The finding that the label tells of.")],
    out: Annotated[Path, typer.Option(help="The CSV to write, a line a region.")],
    settings: Annotated[
        Path | None,
        typer.Option(help="YAML: how regions are prepared; else 32 bins on their own grid."),
    ] = None,
    pixel_mm: Annotated[
        float | None,
        typer.Option(help="Side of a pixel where a picture states none, mm; else pixels."),
    ] = None,
    file_column: FileColumn = None,
    mask_column: MaskColumn = None,
    label_column: LabelColumn = None,
    patient_column: PatientColumn = None,
    split_column: SplitColumn = None,
    positive_label: PositiveLabel = None,
    negative_label: NegativeLabel = None,
    as_json: AsJson = False,
    home: Home = None,  # noqa: ARG001  (its callback notes where failures are written)
) -> None:
    """Write every feature of each outlined region, its settings' digest, and why one is missing.

    No workspace is needed, and no record is written. What each feature is: docs/radiomics.md.
    """
    from cli.printing import print_fields
    from journeys.measure_radiomics import RadiomicsOrder, measure_table, read_settings

    if pixel_mm is not None and not 0 < pixel_mm < 100:
        raise typer.BadParameter("--pixel-mm is above 0 and below 100.")
    columns = given_columns(
        file=file_column, mask=mask_column, label=label_column, patient=patient_column,
        split=split_column, positive=positive_label, negative=negative_label,
    )  # fmt: skip
    chosen = read_settings(settings)
    order = RadiomicsOrder(data, finding, columns, chosen, pixel_mm)
    found = measure_table(order, out, report=lambda line: typer.echo(line, err=True))
    reasons = {f"not estimable, {why}": count for why, count in found.reasons.items()}
    fields: dict[str, Any] = {
        "regions": found.regions, "features": found.features, "settings": chosen.digest,
        "written to": str(out), **reasons,
    }  # fmt: skip
    print_fields(fields | {"notes": list(found.notes)}, as_json=as_json)


@app.command("classify", rich_help_panel=LOOK)
def classify(
    features: Annotated[Path, typer.Argument(help="A CSV of 'radvigil radiomics features'.")],
    seed: Annotated[int, typer.Option(help="Of the folds.")],
    folds: Annotated[int, typer.Option(help="How many; a patient lies in one.")] = 5,
    sensitivity: Annotated[
        float, typer.Option(help="That the operating point is chosen for, inside each fold.")
    ] = 0.90,
    as_json: AsJson = False,
    home: Home = None,  # noqa: ARG001  (its callback notes where failures are written)
) -> None:
    """Judge a classifier on these features by cross-validation over patients, with intervals.

    Everything that is learned is learned anew inside each fold. The size of the region alone is
    judged beside it: a model that is no better has learned the size.
    """
    from cli.printing import print_json, print_rows
    from journeys.measure_radiomics import classify_table
    from models.radiomics.classifier import ClassifierPlan

    found, table, digest = classify_table(features, ClassifierPlan(seed, folds, sensitivity))
    rows = [
        *(_row(one.measure, one) for one in found.estimates),
        *(_row(f"auc, fold {at}", one) for at, one in enumerate(found.by_fold, start=1)),
        _row("auc, size alone", found.size_alone),
    ]
    if as_json:
        print_json({
            "regions": len(table.truth), "with_finding": int(table.truth.sum()),
            "settings": digest, "estimates": rows, "kept_in_folds": found.chosen,
            "left_out": list(found.left_out),
        })  # fmt: skip
        return
    patients = len(set(table.patients.tolist()))
    typer.echo(f"{len(table.truth)} regions of {patients} patients, {table.truth.sum()} with it")
    print_rows(rows, as_json=False, empty="Nothing was measured.")
    always = [key for key, count in found.chosen.items() if count == folds]
    typer.echo(f"kept in every fold: {', '.join(always) or 'no feature'}")
    typer.echo(f"left out, without two different values: {', '.join(found.left_out) or 'none'}")


def _row(name: str, estimate: "Estimate") -> dict[str, Any]:
    return {
        "measure": name, "value": estimate.value, "low": estimate.low, "high": estimate.high,
        "n": estimate.n, "why not": estimate.reason or "",
    }  # fmt: skip
