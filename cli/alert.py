"""``radvigil alert``: charts that signalled."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.deciding import deciding, labelled
from cli.opening import looking
from cli.options import ACT, LOOK, AsJson, Home, Reason, noun

Label = Annotated[str, typer.Argument(help="An alert's label, such as ALT-0001.")]

app = noun("Charts that signalled: acknowledge, close.")


@app.command("list", rich_help_panel=LOOK)
def list_alerts(
    open_only: Annotated[bool, typer.Option("--open", help="Only those not closed.")] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """All alerts, the newest first, with what revalidation concluded."""
    from dataclasses import asdict

    from cli.printing import print_rows
    from records.overview import alerts

    with looking(home) as store, store.reader() as reader:
        rows = [
            asdict(one) for one in alerts(reader) if not (open_only and one.status == "closed")
        ]
    short = ("label", "site", "chart", "severity", "raised_on", "status", "summary")
    shown = rows if as_json else [{name: row[name] for name in short} for row in rows]
    print_rows(shown, as_json=as_json, empty="No alert was raised.")


@app.command(rich_help_panel=LOOK)
def show(label: Label, as_json: AsJson = False, home: Home = None) -> None:
    """One alert: what was seen and why, what was decided, whether the retraining protocol starts.

    What moved and how far, since when, where, the likely cause with what speaks for and against it,
    what it may do, and what to do next: docs/alerts.md. --json gives all evidence.
    """
    from dataclasses import asdict

    from cli.printing import print_fields
    from journeys.retraining_due import proposal_on_alert
    from records.alert_words import alert_facts
    from records.lookup import find_record
    from records.overview import alerts
    from records.surveillance import Alert

    with looking(home) as store, store.reader() as reader:
        wanted = find_record(reader, Alert, label)
        found = next(one for one in alerts(reader) if one.id == wanted.id)
        proposed = proposal_on_alert(reader, wanted)
    told: dict[str, Any] = asdict(found) | {"retraining": proposed or "no protocol is declared"}
    if not as_json:
        evidence = told.pop("evidence")
        told |= dict(alert_facts(evidence))
    print_fields(told, as_json=as_json)


@app.command(rich_help_panel=ACT)
def cases(
    label: Label,
    out: Annotated[Path, typer.Option(help="The file to write: .csv or .parquet.")],
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Write the studies behind an alert for a notebook: a line a study and chart.

    Label, day, score, decision, truth known by then, the column that moved, before or since. No
    name or number of a patient. The export is on record with the file's digest. Needs 'radvigil
    user login'.
    """
    from dataclasses import asdict

    from cli.opening import acting, acting_person, now_of
    from cli.printing import print_fields
    from journeys.alert_cases import write_cases
    from records.lookup import find_record
    from records.surveillance import Alert

    with acting(home) as store:
        who = acting_person(store).name
        with store.reader() as reader:
            alert = find_record(reader, Alert, label)
        done = write_cases(store, alert, out, actor=who, now=now_of(store))
    print_fields(asdict(done) | {"written to": str(out)}, as_json=as_json)


@app.command(rich_help_panel=ACT)
def acknowledge(
    label: Label,
    finding: Annotated[str, typer.Option(help="What you found, or will do first.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Take an alert on. Needs 'radvigil user login'."""
    from records.alert_decisions import acknowledge_alert
    from records.surveillance import Alert

    with deciding(home, labelled(Alert, label), "acknowledgement", reason=reason) as one:
        acknowledge_alert(one.tx, one.record, by=one.person, finding=finding, now=one.now)
    typer.echo(f"{one.record.label} is acknowledged by {one.person.full_name}.")


@app.command(rich_help_panel=ACT)
def close(
    label: Label,
    disposition: Annotated[str, typer.Option(help="What came of it; a wrong one lists them.")],
    conclusion: Annotated[str, typer.Option(help="Why.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Answer an acknowledged alert for good. Needs 'radvigil user login' as quality."""
    from records.alert_decisions import close_alert
    from records.surveillance import Alert

    with deciding(home, labelled(Alert, label), "closing", reason=reason) as one:
        close_alert(
            one.tx, one.record, by=one.person, disposition=disposition, conclusion=conclusion,
            now=one.now,
        )
    typer.echo(f"{one.record.label} is closed: {one.record.disposition}.")
