"""``radvigil breach``: a data breach, who must be told and by when, and who was."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.deciding import deciding, deciding_anew, labelled
from cli.opening import looking
from cli.options import ACT, LOOK, AsJson, Home, Reason, noun

app = noun("Data breaches: record, who must be told and by when, close.")

Label = Annotated[str, typer.Argument(help="The breach, such as BRC-0001.")]
People = Annotated[int | None, typer.Option(min=0, help="How many people; without: not known.")]
Risk = Annotated[str, typer.Option(help="To people's rights: unlikely, risk or high risk.")]


def _instant(text: str) -> datetime:
    """An instant in UTC, such as 2027-03-01T14:30."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no instant such as 2027-03-01T14:30.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@app.command("list", rich_help_panel=LOOK)
def list_breaches(as_json: AsJson = False, home: Home = None) -> None:
    """Every breach with its clocks: who must still be told, by when, by which clause."""
    from cli.printing import print_rows
    from records.breaches import Breach, open_duties
    from records.lookup import list_records

    with looking(home) as store, store.reader() as reader:
        rows = [
            {"breach": one.label, "aware": one.aware_at, "what": one.what, "people": one.people,
             "risk": one.risk, "status": one.status,
             "to_tell": [f"{duty.to} by {duty.due_at:%Y-%m-%d %H:%M} UTC ({duty.clause})"
                         for duty in open_duties(one)],
             "told": [str(told["to"]) for told in one.notified]}
            for one in list_records(reader, Breach)
        ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="No breach is on record.")


@app.command(rich_help_panel=ACT)
def record(
    what: Annotated[str, typer.Argument(help="What happened, in words that name nobody.")],
    aware: Annotated[str, typer.Option(help="When you became aware, UTC, as 2027-03-01T14:30.")],
    categories: Annotated[str, typer.Option(help="Which data, such as 'images under pseudonym'.")],
    risk: Risk,
    law: Annotated[list[str], typer.Option(help="EU, US; repeatable.")],
    reason: Reason,
    people: People = None,
    home: Home = None,
) -> None:
    """Record a breach; its clocks run from when you became aware. Needs 'radvigil user login'."""
    from records.breaches import open_duties, record_breach

    facts = {"aware_at": _instant(aware), "what": what, "categories": categories, "people": people,
             "risk": risk, "regimes": list(dict.fromkeys(law))}  # fmt: skip
    with deciding_anew(home, "record of a breach", reason=reason) as one:
        made = record_breach(one.tx, facts, by=one.person, now=one.now)
        due = [f"  {duty.to} by {duty.due_at:%Y-%m-%d %H:%M} UTC ({duty.clause})"
               for duty in open_duties(made)]  # fmt: skip
    typer.echo("\n".join([f"{made.label} is recorded. To be told:", *(due or ["  nobody"])]))


@app.command(rich_help_panel=ACT)
def assess(
    label: Label, risk: Risk, reason: Reason, people: People = None, home: Home = None
) -> None:
    """Assess risk and number anew; who must be told follows. Needs 'radvigil user login'."""
    from records.breaches import Breach, assess_breach

    with deciding(home, labelled(Breach, label), "assessment", reason=reason) as one:
        assess_breach(one.tx, one.record, risk=risk, people=people, by=one.person)
    typer.echo(f"{one.record.label} is assessed: {risk}.")


@app.command(rich_help_panel=ACT)
def notify(
    label: Label,
    to: Annotated[str, typer.Argument(help="Who was told, as 'radvigil breach list' says.")],
    at: Annotated[str, typer.Option(help="When, UTC, as 2027-03-01T14:30.")],
    evidence: Annotated[str, typer.Option(help="What shows it, such as a reference number.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Record that somebody was told of a breach. Needs 'radvigil user login'."""
    from records.breaches import Breach, record_notification

    with deciding(home, labelled(Breach, label), "notification", reason=reason) as one:
        record_notification(
            one.tx, one.record, to, at=_instant(at), evidence=evidence, by=one.person
        )
    typer.echo(f"{one.record.label}: {to} was told.")


@app.command(rich_help_panel=ACT)
def close(label: Label, reason: Reason, home: Home = None) -> None:
    """Close a breach of which everybody was told; the reason is its conclusion.

    Needs 'radvigil user login'.
    """
    from records.breaches import Breach, close_breach

    with deciding(home, labelled(Breach, label), "closing", reason=reason) as one:
        close_breach(one.tx, one.record, conclusion=reason, by=one.person, now=one.now)
    typer.echo(f"{one.record.label} is closed.")
