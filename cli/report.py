"""``radvigil report``: radiologists' reports, taken in without identities and read by rules."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import report_held
from cli.opening import acting, device_name, looking, now_of, start_routine
from cli.options import ACT, LOOK, AsJson, DeviceName, Home, Last, Since, Until, noun

if TYPE_CHECKING:
    from datetime import datetime

    from measures.estimate import Estimate
    from records.store import Store

app = noun("Radiologists' reports: taken in without identities, read by rules, beside the device.")


@app.command("list", rich_help_panel=LOOK)
def list_reports(last: Last = 50, as_json: AsJson = False, home: Home = None) -> None:
    """The newest reports, with what they say; and how many wait for their study."""
    from cli.printing import print_rows
    from imaging.reports.waiting import waiting_reports
    from records.report_list import newest_reports

    with looking(home) as store:
        with store.reader() as reader:
            rows = newest_reports(reader, last)
        waiting = waiting_reports(store).counts() if store.workspace.messages.is_file() else {}
    print_rows(rows, as_json=as_json, empty="No report was taken in.")
    if waiting and not as_json:
        told = ", ".join(f"{n} of {site}" for site, n in waiting.items())
        typer.echo(f"Waiting for their study: {told}.")


@app.command(rich_help_panel=LOOK)
def show(
    label: Annotated[str, typer.Argument(help="A report, such as RPT-0001.")],
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """One version of a report: its clean text, what was read from it, and by which rules."""
    from cli.printing import print_fields
    from records.lookup import find_record
    from records.report_list import report_fields
    from records.reports import RadiologyReport
    from records.vault import Vault

    with looking(home) as store, store.reader() as reader:
        report = find_record(reader, RadiologyReport, label)
        text = Vault(store.workspace.vault).fetch(report.text_digest, of=report.label).decode()
        fields = report_fields(reader, report)
    print_fields(fields | {"text": text}, as_json=as_json)


@app.command(rich_help_panel=LOOK)
def waiting(as_json: AsJson = False, home: Home = None) -> None:
    """How many reports wait for their study, by site; after 180 days they are deleted."""
    from cli.printing import print_rows
    from imaging.reports.waiting import waiting_reports

    with looking(home) as store:
        counts = waiting_reports(store).counts() if store.workspace.messages.is_file() else {}
    rows = [{"site": site, "waiting": n} for site, n in counts.items()]
    print_rows(rows, as_json=as_json, empty="No report waits for its study.")


@app.command(rich_help_panel=LOOK)
def concordance(
    device: DeviceName = None,
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """How often device and report say the same of the finding: all, by site and by reader.

    Agreement, no accuracy: a report is no truth, and its reader may have seen the output. Reports
    that are uncertain or do not mention the finding are left out, and counted.
    """
    from cli.printing import print_json, print_rows
    from records.queries import find_device

    with looking(home) as store, store.reader() as reader:
        found = list(_concordance(
            reader, find_device(reader, device_name(store, device)), _day(since), _day(until)
        ))  # fmt: skip
    if as_json:
        print_json([one | {"estimates": [each.to_dict() for each in one["estimates"]]}
                    for one in found])  # fmt: skip
        return
    short = {"overall_percent_agreement": "agreement", "positive_percent_agreement": "positive",
             "negative_percent_agreement": "negative", "kappa": "kappa"}  # fmt: skip
    counts = [{name: value for name, value in one.items() if name != "estimates"} for one in found]
    print_rows(counts, as_json=False, empty="No version of the device runs.")
    agreement = [
        {"version": one["version"], "group": one["group"]}
        | {short.get(each.measure, each.measure): _shown(each) for each in one["estimates"]}
        for one in found if one["reported"]
    ]
    if found:
        typer.echo("Agreement, with 95 % intervals and the number of studies:")
        print_rows(agreement, as_json=False, empty="No study has a final report yet.")


def _concordance(
    reader: Any, device: Any, since: Any, until: Any
) -> Iterator[dict[str, Any]]:
    from dataclasses import asdict

    from monitoring.concordance import concordance_of
    from records.held_definition import definition_of
    from records.product import ModelVersion
    from records.queries import running_deployments

    numbers = {one.model_version_id for one in running_deployments(reader, device)}
    for number in sorted(numbers):
        version = reader.get_one(ModelVersion, number)
        found = concordance_of(
            reader, version, finding=definition_of(device).task.finding, since=since, until=until
        )
        for one in found:
            yield {"version": version.label} | asdict(one) | {"estimates": one.estimates}


def _day(moment: "datetime | None") -> Any:
    return moment.date() if moment else None


def _shown(one: "Estimate") -> str:
    if not one.estimable:
        return f"not estimable: {one.reason} (n = {one.n})"
    return f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f}; n = {one.n})"


@app.command(rich_help_panel=ACT)
def receive(
    path: Annotated[Path, typer.Argument(exists=True, help="A file, or a folder of them.")],
    site: Annotated[str, typer.Option(help="Whose the reports are, and their patient numbers.")],
    home: Home = None,
) -> None:
    """Take reports in: HL7 results (.hl7), DICOM structured reports, tables (.csv).

    A table has the columns study, text, status, reported_on and reader. Identities are taken out;
    a text that cannot be cleaned with certainty, or of another patient, is held back in
    quarantine; a report whose study has not come waits for it. Exit code 1 where files of a folder
    were refused.
    """
    from journeys.receive_reports import receive_reports, told
    from records.clock import require_no_demonstration

    with acting(home) as store:
        actor = _started(store, "report receive")
        with store.reader() as reader:
            require_no_demonstration(reader)
        found = receive_reports(store, path, site=site, actor=actor, now=now_of(store))
    said = ", ".join(f"{n} {name}" for name, n in told(found).items() if n) or "none"
    typer.echo(f"Reports: {said}. Reference standards of report text recorded: {found.truths}.")
    for name, why in found.refused:
        typer.echo(f"Refused: {name}: {why}", err=True)
    if found.refused:
        raise typer.Exit(1)


@app.command(rich_help_panel=ACT)
def reread(home: Home = None) -> None:
    """Read every kept text again where the rules are newer than those that read it."""
    from journeys.receive_reports import reread_reports

    with acting(home) as store:
        read, truths = reread_reports(
            store, actor=_started(store, "report reread"), now=now_of(store)
        )
    typer.echo(f"{read} reports were read again; {truths} reference standards changed.")


app.command("held", rich_help_panel=LOOK)(report_held.held)
app.command("read-held", rich_help_panel=ACT)(report_held.read_held)
app.command(rich_help_panel=ACT)(report_held.release)


def _started(store: "Store", task: str) -> str:
    return start_routine(store, "service:intake", task=task)
