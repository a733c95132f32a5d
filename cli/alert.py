"""``radvigil alert``: charts that signalled, how they are answered, and who is told."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli import alert_messages
from cli.deciding import deciding, labelled
from cli.opening import looking, now_of
from cli.options import ACT, LOOK, AsJson, Home, Reason, noun

Label = Annotated[str, typer.Argument(help="An alert's label, such as ALT-0001.")]

app = noun("Charts that signalled: acknowledge, close, escalate, and who is told.")
app.command("routes", rich_help_panel=LOOK)(alert_messages.routes)
app.command("messages", rich_help_panel=LOOK)(alert_messages.messages)
app.command("route", rich_help_panel=ACT)(alert_messages.route)
app.command("withdraw-route", rich_help_panel=ACT)(alert_messages.withdraw)
app.command("test", rich_help_panel=ACT)(alert_messages.test)
app.command("escalate", rich_help_panel=ACT)(alert_messages.escalate)
app.command("send", rich_help_panel=ACT)(alert_messages.send)


@app.command("list", rich_help_panel=LOOK)
def list_alerts(
    open_only: Annotated[bool, typer.Option("--open", help="Only those not closed.")] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """All alerts, overdue ones first, then the newest, with what revalidation concluded."""
    from dataclasses import asdict

    from cli.printing import print_rows
    from records.alert_overview import alerts_by_urgency, said_of

    with looking(home) as store, store.reader() as reader:
        found = alerts_by_urgency(reader, now=now_of(store))
        rows = [
            asdict(one) | said_of(one)
            for one in found if not (open_only and one.status == "closed")
        ]
    short = ("label", "site", "chart", "class", "severity", "raised_on", "status", "due", "summary")
    shown = rows if as_json else [{name: row[name] for name in short} for row in rows]
    print_rows(shown, as_json=as_json, empty="No alert was raised.")


@app.command(rich_help_panel=LOOK)
def show(label: Label, as_json: AsJson = False, home: Home = None) -> None:
    """One alert: what was seen and why, what the plan demands, who was told, what was decided.

    What moved and how far, since when, where, the likely cause with what speaks for and against it,
    what it may do, and what to do next: docs/alerts-explained.md. --json gives all evidence.
    """
    from dataclasses import asdict

    from cli.printing import print_fields
    from journeys.retraining_due import proposal_on_alert
    from records.alert_overview import alerts_by_urgency, history_of, said_of
    from records.alert_words import alert_facts
    from records.lookup import find_record
    from records.surveillance import Alert

    with looking(home) as store, store.reader() as reader:
        wanted = find_record(reader, Alert, label)
        standing = alerts_by_urgency(reader, now=now_of(store))
        found = next(one for one in standing if one.id == wanted.id)
        proposed = proposal_on_alert(reader, wanted)
        told: dict[str, Any] = asdict(found) | said_of(found) | history_of(reader, wanted)
    told["retraining"] = proposed or "no protocol is declared"
    if not as_json:
        evidence = told.pop("evidence")
        for twice in ("id", "plan_id", "alert_class", "due_at", "overdue", "charts"):
            told.pop(twice)  # told in words, or of no use to a reader
        told |= dict(alert_facts(evidence))
    print_fields(told, as_json=as_json)


@app.command(rich_help_panel=LOOK)
def timeline(label: Label, as_json: AsJson = False, home: Home = None) -> None:
    """What happened to an alert, step by step, and the CAPAs and incidents that belong to it."""
    from dataclasses import asdict

    from cli.printing import print_rows
    from records.alert_timeline import follow_ups, timeline_of
    from records.lookup import find_record
    from records.surveillance import Alert

    with looking(home) as store, store.reader() as reader:
        alert = find_record(reader, Alert, label)
        rows = [asdict(one) for one in timeline_of(reader, alert)]
        rows += [
            {"at": None, "what": one.kind, "words": f"{one.status}: {one.words}",
             "record": one.label}
            for one in follow_ups(reader, alert)
        ]
    print_rows(rows, as_json=as_json, empty="")


@app.command(rich_help_panel=LOOK)
def awareness(as_json: AsJson = False, home: Home = None) -> None:
    """From when the maker may have known of possible harm: candidates for screening, by age.

    An alert of the class performance or of high severity opens one when it is raised, and one that
    is closed as a complaint, a fault of the device or with its use stopped. None is ever changed.
    """
    from dataclasses import asdict

    from cli.printing import print_rows
    from records.awareness_waiting import candidates_by_age

    with looking(home) as store, store.reader() as reader:
        rows = [asdict(one) for one in candidates_by_age(reader, now=now_of(store))]
    short = ("label", "alert", "alert_status", "site", "grounds", "known_at", "days")
    shown = rows if as_json else [{name: row[name] for name in short} for row in rows]
    print_rows(shown, as_json=as_json, empty="No alert suggests that patients may be harmed.")


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

    from cli.opening import acting, acting_person
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
def assign(
    label: Label,
    to: Annotated[str, typer.Option(help="The account of who works on it from now on.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Give an alert to somebody who may answer it. Needs 'radvigil user login'."""
    from records.alert_assignments import assign_alert
    from records.surveillance import Alert

    with deciding(home, labelled(Alert, label), "assignment", reason=reason) as one:
        assign_alert(one.tx, one.record, owner=to, by=one.person, now=one.now)
    typer.echo(f"{one.record.label} is given to {to} by {one.person.full_name}.")


@app.command(rich_help_panel=ACT)
def close(
    label: Label,
    disposition: Annotated[str, typer.Option(help="What came of it; a wrong one lists them.")],
    root_cause: Annotated[str, typer.Option(help="Why it was raised; a wrong one lists them.")],
    conclusion: Annotated[str, typer.Option(help="Why you conclude so.")],
    reason: Reason,
    not_done: Annotated[
        str, typer.Option(help="Why the action that the plan demands was not taken, where so.")
    ] = "",
    home: Home = None,
) -> None:
    """Answer an acknowledged alert for good. Needs 'radvigil user login' as quality.

    Asks for the password again where the plan wants the closing signed.
    """
    from cli.opening import acting, acting_person
    from cli.signing import password_of
    from records.alert_decisions import Conclusion, close_alert
    from records.alert_escalations import rules_of
    from records.lookup import find_record
    from records.surveillance import Alert

    with acting(home) as store, store.reader() as reader:
        known = find_record(reader, Alert, label)
        person = acting_person(store)
        signed = rules_of(reader, known).rule_of(*known.charts).signed
    password = password_of(person.name) if signed else ""
    with deciding(home, labelled(Alert, label), "closing", reason=reason) as one:
        close_alert(
            one.tx, one.record, by=one.person, password=password, now=one.now,
            conclusion=Conclusion(disposition, root_cause, conclusion, not_done),
        )
    typer.echo(f"{one.record.label} is closed: {one.record.disposition}.")
