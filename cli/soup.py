"""``radvigil soup``: software of others, its review, and advisories about it."""

from pathlib import Path
from typing import Annotated

import typer

from cli.deciding import deciding, deciding_anew, labelled
from cli.opening import acting, acting_person, looking
from cli.options import ACT, LOOK, AsJson, DeviceName, Home, Reason, noun

app = noun("Software of others: the list, its review, advisories and what was decided.")


@app.command("list", rich_help_panel=LOOK)
def list_soup(as_json: AsJson = False, home: Home = None) -> None:  # noqa: ARG001  (as every look)
    """Every locked component with supplier, purpose, hazard, or through which one it comes."""
    from cli.printing import print_rows
    from regulatory.soup import soup_components

    rows = [
        {
            "name": one.name, "version": one.version, "through": one.through,
            "supplier": one.row.get("supplier") if one.direct else None,
            "purpose": one.row.get("purpose") if one.direct else None,
            "hazard": one.row.get("hazard"), "risk_item": one.row.get("risk_item"),
            "anomalies": one.row.get("anomalies") if one.direct else None,
            "evaluation": one.row.get("evaluation"),
        }
        for one in soup_components()
    ]
    if not as_json:
        rows = [
            {key: row[key] for key in ("name", "version", "through", "purpose", "risk_item")}
            for row in rows
        ]
    print_rows(rows, as_json=as_json, empty="Nothing is locked.")


@app.command(rich_help_panel=LOOK)
def check(as_json: AsJson = False, home: Home = None) -> None:
    """What stands in the way of a release: exit code 1 where the list or its review has a gap."""
    from cli.printing import print_json
    from regulatory.soup import soup_gaps

    with looking(home) as store, store.reader() as reader:
        gaps = soup_gaps(reader)
    if as_json:
        print_json({"gaps": gaps})
    else:
        typer.echo("\n".join(gaps) or "Every locked component is listed, and the lock is reviewed.")
    raise typer.Exit(1 if gaps else 0)


@app.command(rich_help_panel=ACT)
def review(
    conclusion: Annotated[str, typer.Option(help="What was looked at and found.")],
    reason: Reason, home: Home = None,
) -> None:
    """Keep and sign a review of the list for the present lock, with the gaps that it has."""
    from cli.signing import password_of
    from records.supplied_software import record_soup_review
    from regulatory.soup import review_of

    with acting(home) as store:
        password = password_of(acting_person(store).name)
    with deciding_anew(home, "SOUP review", reason=reason) as one:
        made = record_soup_review(
            one.tx, review_of(conclusion, by=one.person.name, now=one.now), by=one.person,
            password=password, now=one.now,
        )
        said = f"{made.label}: {made.components} components, {len(made.gaps)} gaps."
    typer.echo(said)


@app.command(rich_help_panel=ACT)
def advisories(
    file: Annotated[Path, typer.Argument(help="OSV JSON or CSAF 2.0: one, a list, or a zip.")],
    reason: Reason,
    days: Annotated[int, typer.Option(min=1, max=365, help="Days until it is assessed.")] = 14,
    home: Home = None,
) -> None:
    """Open a triage for each advisory that names a locked component in its version."""
    from regulatory.advisories import open_triages
    from regulatory.soup import read_lock

    with deciding_anew(home, "import of advisories", reason=reason) as one:
        made = open_triages(
            one.tx, file, read_lock(), by=one.person, now=one.now, days=days
        )
        lines = [f"{row.label}: {row.component} {row.version}, {row.advisory} "
                 f"({row.affected_range}), due {row.due_on}" for row in made]  # fmt: skip
    typer.echo("\n".join(lines) or "Nothing new names a locked component in its version.")


@app.command(rich_help_panel=LOOK)
def triages(as_json: AsJson = False, home: Home = None) -> None:
    """Every triage with its component, advisory, status and due day."""
    from cli.printing import print_rows
    from records.supplied_software import list_triages

    with looking(home) as store, store.reader() as reader:
        rows = [
            {
                "triage": one.label, "component": f"{one.component} {one.version}",
                "advisory": one.advisory, "affected": one.affected_range,
                "severity": one.severity, "status": one.status, "due": one.due_on,
                "words": one.words,
            }
            for one in list_triages(reader)
        ]
    print_rows(rows, as_json=as_json, empty="No advisory named a locked component.")


@app.command(rich_help_panel=LOOK)
def vex(
    out: Annotated[Path, typer.Option("--out", dir_okay=False, help="The JSON file to write.")],
    device: DeviceName = None, as_json: AsJson = False, home: Home = None,
) -> None:
    """Write what was decided on each advisory as CSAF 2.0, VEX profile, for users of the device."""
    from cli.opening import device_name, now_of
    from cli.printing import print_fields
    from records.queries import find_device
    from regulatory.vex import vex_document

    with looking(home) as store, store.reader() as reader:
        found = find_device(reader, device_name(store, device))
        text = vex_document(reader, found, now=now_of(store))
    out.write_bytes(text)
    print_fields({"file": str(out), "bytes": len(text), "profile": "csaf_vex"}, as_json=as_json)


@app.command(rich_help_panel=ACT)
def decide(
    label: Annotated[str, typer.Argument(help="The triage, such as VLN-0001.")],
    to: Annotated[
        str, typer.Argument(help="not affected, affected, patch planned or resolved.")
    ],
    words: Annotated[str, typer.Option(help="Why; with a patch planned, by when.")],
    reason: Reason,
    justification: Annotated[str, typer.Option(help="Why not affected, as in VEX.")] = "",
    home: Home = None,
) -> None:
    """Take the next step of a triage; signed, so the password is asked for again."""
    from cli.signing import password_of
    from records.supplied_software import VulnerabilityTriage, decide_triage

    with acting(home) as store:
        password = password_of(acting_person(store).name)
    found = labelled(VulnerabilityTriage, label)
    with deciding(home, found, f"decision {to}", reason=reason) as one:
        decide_triage(
            one.tx, one.record, to, words=words, justification=justification, by=one.person,
            password=password, now=one.now,
        )
    typer.echo(f"{one.record.label} is {one.record.status}.")
