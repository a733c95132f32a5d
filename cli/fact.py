"""``radvigil fact``: what only people know and documents need, typed, in versions."""

from pathlib import Path
from typing import Annotated

import typer

from cli.deciding import deciding, deciding_anew
from cli.opening import device_name, looking
from cli.options import ACT, LOOK, AsJson, DeviceName, Home, Reason, named_value, noun

app = noun("Facts for documents: sales, searches, claims, PMCF, plan, organisations.")

Kind = Annotated[str, typer.Argument(help="Such as sales; see 'radvigil fact kinds'.")]
Label = Annotated[str, typer.Argument(help="The fact, such as SAL-0001.")]
Said = Annotated[
    list[str] | None, typer.Option("--say", help="As 'region=worldwide'; repeatable.")
]


@app.command(rich_help_panel=LOOK)
def kinds(
    as_json: AsJson = False,
    home: Home = None,  # noqa: ARG001  (its callback notes where failures are written)
) -> None:
    """Every kind of fact: its name, its code in documents, what it is, and its columns."""
    from cli.printing import print_rows
    from records.fact_kinds import FACTS
    from records.facts import columns_of

    rows = [
        {"kind": one.KIND, "label": f"{one.PREFIX}-0001", "code": one.CODE, "what": one.WORDS,
         "columns": [each.name for each in columns_of(one)]}
        for one in FACTS
    ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="There is none.")


