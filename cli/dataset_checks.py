"""``radvigil dataset checks`` and ``check``: leakage, shortcuts, population and labels of data."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.opening import looking
from cli.options import AsJson, Home


def checks(
    label: Annotated[str, typer.Argument(help="A label such as DSV-0001.")],
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """What was checked before a dataset was frozen: each rule, its outcome, n and interval."""
    from records.errors import NotFound
    from records.lookup import find_record
    from records.product import DatasetVersion

    with looking(home) as store, store.reader() as reader:
        found = find_record(reader, DatasetVersion, label).datasheet.get("checks")
    if found is None:
        raise NotFound(
            f"{label} was frozen before datasets were checked this way.",
            hint="Freeze a new version, or run 'radvigil dataset check' on the images.",
        )
    _print(found, as_json=as_json)


def check(
    folders: Annotated[
        list[Path],
        typer.Argument(help="Folders of images with a CSV, or MedMNIST .npz files."),
    ],
    finding: Annotated[str, typer.Option(help="The finding that the labels are about.")],
    label_column: Annotated[str | None, typer.Option(help="The column of the finding.")] = None,
    patient_column: Annotated[str | None, typer.Option(help="The column of the patient.")] = None,
    split_column: Annotated[str | None, typer.Option(help="The column of the split.")] = None,
    positive_label: Annotated[
        list[str] | None, typer.Option(help="A value that means the finding is there.")
    ] = None,
    negative_label: Annotated[
        list[str] | None, typer.Option(help="A value that means it is not.")
    ] = None,
    rules: Annotated[
        str | None,
        typer.Option(help="A device's definition (name or .yaml): its rules and population."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check images with their table before they are taken in; nothing is recorded.

    Several folders are parts of one dataset: what they share is found. Exits with 1 where a
    refusing rule is broken.
    """
    from imaging.dataset_checks.folders import check_folders
    from imaging.sources.columns import ColumnMapping
    from records.definition import find_definition, load_definition

    columns = ColumnMapping(
        label=label_column, patient=patient_column, split=split_column,
        positive=tuple(positive_label or ()), negative=tuple(negative_label or ()),
    )
    report = check_folders(
        folders, finding=finding, columns=columns,
        definition=load_definition(find_definition(rules)) if rules else None,
    )
    _print(report.to_dict(), as_json=as_json)
    if report.refusing:
        raise typer.Exit(1)


def _print(found: dict[str, Any], *, as_json: bool) -> None:
    from cli.printing import print_json, print_rows

    if as_json:
        print_json(found)
        return
    print_rows(
        [
            {
                "rule": one["rule"].replace("_", " "), "about": one["subject"].replace("_", " "),
                "outcome": one["state"], "n": one["n"], "found": one["count"],
                "in words": one["said"], "first records": _first(one),
            }
            for one in found["outcomes"]
        ],
        as_json=False, empty="Nothing was checked.",
    )  # fmt: skip
    typer.echo(f"{found['n']} images, {len(found['limitations'])} stated limitations.")


def _first(outcome: dict[str, Any]) -> str:
    """The first records that broke a rule, a few of each group."""
    groups = [", ".join(group[:2]) + (" ..." if len(group) > 2 else "")
              for group in outcome["groups"][:3]]  # fmt: skip
    return "; ".join(groups) + (" ..." if len(outcome["groups"]) > 3 else "")
