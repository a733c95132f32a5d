"""``radvigil external``: another maker's product, watched by the results that it sends."""

from pathlib import Path
from typing import Annotated

import typer

from cli.opening import acting, device_name, looking, now_of, start_routine
from cli.options import ACT, LOOK, AsJson, DeviceName, Home, noun

MOST_PLACES = 20
"""Lines of a table that are named one by one."""
app = noun("Another maker's product, watched by its results: DICOM, HL7, CSV, FHIR.")


@app.command(rich_help_panel=ACT)
def receive(
    path: Annotated[
        Path,
        typer.Argument(help="A file or a folder: DICOM SR or secondary capture, ORU, CSV, FHIR."),
    ],
    site: Annotated[str, typer.Option(help="Where the results come from.")],
    device: DeviceName = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Take in what the product said; the definition's section 'external' says how it is read.

    A result is joined to its study by the pseudonym, waits for one that is not here yet, and adds
    nothing when it comes again. A version that was not seen before is recorded, with the site and
    the day. What cannot be read with certainty goes to quarantine with the reason; a table with a
    wrong line is refused whole. Ends with 1 where anything was refused. Nothing is returned by
    Radvigil: the product does that itself.
    """
    import json
    from dataclasses import asdict

    from imaging.arriving_files import find_files
    from journeys.receive_results import receive_results

    found = find_files(path)
    with acting(home) as store:
        name, now = device_name(store, device), now_of(store)
        report = receive_results(
            store, name, found.paths, site=site, now=now,
            actor=start_routine(store, "service:intake", task="external receive"),
        )
    if as_json:
        typer.echo(json.dumps(asdict(report)))
        raise typer.Exit(1 if report.refused else 0)
    typer.echo(
        f"{report.applied} results on record, {report.known} known before, {report.waiting} wait "
        f"for their study, {report.changed} say something else than before."
    )
    for why, count in sorted(report.refused.items()):
        places = report.places.get(why, [])
        more = f" and {len(places) - MOST_PLACES} more" if len(places) > MOST_PLACES else ""
        lines = f" ({'; '.join(places[:MOST_PLACES])}{more})" if places else ""
        typer.echo(f"  {count} refused: {why.replace('_', ' ')}{lines}")
    for version in report.versions:
        typer.echo(f"  seen for the first time: {version}")
    for words in (*report.version_changes, *report.contradictions):
        typer.echo(f"  {words}")
    if report.refused:
        raise typer.Exit(1)


@app.command("list", rich_help_panel=LOOK)
def list_results(
    device: DeviceName = None, as_json: AsJson = False, home: Home = None
) -> None:
    """How many results came, by site, way and what became of them; and where scores contradict
    decisions."""
    from cli.printing import print_rows
    from records.external_results import results_by_state
    from records.external_scores import contradictions

    with looking(home) as store, store.reader() as reader:
        name = device_name(store, device)
        rows = [
            {"site": site, "way": origin, "status": status, "results": n}
            for site, origin, status, n in results_by_state(reader, name)
        ]
        contradicted = contradictions(reader, name)
    print_rows(rows, as_json=as_json, empty="No result of another maker's product came.")
    if not as_json:  # programs find it by 'external versions'
        for one in contradicted:
            typer.echo(one.words)


@app.command(rich_help_panel=LOOK)
def versions(device: DeviceName = None, as_json: AsJson = False, home: Home = None) -> None:
    """Which versions of the product ran where, from when to when, as its results show; and how
    many of their results contradict their own score."""
    from cli.printing import print_rows
    from records.external_scores import contradictions
    from records.external_versions import versions_seen

    with looking(home) as store, store.reader() as reader:
        name = device_name(store, device)
        against = {(one.version, one.site): one.against for one in contradictions(reader, name)}
        rows = [
            one | {"against_their_score": against.get((str(one["version"]), str(one["site"])), 0)}
            for one in versions_seen(reader, name)
        ]
    print_rows(rows, as_json=as_json, empty="No version of another maker's product was seen.")
