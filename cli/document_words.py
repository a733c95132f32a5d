"""``radvigil document``: what people write in documents and of them, and what is not ready yet."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.opening import acting, acting_person, device_name, looking, now_of
from cli.options import ACT, LOOK, AsJson, DeviceName, Home, noun

if TYPE_CHECKING:
    from regulatory.documents.difference import Difference

app = noun("Texts, comments, differences and readiness of documents.")

Kind = Annotated[str, typer.Argument(help="The kind of document, such as validation_report.")]
Label = Annotated[str, typer.Argument(help="A document's label, such as DOC-0001.")]
Place = Annotated[str, typer.Argument(help="The place's key; see 'radvigil document places'.")]


@app.command(rich_help_panel=LOOK)
def places(
    kind: Kind, device: DeviceName = None, as_json: AsJson = False, home: Home = None
) -> None:
    """The places of a kind of document that only a person fills, each with its newest text."""
    from cli.printing import print_rows
    from records.queries import find_device
    from regulatory.document_texts import standing_texts

    with looking(home) as store:
        name = device_name(store, device)
        with store.reader() as reader:
            found = standing_texts(reader, find_device(reader, name), kind)
    rows = found if as_json else [
        {"place": one["place"], "section": one["section"], "missing": one["missing"],
         "who": one["who"], "text": one["text"][:60] or "none", "by": one["written_by"] or "nobody",
         "record": one["record"] or "none"}
        for one in found
    ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="This kind has no place for a person's text.")


@app.command(rich_help_panel=ACT)
def write(
    kind: Kind,
    place: Place,
    text: Annotated[str | None, typer.Option(help="The text.")] = None,
    file: Annotated[Path | None, typer.Option(help="A file in UTF-8 with the text.")] = None,
    device: DeviceName = None,
    home: Home = None,
) -> None:
    """Write the text of a place; the document's next version prints it as yours.

    A new text is the next version of the one before, which stays. Needs 'radvigil user login'.
    """
    from journeys.review_documents import write as write_text

    words = _words(text, file)
    with acting(home) as store:
        person = acting_person(store)
        made = write_text(store, device_name(store, device), kind, place, words, by=person.name,
                          now=now_of(store))  # fmt: skip
        typer.echo(f"{made.label}: version {made.version} of '{place}' in {kind}, by "
                   f"{made.printed_name}. Compile the document to print it.")  # fmt: skip


def _words(text: str | None, file: Path | None) -> str:
    from records.errors import InvalidInput

    if (text is None) == (file is None):
        raise InvalidInput("Give either --text or --file.", hint="One of the two, not both.")
    if file is None:
        return text or ""
    try:
        return file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as failed:
        raise InvalidInput(f"{file.name} cannot be read as UTF-8.",
                           hint="Name a text file.") from failed  # fmt: skip


@app.command("import-texts", rich_help_panel=ACT)
def import_texts(
    file: Annotated[Path, typer.Argument(help="CSV in UTF-8: kind, place, text.")],
    accept_good: Annotated[
        bool, typer.Option("--accept-good", help="Leave wrong rows out.")
    ] = False,
    device: DeviceName = None,
    home: Home = None,
) -> None:
    """Write the texts of a table; every wrong row is named, and nothing is taken in beside one.

    Needs 'radvigil user login'.
    """
    from journeys.review_documents import write_all
    from records.errors import InvalidInput
    from regulatory.document_texts import read_text_rows

    try:
        rows = read_text_rows(file.read_bytes())
    except OSError as failed:
        raise InvalidInput(f"{file.name} cannot be read: {failed.strerror}.") from failed
    with acting(home) as store:
        person = acting_person(store)
        done = write_all(store, device_name(store, device), rows, by=person.name,
                         now=now_of(store), accept_good=accept_good)  # fmt: skip
    for words in done.faults:
        typer.echo(f"left out: {words}", err=True)
    typer.echo(f"Texts written: {len(done.made)}.")


@app.command(rich_help_panel=LOOK)
def comments(label: Label, as_json: AsJson = False, home: Home = None) -> None:
    """The comments of reviewers on a version of a document, and their answers."""
    from cli.printing import print_rows
    from records.document_texts import comments_on
    from records.lookup import find_record
    from records.quality import Document

    with looking(home) as store, store.reader() as reader:
        rows = [
            {"comment": one.label, "place": one.place, "words": one.words, "by": one.made_by,
             "at": one.made_at, "status": one.status, "answer": one.answer,
             "answered_by": one.answered_by, "answered_at": one.answered_at}
            for one in comments_on(reader, find_record(reader, Document, label))
        ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="Nobody has commented on this version.")


@app.command(rich_help_panel=ACT)
def comment(
    label: Label,
    place: Annotated[str, typer.Argument(
        help="A section such as 3, or the identifier of a table or statement; see 'trace'."
    )],
    words: Annotated[str, typer.Option(help="What is to be looked at.")],
    home: Home = None,
) -> None:  # fmt: skip
    """Comment on a place of a draft or of a document in review. Needs 'radvigil user login'.

    A comment that is not answered blocks the approval.
    """
    from journeys.review_documents import comment as make_comment
    from records.lookup import find_record
    from records.quality import Document

    with acting(home) as store:
        person = acting_person(store)
        with store.reader() as reader:
            found = find_record(reader, Document, label)
        made = make_comment(store, found.id or 0, place, words, by=person.name, now=now_of(store))
        typer.echo(f"{made.label}: a comment on place {made.place} of {found.label}.")


@app.command(rich_help_panel=ACT)
def answer(
    label: Annotated[str, typer.Argument(help="A comment's label, such as RVC-0001.")],
    words: Annotated[str, typer.Option(help="What was done about it, or why nothing.")],
    home: Home = None,
) -> None:
    """Answer a reviewer's comment. Needs 'radvigil user login'."""
    from journeys.review_documents import answer as answer_comment
    from records.document_texts import ReviewComment
    from records.lookup import find_record

    with acting(home) as store:
        person = acting_person(store)
        with store.reader() as reader:
            found = find_record(reader, ReviewComment, label)
        done = answer_comment(store, found.id or 0, words, by=person.name, now=now_of(store))
        typer.echo(f"{done.label} is answered by {person.full_name}.")


