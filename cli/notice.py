"""``radvigil notice``: what administrators are told of, and their answers."""

from typing import Annotated

import typer

from cli.deciding import deciding, labelled
from cli.opening import looking
from cli.options import ACT, LOOK, AsJson, Home, Reason, noun

app = noun("What administrators are told of: locks, damage, a clock set back.")


@app.command("list", rich_help_panel=LOOK)
def list_notices(
    everything: Annotated[
        bool, typer.Option("--all", help="Those that were acknowledged too.")
    ] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """The notices that wait for an administrator."""
    from cli.printing import print_rows
    from records.lookup import list_records
    from records.notices import Notice, open_notices

    with looking(home) as store, store.reader() as reader:
        found = list_records(reader, Notice) if everything else open_notices(reader)
        rows = [
            {
                "notice": one.label, "kind": one.kind, "about": one.about, "words": one.words,
                "raised_at": one.raised_at, "status": one.status,
                "acknowledged_by": one.acknowledged_by, "answer": one.answer,
            }
            for one in found
        ]
    print_rows(rows, as_json=as_json, empty="No notice waits.")


@app.command(rich_help_panel=ACT)
def acknowledge(
    label: Annotated[str, typer.Argument(help="The notice, such as NTC-0001.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Say that you have seen a notice, and in --reason what you found or did.

    Needs 'radvigil user login' as administrator.
    """
    from records.notices import Notice, acknowledge_notice

    with deciding(home, labelled(Notice, label), "acknowledgement", reason=reason) as one:
        acknowledge_notice(one.tx, one.record, by=one.person, answer=reason, now=one.now)
    typer.echo(f"{one.record.label} is acknowledged.")
