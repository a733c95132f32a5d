"""``radvigil capa``: corrective and preventive actions, step by step."""

from pathlib import Path
from typing import Annotated

import typer

from cli.deciding import deciding, deciding_anew, labelled
from cli.opening import acting, acting_person, device_name, looking
from cli.options import ACT, LOOK, AsJson, DeviceName, Home, Reason, named_value, noun

app = noun("Corrective and preventive actions: list, check, open, advance, import.")

Label = Annotated[str, typer.Argument(help="The CAPA, such as CAPA-0001.")]
Source = Annotated[str, typer.Option(help="The record that it is for, such as ALT-0003.")]


@app.command("list", rich_help_panel=LOOK)
def list_capas(as_json: AsJson = False, home: Home = None) -> None:
    """Every CAPA with its source, owner, problem and status, and what was decided to need none."""
    from cli.printing import print_rows
    from records.capas import CAPA
    from records.lookup import list_records
    from records.no_capas import NoCAPA

    with looking(home) as store, store.reader() as reader:
        rows = [
            {"capa": one.label, "source": one.source, "status": one.status, "owner": one.owner,
             "problem": one.problem, "opened_at": one.opened_at, "closed_at": one.closed_at,
             "closed_as": one.closed_as, "external_number": one.external_number}
            for one in list_records(reader, CAPA)
        ]  # fmt: skip
        rows += [
            {"capa": one.label, "source": one.source, "status": "no CAPA", "owner": "",
             "problem": one.grounds, "opened_at": one.decided_at, "closed_at": one.decided_at,
             "closed_as": f"decided by {one.decided_by}", "external_number": None}
            for one in list_records(reader, NoCAPA)
        ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="No CAPA was opened.")


@app.command(rich_help_panel=LOOK)
def show(label: Label, as_json: AsJson = False, home: Home = None) -> None:
    """One CAPA in full, and what each next step asks for."""
    from cli.printing import print_fields
    from records.capas import CAPA, STEPS, WORDS
    from records.lookup import find_record

    with looking(home) as store, store.reader() as reader:
        one = find_record(reader, CAPA, label)
        fields = {"capa": one.label, **one.model_dump(exclude={"id"})}
    steps = [
        f"{to}: {'; '.join(f'{name} ({WORDS[name]})' for name in asked)}"
        for (current, to), asked in STEPS.items() if current == one.status
    ]
    print_fields(fields | {"next": steps}, as_json=as_json)


@app.command(rich_help_panel=LOOK)
def check(label: Label, as_json: AsJson = False, home: Home = None) -> None:
    """Hold the criterion against what was found after implementation: met, not met, not yet."""
    from dataclasses import asdict

    from cli.printing import print_fields
    from records.capa_effectiveness import check_effectiveness
    from records.capas import CAPA
    from records.lookup import find_record

    with looking(home) as store, store.reader() as reader:
        one = find_record(reader, CAPA, label)
        found = asdict(check_effectiveness(reader, one))
        fields = {"capa": one.label, "criterion": one.criterion} | found
    print_fields(fields, as_json=as_json)


