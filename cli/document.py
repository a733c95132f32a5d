"""``radvigil document``: reports that are nothing but records set in type."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import document_words
from cli.document_checklist import checklist
from cli.document_trace import trace, verify
from cli.opening import (
    acting,
    acting_person,
    device_name,
    looking,
    now_of,
    start_routine,
    who_exports,
)
from cli.options import ACT, LOOK, AsJson, Comment, DeviceName, Home, OutFolder, Reason, noun
from cli.sealing import EncryptFor, ExportKeyFile, sealing

if TYPE_CHECKING:
    from journeys.control_documents import Deed
    from records.store import Store

app = noun("Reports that are nothing but records set in type.")

app.command(rich_help_panel=LOOK)(trace)
app.command(rich_help_panel=LOOK)(verify)
app.command(rich_help_panel=ACT)(checklist)

Label = Annotated[str, typer.Argument(help="A document's label, such as DOC-0001.")]


@app.command("list", rich_help_panel=LOOK)
def list_documents(
    newest: Annotated[
        bool, typer.Option("--newest", help="By area of work, the newest revision of each: status, "
                           "open gaps, the day that is due, how it was read.")
    ] = False,
    as_json: AsJson = False, home: Home = None,
) -> None:  # fmt: skip
    """All controlled documents, the newest first, with who signed them."""
    if newest:
        from cli.document_words import list_newest

        list_newest(home, as_json=as_json)
        return
    from dataclasses import asdict

    from cli.printing import print_rows
    from records.control_overview import documents

    with looking(home) as store, store.reader() as reader:
        found = documents(reader)
    if as_json:
        print_rows([asdict(one) for one in found], as_json=True, empty="")
        return
    rows = [
        {
            "document": one.label, "number": one.number, "version": one.version,
            "title": one.title, "status": one.status, "frozen_at": one.freeze_at,
            "gaps": len(one.gaps), "signed_by": [signed.printed_name for signed in one.signatures],
        }
        for one in found
    ]
    print_rows(rows, as_json=False, empty="No document was compiled.")


@app.command(rich_help_panel=LOOK)
def schedule(device: DeviceName = None, as_json: AsJson = False, home: Home = None) -> None:
    """Periodic reports and reviews of a device: each period not reported yet, and by when it is.

    Where a fact is missing no day is given: it is said what is needed.
    """
    from cli.printing import print_rows
    from regulatory.periodic_schedule import device_in_force, schedule_of

    with looking(home) as store, store.reader() as reader:
        on = now_of(store).date()
        found = schedule_of(reader, device_in_force(reader, device_name(store, device)), on=on)
    rows = [one.as_told(on) for one in found]
    if not as_json:
        shown = ("report", "state", "period_no", "says", "issue_due", "submission", "citation",
                 "checked")  # fmt: skip
        rows = [{name: row[name] for name in shown} for row in rows]
    print_rows(rows, as_json=as_json, empty="No periodic report is known of this device.")


@app.command("compile", rich_help_panel=ACT)
def compile_documents(
    kind: Annotated[
        str | None, typer.Argument(help="Such as change_log; a wrong one lists them. Else all.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every kind that applies, of every device.")
    ] = False,
    why: Annotated[
        str, typer.Option("--reason", help="Why; the revision history prints it.")
    ] = "",
    subject: Annotated[
        str, typer.Option(help="The record that it is about, such as INC-0001, where it is one.")
    ] = "",
    device: DeviceName = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Compile drafts as of now: one kind, or every kind that applies.

    A kind that does not fit the device's class, or has nothing to be about yet, is refused; where
    all are asked for, it is left out and the reason printed. What nobody supplied is a gap.
    """
    from cli.printing import print_json, print_rows
    from journeys.review_documents import compile_every_kind
    from journeys.tell import Written, watched_period, write_document
    from records.errors import InvalidInput
    from regulatory.compile import Request

    if subject and kind is None:
        raise InvalidInput("--subject is of one kind of document.", hint="Name the kind too.")
    if every and kind is not None:
        raise InvalidInput("Name one kind, or give --all.", hint="Not both.")
    with acting(home) as store:
        now = now_of(store)
        name = device if every else device_name(store, device)
        actor = start_routine(store, "service:documents", task="document compile")
        if kind is None:
            made = compile_every_kind(store, name, actor=actor, reason=why, now=now)
        else:
            request = Request(kind, name or "", watched_period(store, name or ""),
                              requested_by=actor, reason=why, subject=subject)  # fmt: skip
            made = {name or "": Written([write_document(store, request, actor=actor, now=now)], {})}
    rows = [
        {
            "document": one.label, "number": one.number, "version": one.version,
            "title": one.title, "status": one.status, "gaps": len(one.gaps),
        }
        for written in made.values() for one in written.documents
    ]  # fmt: skip
    left_out = [
        {"device": about, "kind": name, "reason": reason}
        for about, written in made.items() for name, reason in written.skipped.items()
    ]  # fmt: skip
    if every and as_json:
        print_json({"documents": rows, "not_made": left_out})
    else:
        print_rows(rows, as_json=as_json, empty="No document could be made.")
    for one in left_out:
        typer.echo(f"Not made: {one['device']}: {one['kind']}: {one['reason']}", err=True)


