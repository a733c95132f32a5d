"""``radvigil dataset``: frozen sets of studies with their split."""

from typing import Annotated

import typer

from cli.opening import acting, device_name, looking, now_of, seed_for, start_routine
from cli.options import ACT, LOOK, AsJson, DeviceName, Home, Seed, noun

app = noun("Frozen sets of studies with their split.")


@app.command("list", rich_help_panel=LOOK)
def list_datasets(as_json: AsJson = False, home: Home = None) -> None:
    """Every dataset version, with how many studies each split holds."""
    from cli.printing import print_rows
    from records.lookup import list_records
    from records.product import DatasetVersion

    with looking(home) as store, store.reader() as reader:
        found = list_records(reader, DatasetVersion)
        rows = [
            {
                "dataset": one.label, "name": one.name, "studies": one.studies,
                "patients": one.patients,
                "splits": one.splits if as_json else list(one.splits),
                "frozen_at": one.frozen_at, "manifest_digest": one.manifest_digest,
            }
            for one in found
        ]
    print_rows(rows, as_json=as_json, empty="No dataset was frozen.")


@app.command(rich_help_panel=LOOK)
def show(
    label: Annotated[str, typer.Argument(help="A label such as DSV-0001.")],
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """One dataset version: its splits and its datasheet."""
    from cli.printing import print_fields
    from records.lookup import find_record
    from records.product import DatasetVersion

    with looking(home) as store, store.reader() as reader:
        found = find_record(reader, DatasetVersion, label)
        fields = {"dataset": found.label, **found.as_recorded()}
    print_fields(fields, as_json=as_json)


@app.command(rich_help_panel=ACT)
def freeze(
    source: Annotated[str, typer.Option(help="Where the studies come from, for the datasheet.")],
    device: DeviceName = None,
    seed: Seed = None,
    home: Home = None,
) -> None:
    """Freeze the studies with known truth: split by patient, checked, under version control."""
    from journeys.freeze_dataset import freeze_dataset
    from records.counting import counted

    with acting(home) as store:
        dataset = freeze_dataset(
            store, device_name(store, device), source=source,
            seed=seed_for(store, seed),
            actor=start_routine(store, "service:training", task="dataset freeze"),
            now=now_of(store),
        )
    typer.echo(
        f"{dataset.label} {dataset.name}: {counted(dataset.studies, 'study', 'studies')} of "
        f"{counted(dataset.patients, 'patient')}."
    )