@app.command("open", rich_help_panel=ACT)
def open_one(
    source: Source,
    problem: Annotated[str, typer.Option(help="What is wrong and where.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Open a CAPA for an alert, a revalidation, a complaint. Needs 'radvigil user login'."""
    from records.capas import open_capa_for

    with deciding_anew(home, "opening of a CAPA", reason=reason) as one:
        made = open_capa_for(one.tx, source, problem=problem, by=one.person, now=one.now)
        label, status = made.label, made.status
    typer.echo(f"{label} of {source.upper()} is {status}.")


@app.command(rich_help_panel=ACT)
def decline(
    source: Source,
    grounds: Annotated[str, typer.Option(help="Why no CAPA is needed.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Decide, by signature, that a record needs no CAPA. Needs 'radvigil user login'."""
    from cli.signing import password_of
    from records.no_capas import decide_no_capa

    with acting(home) as store:
        password = password_of(acting_person(store).name)
    with deciding_anew(home, "decision that no CAPA is needed", reason=reason) as one:
        label = decide_no_capa(one.tx, source=source, grounds=grounds, by=one.person,
                               password=password, now=one.now).label  # fmt: skip
    typer.echo(f"{label}: {source.upper()} needs no CAPA.")


@app.command(rich_help_panel=ACT)
def assign(
    label: Label,
    reason: Reason,
    owner: Annotated[
        str | None, typer.Option(help="The account that answers for it; '' for nobody.")
    ] = None,
    due: Annotated[
        list[str] | None, typer.Option(help="As 'investigated=2026-12-31'; repeatable.")
    ] = None,
    link: Annotated[
        list[str] | None, typer.Option(help="A record that belongs to it; repeatable.")
    ] = None,
    home: Home = None,
) -> None:
    """Say who answers for it, by when each step is due, and what belongs to it."""
    from cli.options import day_named
    from records.capas import CAPA, assign_capa

    days = {step: day_named(words) for step, words in (_pair(one) for one in due or [])}
    with deciding(home, labelled(CAPA, label), "assignment", reason=reason) as one:
        assign_capa(one.tx, one.record, by=one.person, owner=owner, due=days, links=link or [],
                    now=one.now)  # fmt: skip
    typer.echo(f"{one.record.label}: owner {one.record.owner or 'nobody'}.")


@app.command(rich_help_panel=ACT)
def advance(
    label: Label,
    to: Annotated[str, typer.Argument(help="investigated, planned, implemented or closed.")],
    reason: Reason,
    say: Annotated[
        list[str] | None, typer.Option(help="As 'root_cause=the gain was changed'; repeatable.")
    ] = None,
    criterion: Annotated[
        list[str] | None,
        typer.Option(
            help="With 'planned', as 'name=sensitivity'; repeatable: on (chart or measure), name, "
            "site, subgroup, direction ('at least' or 'at most'), bound, minimum_n, by."
        ),
    ] = None,
    otherwise: Annotated[
        bool, typer.Option("--otherwise", help="Close it though its check is not met.")
    ] = False,
    home: Home = None,
) -> None:
    """Take the next step with what it asks for; closing is signed. Needs 'radvigil user login'."""
    from cli.signing import password_of
    from records.capa_criteria import read_criterion
    from records.capas import CAPA, CLOSED, advance_capa

    said = dict(_pair(one) for one in say or [])
    asked = read_criterion(dict(_pair(one) for one in criterion)) if criterion else None
    password = ""
    if to == CLOSED:
        with acting(home) as store:
            password = password_of(acting_person(store).name)
    with deciding(home, labelled(CAPA, label), f"step to {to}", reason=reason) as one:
        advance_capa(
            one.tx, one.record, to, said, by=one.person, password=password, now=one.now,
            criterion=asked, otherwise=otherwise,
        )
    how = f": {one.record.closed_as}" if one.record.closed_as else ""
    typer.echo(f"{one.record.label} is {one.record.status}{how}.")


@app.command("import", rich_help_panel=ACT)
def import_table(
    file: Annotated[
        Path | None, typer.Argument(help="CSV: number, problem, status, opened_at ...")
    ] = None,
    template: Annotated[
        bool, typer.Option("--template", help="Print the header of a table, and take nothing in.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why, in your words; not with --template.")] = "",
    accept_good: Annotated[
        bool, typer.Option("--accept-good", help="Leave wrong rows out.")
    ] = False,
    device: DeviceName = None,
    home: Home = None,
) -> None:
    """Take CAPAs of another system in, their numbers kept; every wrong row is named.

    Nothing is taken in where a row is wrong; the same table again takes nothing in. Needs 'radvigil
    user login'.
    """
    from records.errors import InvalidInput
    from records.queries import find_device
    from records.reasons import require_reason
    from regulatory.capa_import import TEMPLATE, import_capas

    if template:
        typer.echo(TEMPLATE, nl=False)
        return
    with looking(home) as store:
        name = device_name(store, device)
    with deciding_anew(home, "import of CAPAs", reason=reason) as one:
        require_reason(reason)
        if file is None:
            raise InvalidInput("No table is named.", hint="See 'radvigil capa import --template'.")
        try:
            content = file.read_bytes()
        except OSError as failed:
            raise InvalidInput(f"{file.name} cannot be read: {failed.strerror}.") from failed
        report = import_capas(one.tx, find_device(one.tx, name), content, by=one.person,
                              now=one.now, accept_good=accept_good)  # fmt: skip
    for words in report.faults:
        typer.echo(f"left out: {words}", err=True)
    typer.echo(f"CAPAs imported: {len(report.made)}; known before: {len(report.known)}.")


def _pair(text: str) -> tuple[str, str]:
    name, words = named_value(text, "field=words")
    return name.replace(" ", "_"), words