@app.command("list", rich_help_panel=LOOK)
def list_facts(
    kind: Annotated[str | None, typer.Argument(help="Only of this kind.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write those of the kind as a table: .csv or .xlsx.")
    ] = None,
    device: DeviceName = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """What stands: of every kind how much, how old, by whom; of one kind every fact.

    A table that is written so can be changed and imported again with --correct.
    """
    from cli.printing import print_rows
    from records.fact_cells import told_in_words
    from records.fact_kinds import fact_kind
    from records.known_facts import standing_facts
    from records.recorded_facts import facts_by_kind
    from regulatory.fact_tables import facts_as_table

    table = fact_kind(kind) if kind else None
    if out is not None and table is None:
        raise typer.BadParameter("--out writes the facts of one kind: name it.")
    with looking(home) as store:
        name = device_name(store, device)
        with store.reader() as reader:
            if table is None:
                rows = [one.as_row() for one in facts_by_kind(reader, name)]
            else:
                found = standing_facts(reader, table, name)
                if out is not None:
                    form = out.suffix.lower().removeprefix(".")
                    out.write_bytes(facts_as_table(table, found, form))
                rows = [
                    {"fact": one.label, "version": one.version,
                     **(one.told if as_json else {"key": one.key, "told": told_in_words(one)}),
                     "recorded_by": one.recorded_by, "recorded_at": one.recorded_at}
                    for one in found
                ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty=f"No fact of kind {kind} is recorded.")


@app.command(rich_help_panel=LOOK)
def show(label: Label, as_json: AsJson = False, home: Home = None) -> None:
    """One fact in full, and every version under its key."""
    from cli.printing import print_fields
    from records.fact_cells import written
    from records.recorded_facts import find_fact, versions_of

    with looking(home) as store, store.reader() as reader:
        one = find_fact(reader, label)
        fields = {
            "fact": one.label, "device": one.device_name,
            **{name: value if as_json else written(value) for name, value in one.told.items()},
            "version": one.version, "withdrawn": one.withdrawn, "because": one.because,
            "recorded_by": one.recorded_by, "recorded_at": one.recorded_at,
        }
        versions = [
            f"{each.label}: version {each.version}, {each.recorded_by}, {each.recorded_at:%Y-%m-%d}"
            f"{', withdrawn' if each.withdrawn else ''}{f': {each.because}' * bool(each.because)}"
            for each in versions_of(reader, one)
        ]
    print_fields(fields | {"versions": versions}, as_json=as_json)


@app.command(rich_help_panel=LOOK)
def missing(
    device: DeviceName = None,
    since: Annotated[
        str | None, typer.Option(help="First day of the period; default: 12 months before its end.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="Last day of the period; default: today here.")
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """What documents of a period need and nobody recorded, kind by kind. Missing is not zero."""
    from cli.opening import now_of
    from cli.options import day_named
    from cli.printing import print_rows
    from records.known_facts import twelve_months_back
    from records.missing_facts import missing_facts

    with looking(home) as store:
        name = device_name(store, device)
        last = day_named(until) if until else now_of(store).date()
        first = day_named(since) if since else twelve_months_back(last, 1)[0][0]
        with store.reader() as reader:
            rows = [{"kind": kind, "missing": words}
                    for kind, words in missing_facts(reader, name, first, last)]  # fmt: skip
    print_rows(rows, as_json=as_json, empty=f"Nothing is missing, {first} to {last}.")


@app.command(rich_help_panel=LOOK)
def template(
    kind: Kind,
    out: Annotated[Path, typer.Option(help="The file to write: .csv or .xlsx.")],
    as_json: AsJson = False,
    home: Home = None,  # noqa: ARG001  (its callback notes where failures are written)
) -> None:
    """Write an empty table of a kind: its columns, what is written there, and an example."""
    from cli.printing import print_json
    from records.fact_kinds import fact_kind
    from records.facts import columns_of
    from regulatory.fact_tables import fact_template

    table = fact_kind(kind)
    out.write_bytes(fact_template(table, out.suffix.lower().removeprefix(".")))
    if as_json:
        print_json({"file": out.name, "columns": [one.name for one in columns_of(table)]})
    else:
        typer.echo(f"{out.name}: a table for facts of kind {kind}.")


@app.command(rich_help_panel=ACT)
def add(
    kind: Kind,
    reason: Reason,
    say: Said = None,
    device: DeviceName = None,
    home: Home = None,
) -> None:
    """Record one fact; what stands under its key already changes nothing.

    Needs 'radvigil user login'.
    """
    from records.fact_kinds import fact_kind
    from records.queries import find_device
    from records.recorded_facts import require_columns, take_facts

    table, cells = fact_kind(kind), _said(say)
    require_columns(table, cells)
    with looking(home) as store:
        name = device_name(store, device)
    with deciding_anew(home, f"fact of kind {table.KIND}", reason=reason) as one:
        taken = take_facts(one.tx, table, find_device(one.tx, name), [(0, cells)], by=one.person,
                           now=one.now)  # fmt: skip
        stands = next(f.known_as for f in taken.made or taken.unchanged)
        words = f"{stands} is recorded." if taken.made else f"{stands} is on record already."
    typer.echo(words)


@app.command(rich_help_panel=ACT)
def correct(label: Label, reason: Reason, say: Said = None, home: Home = None) -> None:
    """Record a later version of a fact; the reason says why. Needs 'radvigil user login'."""
    from records.recorded_facts import correct_fact, find_fact

    cells = _said(say)
    with deciding(home, lambda tx: find_fact(tx, label), "correction of a fact",
                  reason=reason) as one:  # fmt: skip
        made = correct_fact(one.tx, one.record, cells, by=one.person, now=one.now, because=reason)
        words = made.known_as
    typer.echo(f"{words} is recorded; {label.upper()} stays on record.")


@app.command(rich_help_panel=ACT)
def withdraw(label: Label, reason: Reason, home: Home = None) -> None:
    """Say that a fact does not stand any more; it stays on record. Needs 'radvigil user login'."""
    from records.recorded_facts import find_fact, withdraw_fact

    with deciding(home, lambda tx: find_fact(tx, label), "withdrawal of a fact",
                  reason=reason) as one:  # fmt: skip
        made = withdraw_fact(one.tx, one.record, by=one.person, now=one.now, because=reason)
        words = made.known_as
    typer.echo(f"{words} is withdrawn; what was told stays on record.")


@app.command("import", rich_help_panel=ACT)
def import_facts(
    kind: Kind,
    file: Annotated[Path, typer.Argument(help="A table, .csv (UTF-8) or .xlsx.")],
    reason: Reason,
    correct: Annotated[
        bool, typer.Option("--correct", help="Take rows that say something else as corrections.")
    ] = False,
    device: DeviceName = None,
    home: Home = None,
) -> None:
    """Record every fact of a table; where a cell is wrong, none, and all faults are told.

    A table that was imported before changes nothing. Needs 'radvigil user login'.
    """
    from records.errors import InvalidInput
    from records.fact_kinds import fact_kind
    from records.queries import find_device
    from regulatory.fact_import import import_fact_table

    table = fact_kind(kind)
    try:
        content = file.read_bytes()
    except OSError as failed:
        raise InvalidInput(f"{file.name} cannot be read: {failed.strerror}.") from failed
    with looking(home) as store:
        name = device_name(store, device)
    with deciding_anew(home, f"import of facts of kind {table.KIND}", reason=reason) as one:
        taken = import_fact_table(
            one.tx, table, find_device(one.tx, name), content, by=one.person, now=one.now,
            correct=correct, because=reason,
        )  # fmt: skip
        words = taken.words
    typer.echo(f"Facts of kind {kind}: {words}.")


def _said(say: list[str] | None) -> dict[str, str]:
    """The cells that were said.

    Raises:
        BadParameter: One is not of the form column=text, or a column is said twice.
    """
    cells: dict[str, str] = {}
    for one in say or []:
        name, text = named_value(one, "column=text", blank=True)
        if name in cells:
            raise typer.BadParameter(f"--say {name}= is there twice.")
        cells[name] = text
    return cells