@app.command(rich_help_panel=ACT)
def sign(
    label: Label,
    meaning: Annotated[str, typer.Option(help="author, review, approval or responsible-person.")],
    reason: Reason,
    comment: Comment = "",
    home: Home = None,
) -> None:
    """Sign a document in review; its author may sign the draft. Needs 'radvigil user login'.

    The password is asked for again.
    """
    from cli.signing import sign_label
    from records.quality import Document

    with acting(home) as store:
        said = sign_label(
            store, Document, label, meaning=meaning, reason=reason, comment=comment
        )
        typer.echo(said)


@app.command(rich_help_panel=ACT)
def attempt(
    label: Label,
    gap: Annotated[int, typer.Option(help="The gap's number in the document's list, from 1.")],
    who: Annotated[str, typer.Option(help="Who was asked, by function; never a patient.")],
    on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="On which day.")],
    channel: Annotated[str, typer.Option(help="Such as telephone or e-mail.")],
    question: Annotated[str, typer.Option(help="What was asked.")],
    answer: Annotated[str, typer.Option(help="What was answered; 'no answer' where nobody did.")],
    home: Home = None,
) -> None:
    """Record an attempt to find out what a gap of a draft lacks. Needs 'radvigil user login'.

    The document prints it beside the gap that is declared unknown afterwards.
    """
    from journeys.tell import record_gap_attempt
    from records.lookup import find_record
    from records.quality import Document
    from regulatory.gaps import Attempt

    made = Attempt(who, on.date(), channel, question, answer)
    with acting(home) as store:
        person = acting_person(store)
        with store.reader() as reader:
            found = find_record(reader, Document, label)
        done = record_gap_attempt(
            store, found.id or 0, gap, made, by=person.name, now=now_of(store)
        )
        typer.echo(f"{done.label}: an attempt is recorded with gap {gap}.")


@app.command("declare-unknown", rich_help_panel=ACT)
def declare_gaps(label: Label, reason: Reason, home: Home = None) -> None:
    """Declare the open gaps of a draft unknown, with the reason. Needs 'radvigil user login'.

    A gap that is neither supplied nor declared blocks approval. One that waits for the responsible
    person, top management or the clinical lead is declared by a person of that role only.
    """
    from journeys.tell import declare_gaps_unknown
    from records.counting import counted
    from records.lookup import find_record
    from records.quality import Document

    with acting(home) as store:
        person = acting_person(store)
        with store.reader() as reader:
            found = find_record(reader, Document, label)
        done = declare_gaps_unknown(
            store, found.id or 0, by=person.name, reason=reason, now=now_of(store)
        )
        gaps = counted(len(found.open_gaps) - len(done.open_gaps), "gap")
        typer.echo(f"{done.label}: {gaps} declared unknown by {person.full_name}.")
        for gap in done.open_gaps:
            typer.echo(f"open     §{gap['section']} {gap['missing']}: for the {gap['who']}")


@app.command(rich_help_panel=ACT)
def submit(label: Label, reason: Reason, home: Home = None) -> None:
    """Give a complete draft to review, where it is signed. Needs 'radvigil user login'."""
    from journeys.control_documents import submit as submit_document

    with acting(home) as store:
        done = submit_document(store, _deed(store, label, reason))
        typer.echo(f"{done.label} is in review: it is signed now, and not worked on.")


@app.command(rich_help_panel=ACT)
def reject(
    label: Label,
    reason: Reason,
    comment: Annotated[str, typer.Option(help="What is wrong; its author reads it.")],
    home: Home = None,
) -> None:
    """Send a document in review back to draft, by a signed rejection. Needs 'radvigil user login'.

    The password is asked for again. Signatures of this review stay on record and do not count for
    the next one.
    """
    from cli.signing import password_of
    from journeys.control_documents import reject as reject_document

    with acting(home) as store:
        deed = _deed(store, label, reason)
        signature = reject_document(
            store, deed, password=password_of(deed.by), comment=comment
        )
        typer.echo(f"{label} is a draft again, rejected by {signature.printed_name}: "
                   f"{signature.label}.")  # fmt: skip


