"""``radvigil model clear``, ``diff`` and ``ledger``: what was cleared, what differs, who runs it.
"""

from datetime import datetime
from typing import Annotated

import typer

from cli.opening import acting, acting_person, looking
from cli.options import AsJson, Home, Reason, Since, Until, day_of

Model = Annotated[str, typer.Argument(help="A model version's label, such as MDV-0003.")]


def clear(
    model: Model,
    authority: Annotated[str, typer.Option(help="Who decided, such as FDA.")],
    number: Annotated[str, typer.Option(help="Of the clearance or certificate.")],
    on: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="The day of the decision.")
    ],
    reason: Reason,
    home: Home = None,
) -> None:
    """Record that a version was cleared or certified, signed; asks for the password again."""
    from cli.deciding import deciding, labelled
    from cli.signing import password_of
    from records.clearances import record_clearance
    from records.product import ModelVersion

    with acting(home) as store:
        password = password_of(acting_person(store).name)
    with deciding(home, labelled(ModelVersion, model), "clearance", reason=reason) as one:
        made = record_clearance(
            one.tx, one.record, authority=authority, number=number, cleared_on=on.date(),
            by=one.person, password=password, reason=reason, now=one.now,
        )
    typer.echo(f"{made.label}: {model} was cleared by {made.authority}, {made.number}.")


def diff(
    model: Model,
    against: Annotated[
        str, typer.Option(help="CLEARED for the last one of any authority, or an authority's name.")
    ] = "CLEARED",
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Everything that changed since the last cleared or certified version."""
    from cli.printing import print_fields, print_json, print_rows
    from records.clearances import last_clearance
    from records.lookup import find_record
    from records.product import Device, ModelVersion
    from regulatory.version_difference import difference_to

    with looking(home) as store, store.reader() as reader:
        version = find_record(reader, ModelVersion, model)
        device = reader.get_one(Device, version.device_id)
        clearance = last_clearance(
            reader, device.name, authority=None if against == "CLEARED" else against
        )
        told = difference_to(reader, version, clearance)
    if as_json:
        print_json(told)
        return
    print_fields({"version": told["version"], **told["against"]}, as_json=False)
    print_rows(told["changes"], as_json=False, empty="No change was proposed since.")
    print_rows(
        [{name: _short(value) for name, value in one.items()} for one in told["differences"]],
        as_json=False, empty="Nothing differs.",
    )  # fmt: skip
    print_rows(
        [
            {"split": one["split"], "measure": one["measure"], "before": _figure(one["before"]),
             "after": _figure(one["after"])}
            for one in told["performance"]
        ], as_json=False, empty="No estimate of either is stored.",
    )  # fmt: skip


def ledger(
    model: Model, since: Since = None, until: Until = None, as_json: AsJson = False,
    home: Home = None,
) -> None:  # fmt: skip
    """All sites that ran a version in a period, with who is told there: whom a correction reaches.
    """
    from dataclasses import asdict

    from cli.printing import print_rows
    from records.consignees import consignees
    from records.lookup import find_record
    from records.product import ModelVersion

    with looking(home) as store, store.reader() as reader:
        rows = [
            asdict(one)
            for one in consignees(
                reader, find_record(reader, ModelVersion, model), since=day_of(since),
                until=day_of(until),
            )
        ]
    print_rows(rows, as_json=as_json, empty="It ran nowhere then.")


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _figure(one: dict[str, object] | None) -> str:
    if one is None:
        return "not evaluated"
    if one["value"] is None:
        return f"not estimable ({one['reason']})"
    return f"{one['value']:.3f} ({one['low']:.3f} to {one['high']:.3f}, n = {one['n']})"
