"""``radvigil complaint``: what was alleged against a device, and what became of it."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.deciding import deciding, deciding_anew, labelled
from cli.opening import acting, acting_person, device_name, looking
from cli.options import ACT, LOOK, AsJson, DeviceName, Home, Reason, named_value, noun

app = noun("Complaints: receive, list, show, duplicates, assess, link, close, import.")

Label = Annotated[str, typer.Argument(help="The complaint, such as CMP-0001.")]
_DAYS = ["%Y-%m-%d"]


@app.command("list", rich_help_panel=LOOK)
def list_complaints(as_json: AsJson = False, home: Home = None) -> None:
    """Every complaint with its status, harm and categories."""
    from cli.printing import print_rows
    from records.complaints import Complaint
    from records.lookup import list_records

    with looking(home) as store, store.reader() as reader:
        rows = [
            {"complaint": one.label, "old_number": one.old_number, "site": one.site,
             "received_at": one.received_at, "status": one.status, "harm": one.harm,
             "categories": [code["category"] for code in one.codes], "words": one.words}
            for one in list_records(reader, Complaint)
        ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="No complaint was received.")


@app.command(rich_help_panel=LOOK)
def show(label: Label, as_json: AsJson = False, home: Home = None) -> None:
    """One complaint in full: words, links, incidents, and what its record lacks."""
    from cli.printing import print_fields
    from records.complaints import Complaint, links_of
    from records.incidents import Incident
    from records.lookup import find_record, list_records

    with looking(home) as store, store.reader() as reader:
        one = find_record(reader, Complaint, label)
        links = [
            f"{Complaint.label_of(each.complaint_id)} is a {each.kind} of "
            f"{Complaint.label_of(each.other_id)}: {each.grounds}"
            for each in links_of(reader, one)
        ]
        incidents = [each.label for each in list_records(reader, Incident, complaint_id=one.id)]
        fields = {"complaint": one.label, **one.model_dump(exclude={"id", "completeness"})}
    lacks = one.completeness.get("missing")
    told = {"lacks": "not examined yet" if lacks is None else lacks, "links": links,
            "incidents": incidents}  # fmt: skip
    print_fields(fields | told, as_json=as_json)


@app.command(rich_help_panel=LOOK)
def duplicates(label: Label, as_json: AsJson = False, home: Home = None) -> None:
    """Which other complaints may tell of the same, and why; 'link' is a person's decision."""
    from cli.printing import print_rows
    from records.complaint_likeness import likely_duplicates
    from records.complaints import Complaint
    from records.lookup import find_record

    with looking(home) as store, store.reader() as reader:
        rows = [
            {"complaint": one.label, "site": one.site, "because": list(one.because),
             "words": one.words}
            for one in likely_duplicates(reader, find_record(reader, Complaint, label))
        ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="No other complaint of the device looks the same.")


@app.command(rich_help_panel=ACT)
def receive(
    words: Annotated[str, typer.Option(help="What was said, verbatim; no patient's name.")],
    channel: Annotated[str, typer.Option(help="telephone, letter, e-mail, visit, form ...")],
    received_at: Annotated[str, typer.Option(help="With offset: 2026-11-20T09:00:00+01:00.")],
    reason: Reason,
    received_by: Annotated[str, typer.Option(help="Who took it; else you.")] = "",
    site: Annotated[str, typer.Option(help="The site it tells of.")] = "",
    version: Annotated[str, typer.Option(help="The model version, such as MDV-0001.")] = "",
    event_from: Annotated[datetime | None, typer.Option(formats=_DAYS)] = None,
    event_to: Annotated[datetime | None, typer.Option(formats=_DAYS)] = None,
    involved: Annotated[
        list[str] | None, typer.Option(help="A study or prediction; repeatable.")
    ] = None,
    device: DeviceName = None,
    home: Home = None,
) -> None:
    """Take a complaint in as it came. An event without days is of unknown date.

    Needs 'radvigil user login'.
    """
    from records.complaints import receive_complaint
    from records.lookup import find_record
    from records.product import ModelVersion
    from records.queries import find_device

    at = instant(received_at)
    with looking(home) as store:
        name = device_name(store, device)
    with deciding_anew(home, "receipt of a complaint", reason=reason) as one:
        made = receive_complaint(
            one.tx, device=find_device(one.tx, name), words=words, channel=channel,
            received_at=at, received_by=received_by, site=site,
            version=find_record(one.tx, ModelVersion, version) if version else None,
            event=(event_from and event_from.date(), event_to and event_to.date()),
            involved=involved or (), by=one.person, now=one.now,
        )
    typer.echo(f"{made.label} is on record. Next: radvigil complaint assess {made.label}")


