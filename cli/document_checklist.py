"""``radvigil document checklist``: a document read by the reviewer's checklist, and its score."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.opening import acting, acting_person, looking, now_of
from cli.options import AsJson, Home

if TYPE_CHECKING:
    from sqlmodel import Session

    from records.quality import Document
    from regulatory.checklist_readings import Reading


def checklist(
    label: Annotated[str, typer.Argument(help="A document's label, such as DOC-0001.")],
    facts: Annotated[
        Path | None,
        typer.Option(help="Take answers from a table, .csv or .xlsx: question, answer, page, "
                     "remark."),
    ] = None,
    blank: Annotated[
        Path | None,
        typer.Option(help="Write the questions of this kind of document: .csv or .xlsx."),
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """A document by the reviewer's checklist: each question, the answers, points and verdict.

    Answers are yes, partly, no or not_applicable. All but yes need a remark; yes needs a page or a
    remark. With --facts all rows are taken or none, and each wrong one is named; that needs
    'radvigil user login'.
    """
    from cli.printing import print_json
    from journeys.read_by_checklist import answer_from_table
    from records.errors import InvalidInput

    if facts is not None and blank is not None:
        raise InvalidInput("Give --facts or --blank.", hint="One at a time.")
    if blank is not None:
        _write_blank(home, label, blank)
        return
    if facts is not None:
        try:
            content = facts.read_bytes()
        except OSError as failed:
            raise InvalidInput(f"{facts.name} cannot be read: {failed.strerror}.") from failed
        with acting(home) as store:
            person = acting_person(store)
            with store.reader() as reader:
                number = _document(reader, label).id or 0
            made = answer_from_table(store, number, content, by=person.name, now=now_of(store))
        typer.echo(f"Answers recorded: {len(made)}.", err=as_json)
    with looking(home) as store, store.reader() as reader:
        from regulatory.checklist_readings import newest_reading, reading_on

        document = _document(reader, label)
        found, newest = reading_on(reader, document), newest_reading(reader, document)
    if as_json:
        print_json(found.as_told())
        return
    _say(found)
    if not found.answers and newest is not None:
        typer.echo(f"Another revision was read: {newest.words}.")


def _document(reader: "Session", label: str) -> "Document":
    from records.lookup import find_record
    from records.quality import Document

    return find_record(reader, Document, label)


def _write_blank(home: Path | None, label: str, blank: Path) -> None:
    from records.errors import InvalidInput
    from regulatory.checklist_tables import blank_sheet

    with looking(home) as store, store.reader() as reader:
        kind = _document(reader, label).kind
    content = blank_sheet(kind, blank.suffix.lower().removeprefix("."))
    try:
        blank.write_bytes(content)
    except OSError as failed:
        raise InvalidInput(f"{blank.name} cannot be written: {failed.strerror}.",
                           hint="Name a file in a folder that is there.") from failed  # fmt: skip
    typer.echo(f"{blank.name}: the questions for {kind}.")


def _say(found: "Reading") -> None:
    from cli.printing import print_rows

    one = found.document
    typer.echo(f"{one.label}: {one.title}, {one.number}, revision {one.version}")
    rows = [
        {"question": each.id, "weight": each.weight, "asks": each.words,
         "answer": said.answer if said else "not answered", "page": said.page if said else "",
         "remark": said.remark if said else "", "by": said.answered_by if said else ""}
        for section in found.sections for each in section.questions
        for said in [found.answers.get(each.id)]
    ]  # fmt: skip
    print_rows(rows, as_json=False, empty="")
    for section in found.sections:
        typer.echo(f"{section.id}, {section.title}: {found.score_of(section).words}.")
    typer.echo(f"{found.words}.")