@app.command(rich_help_panel=ACT)
def assign(
    label: Label,
    gap: Annotated[int, typer.Option(help="The gap's number in the document's list, from 1.")],
    owner: Annotated[str, typer.Option(help="The account that supplies it.")],
    due: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Until which day.")],
    home: Home = None,
) -> None:
    """Say who supplies what a gap of a draft lacks, and until when. Needs 'radvigil user login'."""
    from journeys.review_documents import assign as assign_gap
    from records.lookup import find_record
    from records.quality import Document

    with acting(home) as store:
        person = acting_person(store)
        with store.reader() as reader:
            found = find_record(reader, Document, label)
        done = assign_gap(store, found.id or 0, gap, owner=owner, due=due.date(), by=person.name,
                          now=now_of(store))  # fmt: skip
        typer.echo(f"{done.label}: '{owner}' supplies gap {gap} by {due.date()}.")


@app.command(rich_help_panel=LOOK)
def diff(
    document: Annotated[str, typer.Argument(help="A document's number, or a version's label.")],
    earlier: Annotated[int, typer.Argument(help="A version, such as 1.")],
    later: Annotated[int, typer.Argument(help="Another version, such as 2.")],
    pdf: Annotated[Path | None, typer.Option(help="Write it as a PDF here.")] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """What one version of a document says otherwise than another, statement by statement."""
    from dataclasses import asdict

    from cli.printing import print_json
    from journeys.review_documents import difference
    from regulatory.documents.difference import in_short
    from regulatory.documents.writers.pdf import write_pdf

    with looking(home) as store:
        found, paper = difference(store, document, earlier, later)
    if pdf is not None:
        _write(pdf, write_pdf(paper))
    if as_json:
        print_json({
            "number": paper.header.number, "title": paper.header.title,
            "in_short": in_short(found), "differences": [asdict(one) for one in found],
        })  # fmt: skip
        return
    typer.echo(f"{paper.header.title}: {in_short(found)}.")
    for one in found:
        _say(one)
    if pdf is not None:
        typer.echo(f"Written: {pdf}")


def _say(one: "Difference") -> None:
    typer.echo(f"{one.change:<8} {one.key}")
    if one.before:
        typer.echo(f"         - {one.before}")
    if one.after:
        typer.echo(f"         + {one.after}")


def _write(path: Path, content: bytes) -> None:
    from records.errors import InvalidInput

    try:
        path.write_bytes(content)
    except OSError as failed:
        raise InvalidInput(f"{path.name} cannot be written: {failed.strerror}.",
                           hint="Name a file in a folder that is there.") from failed  # fmt: skip


@app.command(rich_help_panel=LOOK)
def readiness(
    kind: Annotated[
        list[str] | None, typer.Option(help="Only this kind of document; repeatable.")
    ] = None,
    device: DeviceName = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Clause by clause, what each document would answer now: answered or gap, owner, due.

    And how each was read by the reviewer's checklist: its score, or that nobody read it.
    """
    from dataclasses import asdict

    from cli.printing import print_rows
    from journeys.review_documents import what_is_ready
    from regulatory.readiness import counted_states, readings_by_document

    with looking(home) as store:
        found = what_is_ready(store, device, kinds=kind or [], now=now_of(store))
    rows = [{"device": name, **asdict(one)} for name, each in found.items() for one in each]
    if as_json:
        print_rows(rows, as_json=True, empty="")
        return
    shown = ("device", "document", "section", "title", "state", "missing", "who", "owner", "due")
    brief = [{name: one[name] for name in shown} for one in rows]
    print_rows(brief, as_json=False, empty="No document is known.")
    for name, each in found.items():
        counts = ", ".join(f"{state} {count}" for state, count in counted_states(each).items())
        typer.echo(f"{name}: {counts}.")
        for document, words in readings_by_document(each).items():
            typer.echo(f"  {document}: {words}.")


def list_newest(home: Path | None, *, as_json: bool) -> None:
    """The newest revision of each document by area of work."""
    from cli.printing import print_rows
    from regulatory.document_list import as_json as told
    from regulatory.document_list import listed_documents

    with looking(home) as store, store.reader() as reader:
        found = listed_documents(reader, on=now_of(store).date())
    shown = ("area", "code", "number", "version", "title", "status", "open_gaps", "due", "due_by",
             "checklist")  # fmt: skip
    rows = told(found) if as_json else [
        {name: one.as_told()[name] for name in shown} for one in found
    ]
    print_rows(rows, as_json=as_json, empty="No document was compiled.")
