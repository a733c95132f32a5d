"""``radvigil dataset``: frozen sets of studies with their split."""

from typing import Annotated, Any

import typer

from cli.dataset_checks import check, checks
from cli.opening import acting, device_name, looking, now_of, seed_for, start_routine
from cli.options import ACT, LOOK, AsJson, DeviceName, Home, Seed, noun

app = noun("Frozen sets of studies with their split.")
app.command(rich_help_panel=LOOK)(checks)
app.command(rich_help_panel=LOOK)(check)


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
    """One dataset version: its parts, its datasheet, and whether its patients stand apart still."""
    from cli.printing import print_fields, print_rows
    from imaging.patients_apart import patients_now
    from records.lookup import find_record
    from records.product import DatasetVersion
    from records.vault import Vault

    with looking(home) as store, store.reader() as reader:
        found = find_record(reader, DatasetVersion, label)
        apart = patients_now(reader, Vault(store.workspace.vault), found)
        fields = {"dataset": found.label, **found.as_recorded()}
    if as_json:
        now = {"patients": apart.patients, "studies": apart.studies}
        print_fields(fields | {"in_several_parts_now": now}, as_json=True)
    else:
        print_fields(_sheet(fields), as_json=False)
        print_rows(_parts(found.splits), as_json=False, empty="It has no parts.")
    if apart.warning:
        typer.echo(f"radvigil: {apart.warning}", err=True)


def _sheet(recorded: dict[str, Any]) -> dict[str, Any]:
    """The record and its datasheet, a line each; the parts have a table of their own."""
    from records.counting import counted

    sheet = recorded["datasheet"]
    left_out = ("splits", "datasheet", "files")
    fields = {name: one for name, one in recorded.items() if name not in left_out}
    fields["files"] = counted(len(recorded["files"]), "file")
    for name, one in sheet.items():
        fields[name] = one
    if checks := sheet.get("checks"):
        broken = [one["rule"] for one in checks["outcomes"] if not one["passed"]]
        fields["checks"] = (
            f"{len(checks['outcomes'])} of {counted(checks['n'], 'image')}, not passed: "
            f"{', '.join(dict.fromkeys(broken)) or 'none'}; see 'radvigil dataset checks'"
        )
    return fields


def _parts(splits: dict[str, Any]) -> list[dict[str, Any]]:
    """A row a part; of each class or finding how many studies show it."""
    return [
        {"part": name.replace("_", " "), "studies": one["studies"], "patients": one["patients"],
         "with the finding": one["positive"], "sites": one["sites"]}
        | {which: one[which] for which in ("classes", "findings") if which in one}
        for name, one in splits.items()
    ]  # fmt: skip


@app.command(rich_help_panel=LOOK)
def diff(
    before: Annotated[str, typer.Argument(help="The earlier version, such as DSV-0001.")],
    after: Annotated[str, typer.Argument(help="The later version, such as DSV-0002.")],
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Compare two dataset versions item by item: added, removed, and changed in which field.

    An item is one image, by its pseudonymous UID; 'bytes' are its SHA-256, 'label' its finding.
    Then in counts by site, class and part. Both manifests are compared with their records first.
    """
    from dataclasses import asdict

    from cli.printing import print_json, print_rows
    from imaging.dataset_diff import compare_and_count
    from records.counting import counted
    from records.held_definition import definition_of
    from records.lookup import find_record
    from records.product import DatasetVersion, Device
    from records.vault import Vault

    with looking(home) as store, store.reader() as reader:
        later = find_record(reader, DatasetVersion, after)
        found, counts = compare_and_count(
            Vault(store.workspace.vault), find_record(reader, DatasetVersion, before), later,
            classes=definition_of(reader.get_one(Device, later.device_id)).task.truth_names,
        )
    if as_json:
        print_json(asdict(found) | {"counts": [asdict(one) for one in counts]})
        return
    rows = [{"what": "added", "item": one, "field": "", "before": "", "after": ""}
            for one in found.added]
    rows += [{"what": "removed", "item": one, "field": "", "before": "", "after": ""}
             for one in found.removed]
    rows += [{"what": "changed", **asdict(one)} for one in found.changed]
    print_rows(rows, as_json=False, empty="The two versions hold the same items.")
    print_rows([asdict(one) for one in counts], as_json=False, empty="Neither holds an item.")
    typer.echo(
        f"{found.before} to {found.after}: {counted(len(found.added), 'item')} added, "
        f"{len(found.removed)} removed, {len({one.item for one in found.changed})} changed, "
        f"{found.unchanged} unchanged."
    )


@app.command(rich_help_panel=ACT)
def freeze(
    source: Annotated[str, typer.Option(help="Where the studies come from, for the datasheet.")],
    legal_basis: Annotated[
        str, typer.Option(help="On what legal basis they are used; 'none needed' with the reason.")
    ],
    consent: Annotated[
        str, typer.Option(help="Whose consent there is, or why none is needed; for the datasheet.")
    ],
    device: DeviceName = None,
    seed: Seed = None,
    home: Home = None,
) -> None:
    """Freeze the studies with known truth: split by patient, checked, under version control."""
    from imaging.origin import Origin
    from journeys.freeze_dataset import freeze_dataset
    from records.counting import counted

    origin = Origin(source, legal_basis, consent)
    with acting(home) as store:
        dataset = freeze_dataset(
            store, device_name(store, device), origin=origin,
            seed=seed_for(store, seed),
            actor=start_routine(store, "service:training", task="dataset freeze"),
            now=now_of(store),
        )
    typer.echo(
        f"{dataset.label} {dataset.name}: {counted(dataset.studies, 'study', 'studies')} of "
        f"{counted(dataset.patients, 'patient')}."
    )
