"""``radvigil risk``: the risk file, and each period's observed rates beside its estimates."""

from datetime import datetime
from typing import Annotated

import typer

from cli.deciding import deciding, deciding_anew, labelled
from cli.opening import acting, acting_person, device_name, looking
from cli.options import ACT, LOOK, AsJson, DeviceName, Home, Reason, day_of, noun

app = noun("The risk file: hazards, controls, observed rates beside the estimates.")

Label = Annotated[str, typer.Argument(help="The version of the risk file, such as RKF-0001.")]


@app.command("import", rich_help_panel=ACT)
def import_file(
    file: Annotated[str, typer.Argument(help="A YAML file, or a device whose file we ship.")],
    reason: Reason, home: Home = None,
) -> None:
    """Record the next version of a device's risk file, as a draft."""
    from records.queries import find_device
    from records.risk import record_risk_file
    from regulatory.risk_file import as_records, find_risk_file, read_risk_file

    text = read_risk_file(find_risk_file(file))
    content, digest, items = as_records(text)
    with deciding_anew(home, "risk file", reason=reason) as one:
        made = record_risk_file(
            one.tx, find_device(one.tx, text.device), content=content, content_digest=digest,
            items=items, by=one.person, now=one.now,
        )
        said = f"{made.label}: version {made.version} of {made.device_name}, {len(items)} items."
    typer.echo(f"{said} A draft: two people sign it, then 'radvigil risk accept'.")


@app.command(rich_help_panel=LOOK)
def show(device: DeviceName = None, as_json: AsJson = False, home: Home = None) -> None:
    """The items of the newest version, each with its verdict before and after the controls."""
    from cli.printing import print_rows
    from records.errors import NotFound
    from records.risk import items_of, newest_risk_file
    from regulatory.risk_file import matrix_verdict

    with looking(home) as store, store.reader() as reader:
        known = newest_risk_file(reader, device_name(store, device))
        if known is None:
            raise NotFound("No risk file was recorded.", hint="Use 'radvigil risk import FILE'.")
        rows = [
            {
                "file": f"{known.label} ({known.status})", "code": one.code,
                "category": one.category, "hazard": one.hazard, "severity": one.severity,
                "before": " ".join(matrix_verdict(
                    known.content, one.severity, one.probability_before)),
                "after": " ".join(matrix_verdict(
                    known.content, one.severity, one.probability_after)),
                "controls": [own["id"] for own in one.controls], "basis": one.basis,
            }
            for one in items_of(reader, known)
        ]  # fmt: skip
    if not as_json:
        rows = [{key: value for key, value in row.items() if key != "basis"} for row in rows]
    print_rows(rows, as_json=as_json, empty="The file holds no item.")


@app.command(rich_help_panel=ACT)
def sign(
    label: Label, reason: Reason,
    meaning: Annotated[str, typer.Option(help="author, review or approval.")] = "approval",
    home: Home = None,
) -> None:
    """Sign a version of the risk file (RKF-…) or a review (RRV-…)."""
    from cli.signing import sign_label
    from records.risk import RiskFile, RiskReview

    table = RiskReview if label.upper().startswith(RiskReview.PREFIX) else RiskFile
    with acting(home) as store:
        typer.echo(sign_label(store, table, label, meaning=meaning, reason=reason))


@app.command(rich_help_panel=ACT)
def accept(label: Label, reason: Reason, home: Home = None) -> None:
    """Put a version that two people have signed into force."""
    from records.risk import RiskFile, accept_risk_file

    with deciding(home, labelled(RiskFile, label), "acceptance", reason=reason) as one:
        accept_risk_file(one.tx, one.record, by=one.person, now=one.now)
    typer.echo(f"{one.record.label} is in force.")


@app.command(rich_help_panel=ACT)
def review(
    since: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")],
    until: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")],
    reason: Reason,
    conclusion: Annotated[str, typer.Option(help="Whether the risk file stands, in words.")],
    device: DeviceName = None, as_json: AsJson = False, home: Home = None,
) -> None:
    """Compare what was observed in a period with the estimates; keep it, signed as its author."""
    from cli.printing import print_json, print_rows
    from cli.signing import password_of
    from records.risk import record_risk_review
    from regulatory.risk_review import review_risks

    first, last = day_of(since), day_of(until)
    assert first is not None and last is not None
    with acting(home) as store:
        password, name = password_of(acting_person(store).name), device_name(store, device)
    with deciding_anew(home, "risk review", reason=reason) as one:
        made = review_risks(
            one.tx, name, first, last, conclusion=conclusion, by=one.person, now=one.now
        )
        record_risk_review(one.tx, made, by=one.person, password=password, now=one.now)
        kept = {"review": made.label, **made.model_dump(exclude={"id"})}
    if as_json:
        print_json(kept)
        return
    typer.echo(f"{kept['review']}: {kept['studies']} studies read.")
    shown = ("code", "events", "exposure", "estimate", "observed", "low", "high", "verdict",
             "reason")  # fmt: skip
    print_rows([{key: row[key] for key in shown} for row in kept["rows"]], as_json=False, empty="-")
    print_rows([{"code": row["code"], **one} for row in kept["rows"] for one in row["beside"]],
               as_json=False, empty="Nothing is counted beside the rates.")  # fmt: skip
    print_rows(kept["new_hazards"], as_json=False, empty="Every event points to an item.")


@app.command(rich_help_panel=LOOK)
def reviews(as_json: AsJson = False, home: Home = None) -> None:
    """Every review, with how many items lay above their estimate and who signed."""
    from cli.printing import print_rows
    from records.lookup import list_records
    from records.risk import RiskReview
    from records.signatures import signatures_on

    with looking(home) as store, store.reader() as reader:
        rows = [
            {
                "review": one.label, "from": one.period_from, "to": one.period_to,
                "studies": one.studies,
                "above": sum(row["verdict"] == "above" for row in one.rows),
                "new_hazards": len(one.new_hazards), "conclusion": one.conclusion,
                "signed": [own.printed_name for own in signatures_on(reader, one)],
            }
            for one in list_records(reader, RiskReview)
        ]
    print_rows(rows, as_json=as_json, empty="No period was reviewed.")
