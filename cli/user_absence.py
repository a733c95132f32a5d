"""``radvigil user absent`` and ``returned``: who is away, who stands in, who answers today."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.deciding import account, deciding
from cli.opening import looking, now_of
from cli.options import AsJson, Home, Reason, day_named

if TYPE_CHECKING:
    from sqlmodel import Session

    from records.absences import Absence


def absences(as_json: AsJson = False, home: Home = None) -> None:
    """Every absence with its substitute, those that are over or ended included."""
    from cli.printing import print_rows
    from records.absences import Absence
    from records.lookup import list_records
    from records.responsibility import told

    with looking(home) as store, store.reader() as reader:
        rows = [
            {
                "absence": one.label, "account": one.person.name,
                "substitute": one.substitute.name, "from": one.first_day, "until": one.last_day,
                "status": one.status, "reason": one.reason,
                "not_covered": [act.value for act in one.lacks],
            }
            for one in (told(reader, absence) for absence in list_records(reader, Absence))
        ]
    print_rows(rows, as_json=as_json, empty="No absence is recorded.")


def responsible(
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day; else today.")
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Who answers today for what waits for a person, with substitutes for who is away."""
    from cli.printing import print_rows
    from records.responsibility import duties_on

    with looking(home) as store:
        day = on.date() if on else now_of(store).date()
        with store.reader() as reader:
            rows: list[dict[str, Any]] = [
                {
                    "act": one.action.value, "who": [each.words for each in one.answering],
                    "away": list(one.away), "nobody_stands_in_for": list(one.uncovered),
                }
                for one in duties_on(reader, day)
            ]
    print_rows(rows, as_json=as_json, empty="Nobody has an account here yet.")


def absent(
    name: Annotated[str, typer.Argument(help="Who is away; your own account, or another's.")],
    first_day: Annotated[str, typer.Option("--from", help="The first day, as 2027-07-01.")],
    until: Annotated[str, typer.Option(help="The last day, as 2027-07-14.")],
    substitute: Annotated[str, typer.Option(help="The account of who stands in.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Record that somebody is away and who stands in. Needs 'radvigil user login'.

    Standing in gives no role: the substitute's own must allow what he or she does. Everybody
    records the own absence; that of others needs quality or an administrator.
    """
    from records.absences import record_absence
    from records.people import find_actor
    from records.responsibility import told

    first, last = day_named(first_day), day_named(until)
    with deciding(home, account(name), "absence", reason=reason) as one:
        made = record_absence(
            one.tx, one.record, substitute=find_actor(one.tx, substitute), first_day=first,
            last_day=last, reason=reason, by=one.person, now=one.now,
        )
        said = told(one.tx, made)
    typer.echo(
        f"{said.label}: {said.substitute.full_name} stands in for {said.person.full_name}, {first} "
        f"to {last}."
    )
    if said.lacks:
        lacking = "; ".join(act.value for act in said.lacks)
        typer.echo(f"The own roles of {said.substitute.full_name} do not allow: {lacking}.")


def returned(
    name: Annotated[str, typer.Argument(help="Who is back, or does not go.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """End the absence that counts today, or the next one. Needs 'radvigil user login'."""
    from records.absences import absence_of, end_absence
    from records.clock import now_in
    from records.people import find_actor

    def absence(reader: "Session") -> "Absence":
        return absence_of(reader, find_actor(reader, name), on=now_in(reader).date())

    with deciding(home, absence, "return", reason=reason) as one:
        end_absence(one.tx, one.record, by=one.person, now=one.now)
    typer.echo(f"{one.record.label} is ended: nobody stands in for '{name}' by it any more.")