@app.command(rich_help_panel=ACT)
def approve(label: Label, reason: Reason, home: Home = None) -> None:
    """Approve a document in review that is signed, and export it. Needs 'radvigil user login'.

    The draft is set again as it was signed, with the signatures in their places.
    """
    from journeys.control_documents import approve as approve_document

    with acting(home) as store:
        deed = _deed(store, label, reason)
        _say_written(store, approve_document(store, deed), f"approved by {deed.by}")


@app.command(rich_help_panel=ACT)
def effective(label: Label, reason: Reason, home: Home = None) -> None:
    """Put an approved version into force and export it; the one before is superseded with it.

    Needs 'radvigil user login'. One version of a number is in force for a revision of the device.
    """
    from journeys.control_documents import make_effective

    with acting(home) as store:
        deed = _deed(store, label, reason)
        _say_written(store, make_effective(store, deed), "effective")


@app.command(rich_help_panel=ACT)
def withdraw(label: Label, reason: Reason, home: Home = None) -> None:
    """Withdraw a document: it stays readable, marked on every page. Needs 'radvigil user login'."""
    _end(label, "withdrawn", reason, home)


@app.command(rich_help_panel=ACT)
def obsolete(label: Label, reason: Reason, home: Home = None) -> None:
    """Declare a document in force obsolete: nothing replaces it. Needs 'radvigil user login'."""
    _end(label, "obsolete", reason, home)


def _end(label: str, status: str, reason: str, home: Path | None) -> None:
    from journeys.control_documents import end

    with acting(home) as store:
        done = end(store, _deed(store, label, reason), status)
        typer.echo(f"{done.label} is {done.status}. Copies of it are marked so on every page.")


def _deed(store: "Store", label: str, reason: str) -> "Deed":
    """What the person who is signed in does with the document that the label means."""
    from journeys.control_documents import Deed
    from records.lookup import find_record
    from records.quality import Document

    person = acting_person(store)
    with store.reader() as reader:
        found = find_record(reader, Document, label)
    return Deed(found.id or 0, person.name, reason, now_of(store))


def _say_written(store: "Store", done: dict[str, Any], what: str) -> None:
    typer.echo(f"{done['record']} is {what}. Written:")
    typer.echo("\n".join(str(store.workspace.exports / name) for name in done["files"]))


@app.command(rich_help_panel=LOOK)
def export(
    out: OutFolder,
    label: Annotated[
        str | None, typer.Argument(help="A document's label; none with --device and --as-of.")
    ] = None,
    device: DeviceName = None,
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="The whole file of the device as it "
                     "stood at the end of this day (UTC): one archive, with a verifier."),
    ] = None,
    authority: Annotated[
        str, typer.Option("--for", help="eu or us: with a folder in the order of a submission.")
    ] = "",
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", help="pdf, json, html, docx, xlsx, trace.json; else all."),
    ] = None,
    encrypt_for: EncryptFor = None,
    key_file: ExportKeyFile = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Write a document in its formats with sidecar and manifest, or the whole file of a device.

    An audit trail's events come as JSON Lines with it. 'document verify' checks what was written.
    What is in review, superseded, obsolete or withdrawn is marked so on every page. The export is
    an event. With --encrypt-for all of it is one sealed file, and the event says so.
    """
    if label is None:
        from cli.device_file import write_device_file

        write_device_file(home, device, out, as_of=as_of, authority=authority, formats=formats,
                          sealed=encrypt_for is not None, as_json=as_json)  # fmt: skip
        return
    from cli.device_file import refuse_beside_label

    refuse_beside_label(device, as_of, authority)
    from cli.printing import print_json
    from journeys.seal_export import write_sealed
    from journeys.tell import export_document
    from records.lookup import find_record
    from records.quality import Document
    from regulatory.documents.rendering import FORMATS

    with acting(home) as store:
        with store.reader() as reader:
            found = find_record(reader, Document, label)
        actor = who_exports(store, task="document export")
        now, kinds = now_of(store), tuple(formats or FORMATS)
        if seal := sealing(encrypt_for, key_file, out / f"{found.number}-v{found.version}.sealed"):
            digests = write_sealed(
                store,
                lambda room: export_document(
                    store, found, room, actor=actor, now=now, formats=kinds
                ),
                seal, subject=found.subject, actor=actor, now=now,
            )
        else:
            digests = export_document(
                store, found, out, actor=actor, now=now, formats=kinds
            )
    files = [str(out / name) for name in digests]
    if as_json:
        print_json({"document": found.label, "files": files, "digests": digests})
    else:
        typer.echo("\n".join(f"Written: {path}" for path in files))


app.add_typer(document_words.app)
