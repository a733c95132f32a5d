"""``radvigil notice``: what administrators are told of, and their answers."""

from typing import Annotated

import typer

from cli.opening import acting, acting_person, looking, now_of
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
    from records.accounts import acting_on
    from records.lookup import find_record
    from records.notices import Notice, acknowledge_notice
    from records.people import find_actor

    with acting(home) as store:
        person, now = acting_person(store), now_of(store)
        with store.reader() as reader:
            known = find_record(reader, Notice, label)
        with acting_on(
            store, known, "acknowledgement", actor=person.name, reason=reason, now=now
        ) as tx:
            acknowledge_notice(
                tx, find_record(tx, Notice, label), by=find_actor(tx, person.name), answer=reason,
                now=now,
            )
    typer.echo(f"{known.label} is acknowledged.")