@app.command(rich_help_panel=ACT)
def assess(
    label: Label,
    harm: Annotated[str, typer.Option(help="UNKNOWN, NONE, TEMPORARY, DEATH ...")],
    harm_grounds: Annotated[str, typer.Option(help="How that is known, or what was asked.")],
    reason: Reason,
    category: Annotated[list[str] | None, typer.Option(help="As 'finding missed'.")] = None,
    investigated: Annotated[
        bool | None, typer.Option("--investigated/--not-investigated", help="Left out: unknown.")
    ] = None,
    investigation: Annotated[str, typer.Option(help="What was found, or why there is none.")] = "",
    similar_to: Annotated[str, typer.Option(help="The like complaint that was investigated.")] = "",
    say: Annotated[
        list[str] | None, typer.Option(help="As 'reply=we look', 'reply=unknown: no address'.")
    ] = None,
    home: Home = None,
) -> None:
    """Say harm, categories and what was found; tells what the record lacks (R-CMP-01).

    Needs 'radvigil user login'.
    """
    from records.complaints import Complaint, screen_complaint
    from regulatory.reportability import examine_completeness

    elements = dict(_element(one) for one in say or [])
    with deciding(home, labelled(Complaint, label), "assessment", reason=reason) as one:
        screen_complaint(
            one.tx, one.record, harm=harm, harm_grounds=harm_grounds, categories=category or (),
            investigated=investigated, investigation=investigation, similar_to=similar_to,
            elements=elements, by=one.person,
        )
        lacks = examine_completeness(one.tx, one.record)
    said = f"It lacks: {', '.join(lacks)}." if lacks else "Its record is complete."
    typer.echo(f"{one.record.label} is {one.record.status}. {said}")


@app.command(rich_help_panel=ACT)
def link(
    label: Label,
    other: Annotated[str, typer.Argument(help="The earlier one, such as CMP-0001.")],
    kind: Annotated[str, typer.Option(help="duplicate or follow-up.")],
    reason: Reason,
    home: Home = None,
) -> None:
    """Say that a complaint tells of the same as an earlier one; nothing is merged.

    Needs 'radvigil user login'.
    """
    from records.complaints import Complaint, link_complaints
    from records.lookup import find_record

    with deciding(home, labelled(Complaint, label), "link", reason=reason) as one:
        link_complaints(one.tx, one.record, find_record(one.tx, Complaint, other), kind,
                        grounds=reason, by=one.person, now=one.now)  # fmt: skip
    typer.echo(f"{one.record.label} is linked as {kind}; both stay as they are.")


@app.command(rich_help_panel=ACT)
def close(
    label: Label,
    conclusion: Annotated[str, typer.Option(help="What it was, and what follows.")],
    reason: Reason,
    no_complaint: Annotated[bool, typer.Option("--no-complaint", help="It was none.")] = False,
    home: Home = None,
) -> None:
    """Close a complaint, or decide that it was none: signed, by another than who took it in.

    Needs 'radvigil user login'; asks for the password again.
    """
    from cli.signing import password_of
    from records.complaints import CLOSED, NO_COMPLAINT, Complaint, decide_complaint

    with acting(home) as store:
        password = password_of(acting_person(store).name)
    with deciding(home, labelled(Complaint, label), "closing", reason=reason) as one:
        decide_complaint(one.tx, one.record, NO_COMPLAINT if no_complaint else CLOSED,
                         conclusion=conclusion, by=one.person, password=password,
                         now=one.now)  # fmt: skip
    typer.echo(f"{one.record.label} is '{one.record.status}'.")


@app.command("import", rich_help_panel=ACT)
def import_table(
    file: Annotated[Path, typer.Argument(help="CSV: number, words, channel, received_at ...")],
    reason: Reason,
    accept_good: Annotated[
        bool, typer.Option("--accept-good", help="Leave wrong rows out.")
    ] = False,
    device: DeviceName = None,
    home: Home = None,
) -> None:
    """Take complaints of another system in, their numbers kept; every wrong row is named.

    Nothing is taken in where a row is wrong. Needs 'radvigil user login'.
    """
    from records.errors import InvalidInput
    from records.queries import find_device
    from regulatory.complaint_import import import_complaints, read_complaint_rows

    try:
        rows = read_complaint_rows(file.read_bytes())
    except OSError as failed:
        raise InvalidInput(f"{file.name} cannot be read: {failed.strerror}.") from failed
    with looking(home) as store:
        name = device_name(store, device)
    with deciding_anew(home, "import of complaints", reason=reason) as one:
        report = import_complaints(one.tx, find_device(one.tx, name), rows, by=one.person,
                                   now=one.now, accept_good=accept_good)  # fmt: skip
    for words in report.faults:
        typer.echo(f"left out: {words}", err=True)
    typer.echo(f"Complaints imported: {len(report.made)}.")


def instant(text: str) -> datetime:
    """An instant with its offset, or a sentence that says what is wrong."""
    from records.errors import InvalidInput

    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InvalidInput(f"'{text}' is no instant with offset such as 2026-11-20T09:00:00+01:00.")
    return found


def _element(text: str) -> tuple[str, Any]:
    name, words = named_value(text, "field=words")
    unknown, colon, why = words.partition(":")
    if unknown.strip() == "unknown":
        return name, {"unknown": True, "reason": why.strip() if colon else ""}
    return name, words
