"""``radvigil study``: take in DICOM studies; see what was refused and why."""

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import (
    study_assessments,
    study_checks,
    study_deidentification,
    study_follow,
    study_quarantine,
    study_results,
    study_selection,
    study_simulation,
    study_truth,
)
from cli.opening import acting, device_name, input_requirements, looking, now_of, start_routine
from cli.options import (
    ACT,
    LOOK,
    AsJson,
    DeviceName,
    Home,
    Last,
    Since,
    Until,
    day_of,
    noun,
)  # fmt: skip

if TYPE_CHECKING:
    from imaging.ingest import IngestReport

_LABEL = re.compile(r"STU-\d+", re.IGNORECASE)
app = noun("Take in DICOM studies; see what was refused and why.")
app.command("deidentification", rich_help_panel=LOOK)(study_deidentification.deidentification)
app.command("assessments", rich_help_panel=ACT)(study_assessments.assessments)
app.command("results", rich_help_panel=LOOK)(study_results.results)
app.command("select", rich_help_panel=LOOK)(study_selection.select)


class Purpose(StrEnum):
    """What studies are taken in for."""

    CLINICAL = "clinical"
    DEVELOPMENT = "development"
    EXTERNAL = "external"


@app.command(rich_help_panel=ACT)
def ingest(
    path: Annotated[Path, typer.Argument(help="A DICOM file, or a folder of them.")],
    site: Annotated[str, typer.Option(help="Where they come from; a new site is 'unconfirmed'.")],
    purpose: Annotated[
        Purpose, typer.Option(help="Arrived in operation, or collected for development.")
    ] = Purpose.CLINICAL,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Take files in: de-identify, measure quality, store; or quarantine with the reason.

    Exit code 0 when every file is accounted for, 1 where some could not be read. Hidden files
    are skipped and counted; pipes, sockets and links to folders are refused unopened. Makes a
    workspace where there is none; works before any device is defined (then every modality is
    taken in). Taking the same files in again changes nothing.
    """
    import json

    from cli.progress import counting
    from imaging.arriving_files import find_files
    from imaging.ingest import Arrival
    from imaging.ingest import ingest as take_in
    from records.clock import require_no_demonstration
    from records.settings import current_settings
    from records.site_names import check_site_name

    check_site_name(site)
    found = find_files(path)
    with acting(home, create=True) as store:
        with store.reader() as reader:
            require_no_demonstration(reader)
        actor, now = start_routine(store, "service:intake", task="study ingest"), now_of(store)
        with counting(f"intake from {site}", len(found.paths), quiet=as_json) as progress:
            report = take_in(
                store, found.paths, Arrival(site, purpose.value, now.date()), actor=actor, now=now,
                requirements=input_requirements(store), workers=current_settings().workers,
                progress=progress,
            )
    report.skipped = found.skipped
    if as_json:
        typer.echo(json.dumps(report.to_dict()))
    else:
        _print_report(report)
    if report.unread:
        typer.echo(
            f"radvigil: {report.unread} of them could not be read, so not every file is accounted "
            f"for. List them with 'find PATH ! -readable', and take them in again.", err=True
        )
        raise typer.Exit(1)


def _print_report(report: "IngestReport") -> None:
    from records.counting import counted
    from records.study_corrections import SAID_AGAIN, words_of_rejection

    known = report.duplicate - sum(report.sent_again.values())
    typer.echo(
        f"{counted(report.files, 'file')}: {report.stored} stored, {counted(known, 'duplicate')}."
    )
    for kind, count in sorted(report.sent_again.items()):
        typer.echo(f"  {count} sent again: {SAID_AGAIN[kind]}")
    if report.rejected:
        images = counted(report.rejected, "stored image")
        typer.echo(f"  {images} taken back by a rejection note: not read any more")
    for reason, count in report.to_dict()["quarantined"].items():
        typer.echo(f"  {count} in quarantine: {reason}{words_of_rejection(reason)}")
    for name, count in report.elsewhere.items():
        typer.echo(f"  {count} of the duplicates are stored as images of the site '{name}'")
    if report.skipped:
        typer.echo(f"  {report.skipped} skipped: hidden, or still being written (.part)")
    if report.corrected:
        typer.echo("'radvigil study explain' tells what was corrected of a study.")


@app.command("readings", rich_help_panel=LOOK)
def list_readings(
    site: Annotated[str | None, typer.Option(help="Only studies of this site.")] = None,
    since: Since = None,
    until: Until = None,
    last: Last = 50,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Which version read which study, and what it said: the newest that fit, by arrival."""
    from dataclasses import asdict

    from cli.printing import print_rows
    from records.ledger import readings
    from records.lookup import sites_named

    with looking(home) as store, store.reader() as reader:
        if site:
            sites_named(reader, [site])
        rows = [
            asdict(one)
            for one in readings(
                reader, site=site, since=day_of(since), until=day_of(until), last=last
            )
        ]
    short = ("study", "site", "arrived_on", "version", "score", "decision", "returned_to_care")
    shown = rows if as_json else [{name: row[name] for name in short} for row in rows]
    print_rows(shown, as_json=as_json, empty="Nothing was read.")


@app.command(rich_help_panel=LOOK)
def worklist(
    site: Annotated[str, typer.Option(help="Whose list.")],
    since: Since = None,
    device: DeviceName = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """The studies that nobody has read yet, in the order in which to read them, and why.

    A flagged study is moved up, none is ever moved down, and one that has waited as long as the
    device's definition allows stands before everything that came after it. By default the studies
    of today and yesterday.
    """
    from dataclasses import asdict

    from cli.printing import print_rows
    from monitoring.worklist import LOOKED_BACK, waiting_studies
    from records.lookup import sites_named
    from records.queries import find_device

    with looking(home) as store, store.reader() as reader:
        now = now_of(store)
        sites_named(reader, [site])
        rows = waiting_studies(
            reader, find_device(reader, device_name(store, device)), site=site,
            since=day_of(since) or now.date() - LOOKED_BACK, now=now,
        )
    print_rows([asdict(one) for one in rows], as_json=as_json, empty="No study waits.")


@app.command("list", rich_help_panel=LOOK)
def list_studies(
    last: Last = 50,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """The newest studies, by pseudonym."""
    from cli.printing import print_rows
    from records.cases import Study
    from records.lookup import list_records
    from records.queries import sites_by_name

    with looking(home) as store, store.reader() as reader:
        names = {one.id: name for name, one in sites_by_name(reader).items()}
        rows = [
            {
                "study": one.label, "patient": one.patient, "site": names[one.site_id],
                "purpose": one.purpose, "arrived_on": one.arrived_on, "view": one.view,
                "age_years": one.age_years, "sex": one.sex, "assigned": one.assigned,
                "study_uid": one.study_uid,
            }
            for one in list_records(reader, Study, last=last)
        ]
    print_rows(rows, as_json=as_json, empty="No study was taken in.")


@app.command(rich_help_panel=LOOK)
def explain(
    study: Annotated[
        str, typer.Argument(help="Its number, such as STU-0001, or its accession number.")
    ],
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Where a study is, and why it was or was not read and returned.

    By accession number it needs 'radvigil user login' and is an event; the number is not kept.
    """
    from dataclasses import asdict

    from cli.opening import acting_person
    from cli.printing import print_rows
    from records.accounts import require_on_record
    from records.cases import Study
    from records.lookup import find_record
    from records.permissions import Action
    from records.study_path import study_path

    if _LABEL.fullmatch(study):
        with looking(home) as store, store.reader() as reader:
            one = find_record(reader, Study, study)
            rows = [{"study": one.label} | asdict(step) for step in study_path(reader, one)]
    else:
        from journeys.explain_study import explain_accession

        with acting(home) as store:
            person, now = acting_person(store), now_of(store)
            require_on_record(store, person, Action.LOOK_UP_STUDY, now=now)
            found = explain_accession(store, study, by=person, now=now)
        rows = [
            {"study": label} | asdict(step)
            for label, steps in found.paths.items() for step in steps
        ]
        rows += [
            {"study": one.label, "what": "in quarantine", "at": one.received_at,
             "why": f"{one.reason} {one.detail}".strip()} for one in found.quarantined
        ]  # fmt: skip
        if found.waiting:
            rows.append({"study": "", "what": "waiting", "at": None,
                         "why": f"{found.waiting} arrived and not taken in yet"})  # fmt: skip
    print_rows(rows, as_json=as_json, empty="Nothing is known of it.")


app.command("quarantine", rich_help_panel=LOOK)(study_quarantine.quarantine)
app.command("resubmit", rich_help_panel=ACT)(study_quarantine.resubmit)
app.command("truth", rich_help_panel=ACT)(study_truth.truth)
app.command("truth-states", rich_help_panel=LOOK)(study_truth.truth_states)
app.command("follow", rich_help_panel=LOOK)(study_follow.follow)
app.command("simulate-ct", rich_help_panel=LOOK)(study_simulation.simulate_ct)
app.command("flags", rich_help_panel=LOOK)(study_checks.flags)
app.command("checks", rich_help_panel=LOOK)(study_checks.checks)
app.command("check", rich_help_panel=LOOK)(study_checks.check)
