"""``radvigil device``: the regulated product, its definition and promises."""

from pathlib import Path
from typing import Annotated

import typer

from cli.opening import acting, acting_person, device_name, looking, now_of
from cli.options import ACT, LOOK, AsJson, Comment, DeviceName, Home, Reason, noun

app = noun("The regulated product: its definition and promises.")

Label = Annotated[str, typer.Argument(help="A revision's label, such as DEV-0001.")]


@app.command("list", rich_help_panel=LOOK)
def list_devices(as_json: AsJson = False, home: Home = None) -> None:
    """Every revision of every device."""
    from cli.printing import print_rows
    from records.lookup import list_records
    from records.product import Device

    with looking(home) as store, store.reader() as reader:
        rows = [
            {
                "device": one.label, "name": one.name, "revision": one.revision,
                "trade_name": one.trade_name, "status": one.status, "defined_at": one.defined_at,
            }
            for one in list_records(reader, Device)
        ]
    print_rows(rows, as_json=as_json, empty="No device is defined.")


@app.command(rich_help_panel=LOOK)
def show(
    name: Annotated[str, typer.Argument(help="The device's name.")],
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """The newest revision: what it is for and what it promises."""
    from cli.printing import print_fields
    from records.queries import find_device

    with looking(home) as store, store.reader() as reader:
        device = find_device(reader, name)
        fields = {
            "device": device.label, "revision": device.revision, "status": device.status,
            **device.definition, "definition_digest": device.definition_digest,
        }
    print_fields(fields, as_json=as_json)


@app.command(rich_help_panel=ACT)
def new(
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits and hyphens.")],
    like: Annotated[str, typer.Option(help="A device that comes with Radvigil, or a file.")],
    trade_name: Annotated[str | None, typer.Option(help="As it is sold.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="The file; else devices/NAME.yaml in the workspace."),
    ] = None,
    home: Home = None,
) -> None:
    """Begin a device's file from another's, with the comments that explain each field."""
    from records.definition import find_definition
    from records.definition_copy import copy_definition
    from records.settings import find_workspace

    target = out or find_workspace(home).home / "devices" / f"{name}.yaml"
    copy_definition(
        find_definition(like), target, name=name,
        trade_name=trade_name or name.replace("-", " ").capitalize(),
    )
    typer.echo(
        f"Written: {target}\nEdit it, then: radvigil device define {target} "
        "--reason 'first definition'"
    )


@app.command(rich_help_panel=ACT)
def define(
    file: Annotated[str, typer.Argument(help="A device file, or a shipped one's name.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Record a definition file as a new draft revision. Needs 'radvigil user login'.

    An invalid file is refused with the line and the reason; an unchanged one changes nothing.
    """
    from journeys.define import define_device, load_device
    from records.definition import find_definition

    path = find_definition(file)
    load_device(path)
    with acting(home) as store:
        device = define_device(
            store, path, actor=acting_person(store).name, reason=reason, now=now_of(store)
        )
    typer.echo(
        f"{device.label}: {device.name}, revision {device.revision}, {device.status}. Two people "
        f"in different roles sign it with 'radvigil device sign {device.label}'."
    )


@app.command(rich_help_panel=ACT)
def sign(
    label: Label,
    meaning: Annotated[str, typer.Option(help="author, review, approval or responsible-person.")],
    reason: Reason,
    comment: Comment = "",
    home: Home = None,
) -> None:
    """Sign a revision. Needs 'radvigil user login'; the password is asked for again."""
    from cli.signing import sign_label
    from records.product import Device

    with acting(home) as store:
        said = sign_label(
            store, Device, label, meaning=meaning, reason=reason, comment=comment
        )
        typer.echo(said)


@app.command(rich_help_panel=ACT)
def accept(label: Label, reason: Reason, home: Home = None) -> None:
    """Put a revision with two signatures into force, its monitoring plan with it."""
    from journeys.define import accept_revision
    from records.lookup import find_record
    from records.product import Device

    with acting(home) as store:
        person = acting_person(store)
        with store.reader() as reader:
            found = find_record(reader, Device, label)
        plan = accept_revision(
            store, found.id or 0, accepted_by=person.name, reason=reason, now=now_of(store)
        )
    typer.echo(f"{label} is in force, with the monitoring plan {plan.label}.")


@app.command(rich_help_panel=LOOK)
def claims(
    device: DeviceName = None,
    version: Annotated[
        str | None, typer.Option("--version", help="Such as MDV-0002; else the one in use.")
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Each claim of the label beside the evaluations that carry it: estimate, interval, verdict.

    Exit 1 where a claim is contradicted, not shown or without evidence. A version that contradicts
    a claim on a locked test is not released.
    """
    from cli.printing import print_rows
    from records.lookup import find_record
    from records.product import ModelVersion
    from regulatory.claims import all_supported, claim_rows, version_to_show

    with looking(home) as store, store.reader() as reader:
        shown = (
            find_record(reader, ModelVersion, version) if version
            else version_to_show(reader, device_name(store, device))
        )
        rows = claim_rows(reader, shown)
    said = [one.to_dict() for one in rows]
    if not as_json:
        typer.echo(f"{shown.label}: the claims of the revision in force.")
        kept = ("claim", "verdict", "evidence", "n", "words")
        said = [{name: one[name] for name in kept} for one in said]
    print_rows(said, as_json=as_json, empty="Nothing is claimed.")
    if not all_supported(rows):
        raise typer.Exit(1)


@app.command(rich_help_panel=LOOK)
def classify(
    facts: Annotated[
        Path,
        typer.Option(dir_okay=False, help='JSON: {"rule_ids": ["R-CLASS-EU-11"], "input": {...}}.'),
    ],
    device: DeviceName = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Class by MDR Rule 11, US product code and pathway, beside what the definition declares.

    The same rules as 'radvigil rule apply'; nothing is recorded. Exit 1 where the definition
    declares something else.
    """
    from cli.printing import print_fields, print_rows
    from regulatory.classify import classify_device
    from regulatory.rules.facts_file import read_facts_file

    with looking(home) as store:
        name = device_name(store, device)
        with store.reader() as reader:
            found = classify_device(reader, name, *read_facts_file(facts))
    if as_json:
        print_fields(found, as_json=True)
    else:
        print_rows(found["compared"], as_json=False, empty="No rule of classification was asked.")
        for rule, words in found["checked"].items():
            typer.echo(f"{rule}: {words}")
    if not found["agrees"]:
        raise typer.Exit(1)
