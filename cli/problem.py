"""``radvigil problem``: problem reports and known anomalies of a version."""

from typing import Annotated

import typer

from cli.deciding import deciding, labelled
from cli.opening import acting, acting_person, looking
from cli.options import ACT, LOOK, AsJson, Home, Reason, noun

app = noun("Problem reports and known anomalies of a version.")


@app.command("list", rich_help_panel=LOOK)
def list_problems(as_json: AsJson = False, home: Home = None) -> None:
    """Every problem with its version, severity, status and decision."""
    from cli.printing import print_rows
    from records.lookup import list_records
    from records.problem_reports import ProblemReport
    from records.product import ModelVersion

    with looking(home) as store, store.reader() as reader:
        rows = [
            {
                "problem": one.label, "model": ModelVersion.label_of(one.model_version_id),
                "severity": one.severity, "status": one.status, "words": one.words,
                "risk": one.risk_evaluation, "rationale": one.rationale, "fixed_in": one.fixed_in,
            }
            for one in list_records(reader, ProblemReport)
        ]
    print_rows(rows, as_json=as_json, empty="No problem was reported.")


@app.command(rich_help_panel=ACT)
def report(
    model: Annotated[str, typer.Argument(help="The version, such as MDV-0001.")],
    words: Annotated[str, typer.Option(help="What was reported, verbatim; name nobody.")],
    reason: Reason,
    severity: Annotated[str, typer.Option(help="unknown, none, minor, serious, critical.")] = (
        "unknown"
    ),
    home: Home = None,
) -> None:
    """Record a problem of a version; it stands in the way of a release until it is decided."""
    from records.problem_reports import report_problem
    from records.product import ModelVersion

    with deciding(home, labelled(ModelVersion, model), "problem report", reason=reason) as one:
        made = report_problem(
            one.tx, one.record, words=words, severity=severity, by=one.person, now=one.now
        )
        said = f"{made.label} of {one.record.label} is open."
    typer.echo(said)


@app.command(rich_help_panel=ACT)
def decide(
    label: Annotated[str, typer.Argument(help="The problem, such as PRB-0001.")],
    to: Annotated[str, typer.Argument(help="known anomaly, to fix or fixed.")],
    rationale: Annotated[str, typer.Option(help="Why it is fixed or not.")],
    reason: Reason,
    risk: Annotated[str, typer.Option(help="What it may do to patients.")] = "",
    fixed_in: Annotated[str, typer.Option(help="The version in which it is gone.")] = "",
    home: Home = None,
) -> None:
    """Decide on a problem; signed, so the password is asked for again."""
    from cli.signing import password_of
    from records.problem_reports import ProblemReport, decide_problem

    with acting(home) as store:
        password = password_of(acting_person(store).name)
    with deciding(home, labelled(ProblemReport, label), f"decision {to}", reason=reason) as one:
        decide_problem(
            one.tx, one.record, to, risk_evaluation=risk, rationale=rationale, fixed_in=fixed_in,
            by=one.person, password=password, now=one.now,
        )
    typer.echo(f"{one.record.label} is {one.record.status}.")
