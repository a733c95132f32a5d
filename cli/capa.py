"""``radvigil capa``: corrective and preventive actions, step by step."""

from typing import Annotated

import typer

from cli.deciding import deciding, labelled
from cli.opening import looking
from cli.options import ACT, LOOK, AsJson, Home, Reason, noun

app = noun("Corrective and preventive actions: list, show, advance.")

Label = Annotated[str, typer.Argument(help="The CAPA, such as CAPA-0001.")]


@app.command("list", rich_help_panel=LOOK)
def list_capas(as_json: AsJson = False, home: Home = None) -> None:
    """Every CAPA with its source, problem and status."""
    from cli.printing import print_rows
    from records.capas import CAPA
    from records.lookup import list_records

    with looking(home) as store, store.reader() as reader:
        rows = [
            {"capa": one.label, "source": one.source, "status": one.status,
             "problem": one.problem, "opened_at": one.opened_at, "closed_at": one.closed_at}
            for one in list_records(reader, CAPA)
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


@app.command(rich_help_panel=ACT)
def advance(
    label: Label,
    to: Annotated[str, typer.Argument(help="investigated, planned, implemented or closed.")],
    reason: Reason,
    say: Annotated[
        list[str] | None, typer.Option(help="As 'root_cause=the gain was changed'; repeatable.")
    ] = None,
    home: Home = None,
) -> None:
    """Take the next step with what it asks for; closing is signed. Needs 'radvigil user login'."""
    from cli.opening import acting, acting_person
    from cli.signing import password_of
    from records.capas import CAPA, CLOSED, advance_capa

    said = dict(_pair(one) for one in say or [])
    password = ""
    if to == CLOSED:
        with acting(home) as store:
            password = password_of(acting_person(store).name)
    with deciding(home, labelled(CAPA, label), f"step to {to}", reason=reason) as one:
        advance_capa(
            one.tx, one.record, to, said, by=one.person, password=password, now=one.now
        )
    typer.echo(f"{one.record.label} is {one.record.status}.")


def _pair(text: str) -> tuple[str, str]:
    name, sign, words = text.partition("=")
    if not sign or not words.strip():
        raise typer.BadParameter(f"'{text}' is not of the form field=words.")
    return name.strip().replace(" ", "_"), words.strip()
