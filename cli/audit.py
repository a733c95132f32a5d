"""``radvigil audit``: verify, anchor, show and export the audit trail."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import audit_sample
from cli.opening import looking
from cli.options import ACT, LOOK, AsJson, Home, Last, OutFolder, Since, Until, day_of, noun
from cli.sealing import EncryptFor, ExportKeyFile, sealing

if TYPE_CHECKING:
    from records.audit_export import AuditExport
    from records.store import Store
    from records.verify import Verdict

app = noun("The audit trail: verify, anchor, show, export.")
app.command("sample", rich_help_panel=LOOK)(audit_sample.sample)

@app.command(rich_help_panel=LOOK)
def verify(
    records_only: Annotated[
        bool, typer.Option("--records-only", help="Leave bytes and keys unread.")
    ] = False,
    on_record: Annotated[
        bool, typer.Option("--on-record", help="Write down that it was verified, what was found.")
    ] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Is every record still what was written? Exit code 0 if whole, 3 if broken.

    Recomputes the hash chain, compares it with its anchors, every row with the trail, tables and
    indexes with the program and every key with its fingerprint, and reads the bytes that records
    name: the vault, frozen datasets and models, quarantine, exports. The first bad sequence
    number or record is named. Notes are no damage: a file that others can read, exports that
    were moved away.
    """
    from cli.printing import print_json
    from records.verify_workspace import verify_workspace

    with looking(home) as store, store.reader() as reader:
        verdict = verify_workspace(store, reader, records_only=records_only)
    if not verdict.whole:
        _tell_administrators(home, verdict)
    if on_record:
        _put_on_record(home, verdict)
    findings = verdict.findings
    found = {
        "whole": verdict.whole, "events": verdict.events, "records": verdict.records,
        "contents": verdict.contents, "anchors": verdict.anchors,
        "first_bad_sequence": verdict.first_bad_sequence, "findings": list(findings),
        "head": verdict.head, "notices": list(verdict.notices),
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
    if not as_json:
        for notice in verdict.notices:
            typer.echo(f"Note: {notice}.", err=True)
    if findings:
        from records.errors import IntegrityBroken

        raise typer.Exit(IntegrityBroken.exit_code)


def _put_on_record(home: Path | None, verdict: "Verdict") -> None:
    from cli.opening import acting, acting_person, now_of
    from records.trail_verifications import record_verification

    with acting(home) as store:
        record_verification(store, verdict, actor=acting_person(store).name, now=now_of(store))


def _tell_administrators(home: Path | None, verdict: "Verdict") -> None:
    """Leave a notice; where the damage forbids it, the verdict on the screen has to do."""
    from cli.opening import acting, now_of
    from records.damage_notice import tell_of_damage
    from records.errors import RadvigilError

    try:
        with acting(home) as store:
            tell_of_damage(store, verdict, now=now_of(store))
    except RadvigilError as failed:
        typer.echo(f"No notice could be left for the administrators: {failed.message}", err=True)


@app.command(rich_help_panel=ACT)
def anchor(as_json: AsJson = False, home: Home = None) -> None:
    """Sign where the trail stands and write it outside the database.

    The file anchors.jsonl in the folder that RADVIGIL_ANCHORS names; a demonstration keeps it in
    the workspace. A trail whose newest events are cut off later is told by it.
    """
    from dataclasses import asdict

    from cli.opening import acting, now_of, person_if_signed_in, start_routine, token_given
    from cli.printing import print_json
    from records.accounts import require_on_record
    from records.anchors import write_anchor
    from records.permissions import Action

    with acting(home) as store:
        if token_given():
            actor = start_routine(store, "service:anchors", task="audit anchor")
        elif person := person_if_signed_in(store):
            require_on_record(store, person, Action.ANCHOR, now=now_of(store))
            actor = person.name
        else:
            actor = "radvigil"
        written = write_anchor(store, now=now_of(store), actor=actor)
        folder = str(store.workspace.anchors)
    if as_json:
        print_json({"folder": folder, "anchor": asdict(written) if written else None})
    elif written:
        typer.echo(f"Audit event {written.sequence} anchored in {folder}.")
    else:
        typer.echo("No event since the last anchor.")


Subject = Annotated[
    str | None,
    typer.Option(help="A record ('ALT-0007' or 'Alert:7') or a kind of record ('Alert')."),
]
WhoActed = Annotated[str | None, typer.Option(help="An account name.")]
Because = Annotated[
    str | None, typer.Option("--because", help="A piece of the reason; needs --since.")
]
WhatWasDone = Annotated[str | None, typer.Option(help="Such as 'create' or 'sign in'.")]


@app.command(rich_help_panel=LOOK)
def show(
    subject: Subject = None,
    actor: WhoActed = None,
    action: WhatWasDone = None,
    since: Since = None,
    until: Until = None,
    because: Because = None,
    last: Last = 50,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Who did what, when and why: the newest events that fit; when it was verified last."""
    from cli.printing import print_rows
    from records.lookup import find_events
    from records.trail_verifications import last_verification

    with looking(home) as store, store.reader() as reader:
        events = find_events(
            reader, subject=_exact(subject), actor=actor, action=action, since=day_of(since),
            until=day_of(until), reason=because, last=last,
        )
        rows = [event.model_dump() for event in events]
        verified = last_verification(reader)
    short = ("sequence", "at", "actor", "action", "subject", "reason")
    shown = rows if as_json else [{name: row[name] for name in short} for row in rows]
    print_rows(shown, as_json=as_json, empty="No event fits.")
    if not as_json:
        typer.echo(verified.words if verified else "No verification is on record.", err=True)


def _exact(subject: str | None) -> str | None:
    """A label as the trail names its record; a kind of record as it is."""
    from records.history import subject_named

    return subject_named(subject) if subject and "-" in subject else subject


@app.command(rich_help_panel=LOOK)
def history(
    record: Annotated[str, typer.Argument(help="A record, such as ALT-0001 or Alert:1.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", file_okay=False,
                     help="A folder: write PDF, JSON Lines and CSV there as well."),
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Everything about one record, in order: who did what, as what, from which value to which.

    Its creation, also in a batch, every change, the signatures on it, exports and refusals. Name
    and roles are those that the account had at the event. Files written with --out are an event.
    """
    from dataclasses import asdict

    from cli.printing import print_json, print_rows
    from records.history import record_history

    with looking(home) as store, store.reader() as reader:
        found = record_history(reader, record)
    written = _write_history(found.label, out, home) if out else {}
    if as_json:
        print_json(
            {"record": found.label, "subject": found.subject, "files": written,
             "events": [asdict(one) for one in found.events]}
        )  # fmt: skip
        return
    rows = [
        {
            "number": one.event["sequence"], "at": one.event["at"][:19].replace("T", " "),
            "who": one.actor.words, "action": one.event["action"],
            "record": one.event["subject"], "what changed": _cut(one.words),
            "reason": one.event["reason"],
        }
        for one in found.events
    ]
    typer.echo(f"{found.label}: {len(rows)} of {found.sequence} events of the trail (UTC).")
    print_rows(rows, as_json=False, empty="")
    for name in written:
        typer.echo(f"Written: {out}/{name}")


SHOWN = 400


def _cut(words: str) -> str:
    return words if len(words) <= SHOWN else f"{words[:SHOWN]}… (--json shows all of it)"


def _write_history(record: str, out: Path, home: Path | None) -> dict[str, str]:
    from cli.opening import acting, now_of, who_exports
    from journeys.copy_trail import copy_history

    with acting(home) as store:
        actor = who_exports(store, task=f"audit history {record}")
        return copy_history(
            store, record, out, asked_by=_asking(store, actor), actor=actor, now=now_of(store)
        )


def _asking(store: "Store", otherwise: str) -> str:
    """Who asks for a copy: the person who is signed in, else the routine."""
    from cli.opening import person_if_signed_in, token_given

    person = None if token_given() else person_if_signed_in(store)
    return f"{person.full_name} ({person.name})" if person else otherwise


@app.command(rich_help_panel=LOOK)
def export(
    out: OutFolder,
    subject: Subject = None,
    actor: WhoActed = None,
    action: WhatWasDone = None,
    since: Since = None,
    until: Until = None,
    because: Because = None,
    on_paper: Annotated[
        bool, typer.Option("--pdf", help="Write a PDF for people as well: 2,000 events at most.")
    ] = False,
    identified: Annotated[
        bool, typer.Option("--identified", help="Leave in patients' names that people typed.")
    ] = False,
    encrypt_for: EncryptFor = None,
    key_file: ExportKeyFile = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Write the trail as JSON Lines and CSV, which anybody can check without Radvigil.

    All of it, or the events that fit, under names of their own. The export itself is an event,
    after the ones that it holds. It is looked through for names and numbers of those whose studies
    are here, and refused where somebody is named; --identified asks for it as it stands, on
    record, by a person of the quality team or the person responsible. With --encrypt-for all of it
    is one sealed file.
    """
    from cli.opening import acting, now_of, who_exports
    from cli.printing import print_json
    from journeys.copy_trail import PAPER, TrailOrder, copy_trail
    from journeys.seal_export import write_sealed
    from records.counting import counted
    from records.lookup import EventFilter

    wanted = EventFilter(
        subject=_exact(subject), actor=actor, action=action, since=day_of(since),
        until=day_of(until), reason=because,
    )
    with acting(home) as store:
        routine = who_exports(store, task="audit export")
        order = TrailOrder(wanted, on_paper, _asking(store, routine), identified)
        now = now_of(store)
        if seal := sealing(encrypt_for, key_file, out / "audit-trail.sealed"):
            made: list[AuditExport] = []
            write_sealed(
                store,
                lambda room: made.append(copy_trail(store, order, room, actor=routine, now=now)),
                seal, subject="AuditTrail:all", actor=routine, now=now,
            )
            written = made[0]
        else:
            written = copy_trail(store, order, out, actor=routine, now=now)
    if as_json:
        print_json({"events": written.events, "head": written.head, "folder": str(out)})
        return
    typer.echo(f"{counted(written.events, 'event')} written to {out}; head {written.head}.")
    if seal:
        typer.echo(f"Written: {seal.target}")
    elif on_paper:
        typer.echo(f"Written: {out / PAPER}")
