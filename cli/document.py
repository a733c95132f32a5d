"""``radvigil document``: reports that are nothing but records set in type."""

from typing import Annotated

import typer

from cli.opening import acting, acting_person, device_name, looking, now_of, start_routine
from cli.options import ACT, LOOK, AsJson, DeviceName, Home, OutFolder, Reason, noun
from cli.sealing import EncryptFor, ExportKeyFile, sealing

app = noun("Reports that are nothing but records set in type.")

Label = Annotated[str, typer.Argument(help="A document's label, such as DOC-0001.")]


@app.command("list", rich_help_panel=LOOK)
def list_documents(as_json: AsJson = False, home: Home = None) -> None:
    """All controlled documents, the newest first, with who signed them."""
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


@app.command("compile", rich_help_panel=ACT)
def compile_documents(
    kind: Annotated[
        str | None, typer.Argument(help="Such as change_log; a wrong one lists them. Else all.")
    ] = None,
    device: DeviceName = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Compile drafts as of now: one kind, or all that this version writes.

    A kind that does not fit the device's class, or has nothing to be about yet, is refused; where
    all are asked for, it is left out and the reason printed.
    """
    from cli.printing import print_rows
    from journeys.tell import Written, watched_period, write_document, write_documents
    from regulatory.compile import Request

    with acting(home) as store:
        name, now = device_name(store, device), now_of(store)
        actor = start_routine(store, "service:documents", task="document compile")
        if kind is None:
            made = write_documents(store, name, actor=actor, now=now)
        else:
            request = Request(kind, name, watched_period(store, name), requested_by=actor)
            made = Written([write_document(store, request, actor=actor, now=now)], {})
    rows = [
        {
            "document": one.label, "number": one.number, "version": one.version,
            "title": one.title, "status": one.status, "gaps": len(one.gaps),
        }
        for one in made.documents
    ]
    print_rows(rows, as_json=as_json, empty="No document could be made.")
    for name, why in made.skipped.items():
        typer.echo(f"Not made: {name}: {why}", err=True)


@app.command(rich_help_panel=ACT)
def sign(
    label: Label,
    meaning: Annotated[str, typer.Option(help="author, review, approval or responsible-person.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Sign a draft. Needs 'radvigil user login'; the password is asked for again."""
    from cli.signing import sign_label
    from records.quality import Document

    with acting(home) as store:
        typer.echo(sign_label(store, Document, label, meaning=meaning, reason=reason))


@app.command("declare-unknown", rich_help_panel=ACT)
def declare_gaps(label: Label, reason: Reason, home: Home = None) -> None:
    """Declare the open gaps of a draft unknown, with the reason. Needs 'radvigil user login'.

    A gap that is neither supplied nor declared blocks approval.
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
        gaps = counted(len(done.gaps), "gap")
        typer.echo(f"{done.label}: {gaps} declared unknown by {person.full_name}.")


@app.command(rich_help_panel=ACT)
def approve(label: Label, reason: Reason, home: Home = None) -> None:
    """Approve a draft that two people signed, and export it. Needs 'radvigil user login'.

    The draft is set again as it was signed, with the signatures in their places.
    """
    from journeys.tell import approve_document_by_id
    from records.lookup import find_record
    from records.quality import Document

    with acting(home) as store:
        person = acting_person(store)
        with store.reader() as reader:
            found = find_record(reader, Document, label)
        done = approve_document_by_id(
            store, found.id or 0, approved_by=person.name, reason=reason, now=now_of(store)
        )
        typer.echo(f"{done['record']} is approved by {person.full_name}. Written:")
        typer.echo("\n".join(str(store.workspace.exports / name) for name in done["files"]))


@app.command(rich_help_panel=LOOK)
def export(
    label: Label,
    out: OutFolder,
    encrypt_for: EncryptFor = None,
    key_file: ExportKeyFile = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Write a document's PDF and JSON, verified, and the events of an audit trail as JSON Lines.

    The export is an event. With --encrypt-for all of it is one sealed file, and the event says so.
    """
    from cli.printing import print_json
    from journeys.seal_export import write_sealed
    from journeys.tell import export_document
    from records.lookup import find_record
    from records.quality import Document

    with acting(home) as store:
        with store.reader() as reader:
            found = find_record(reader, Document, label)
        actor = start_routine(store, "service:export", task="document export")
        now = now_of(store)
        if seal := sealing(encrypt_for, key_file, out / f"{found.number}-v{found.version}.sealed"):
            digests = write_sealed(
                store, lambda room: export_document(store, found, room, actor=actor, now=now),
                seal, subject=found.subject, actor=actor, now=now,
            )
        else:
            digests = export_document(store, found, out, actor=actor, now=now)
    files = [str(out / name) for name in digests]
    if as_json:
        print_json({"document": found.label, "files": files, "digests": digests})
    else:
        typer.echo("\n".join(f"Written: {path}" for path in files))
