"""``radvigil audit``: verify, anchor, show and export the audit trail."""

from typing import Annotated

import typer

from cli.opening import looking
from cli.options import ACT, LOOK, AsJson, Home, Last, OutFolder, Since, Until, day_of, noun

app = noun("The audit trail: verify, anchor, show, export.")


@app.command(rich_help_panel=LOOK)
def verify(
    records_only: Annotated[
        bool, typer.Option("--records-only", help="Leave bytes and keys unread.")
    ] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Is every record still what was written? Exit code 0 if whole, 3 if broken.

    Recomputes the hash chain, compares it with its anchors, every row with the trail and every
    key with its fingerprint, and reads the bytes that records name: the vault, frozen datasets
    and models, quarantine. The first bad sequence number or record is named.
    """
    from cli.printing import print_json
    from records.verify_workspace import verify_workspace

    with looking(home) as store, store.reader() as reader:
        verdict = verify_workspace(store, reader, records_only=records_only)
    findings = verdict.findings
    found = {
        "whole": verdict.whole, "events": verdict.events, "records": verdict.records,
        "contents": verdict.contents, "anchors": verdict.anchors,
        "first_bad_sequence": verdict.first_bad_sequence, "findings": list(findings),
        "head": verdict.head,
    }
    if as_json:
        print_json(found)
    elif findings:
        typer.echo(f"Broken: {findings[0]}.", err=True)
        for finding in findings[1:]:
            typer.echo(f"  also: {finding}", err=True)
    else:
        typer.echo(
            f"Whole: {verdict.events} audit events, {verdict.records} records, "
            f"{verdict.contents} contents, {verdict.anchors} anchors; head {verdict.head}."
        )
        if not verdict.anchors:
            typer.echo("Not anchored: events cut off at the end would not be seen.")
    if findings:
        from records.errors import IntegrityBroken

        raise typer.Exit(IntegrityBroken.exit_code)


@app.command(rich_help_panel=ACT)
def anchor(as_json: AsJson = False, home: Home = None) -> None:
    """Sign where the trail stands and write it outside the database.

    The file anchors.jsonl in the folder that RADVIGIL_ANCHORS names; a demonstration keeps it in
    the workspace. A trail whose newest events are cut off later is told by it.
    """
    from dataclasses import asdict

    from cli.opening import acting, now_of, person_if_signed_in
    from cli.printing import print_json
    from records.accounts import require_on_record
    from records.anchors import write_anchor
    from records.permissions import Action

    with acting(home) as store:
        person = person_if_signed_in(store)
        if person is not None:
            require_on_record(store, person, Action.ANCHOR, now=now_of(store))
        written = write_anchor(store, now=now_of(store))
        folder = str(store.workspace.anchors)
    if as_json:
        print_json({"folder": folder, "anchor": asdict(written) if written else None})
    elif written:
        typer.echo(f"Audit event {written.sequence} anchored in {folder}.")
    else:
        typer.echo("No event since the last anchor.")


@app.command(rich_help_panel=LOOK)
def show(
    subject: Annotated[
        str | None, typer.Option(help="A record ('Alert:7') or a kind of record ('Alert').")
    ] = None,
    actor: Annotated[str | None, typer.Option(help="An account name.")] = None,
    action: Annotated[str | None, typer.Option(help="Such as 'create' or 'sign in'.")] = None,
    since: Since = None,
    until: Until = None,
    last: Last = 50,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Who did what, when and why: the newest events that fit."""
    from cli.printing import print_rows
    from records.lookup import find_events

    with looking(home) as store, store.reader() as reader:
        events = find_events(
            reader, subject=subject, actor=actor, action=action, since=day_of(since),
            until=day_of(until), last=last,
        )
        rows = [event.model_dump() for event in events]
    short = ("sequence", "at", "actor", "action", "subject", "reason")
    shown = rows if as_json else [{name: row[name] for name in short} for row in rows]
    print_rows(shown, as_json=as_json, empty="No event fits.")


@app.command(rich_help_panel=LOOK)
def export(
    out: OutFolder,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Write the whole trail as JSON Lines and CSV, which anybody can check without Radvigil.

    The export itself is an event, after the ones that it holds.
    """
    from cli.opening import acting, now_of, start_routine
    from cli.printing import print_json
    from records.audit import note
    from records.audit_export import export_audit
    from records.counting import counted

    with acting(home) as store:
        with store.reader() as reader:
            written = export_audit(reader, out)
        said = {"events": written.events, "head": written.head}
        actor = start_routine(store, "service:export", task="audit export")
        with store.transaction(actor, now=now_of(store)) as tx:
            note(tx, "export", "AuditTrail:all", new=said)
    if as_json:
        print_json(said | {"folder": str(out)})
    else:
        typer.echo(f"{counted(written.events, 'event')} written to {out}; head {written.head}.")
