"""``radvigil monitor plan`` and ``replay``: the watch on any table, without a workspace."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.options import AsJson, Home

COLUMNS = "Columns of the tables (else as the plan says, else the name of the option's role)"


def _column(role: str, meaning: str) -> Any:
    flags = (f"--{role.replace('_', '-')}-column", f"--{role.replace('_', '-')}")
    return typer.Option(*flags, help=meaning, rich_help_panel=COLUMNS)


TimeColumn = Annotated[str | None, _column("time", "When the study was done. Must be there.")]
SiteColumn = Annotated[str | None, _column("site", "Where; without one, all is one site.")]
ScoreColumn = Annotated[str | None, _column("score", "The device's score, of any scale.")]
DecisionColumn = Annotated[str | None, _column("decision", "The device's call, 1 or 0.")]
TruthColumn = Annotated[str | None, _column("truth", "Finding present, 1 or 0; empty: unknown.")]
TruthTimeColumn = Annotated[str | None, _column("truth_time", "When the truth became known.")]
PatientColumn = Annotated[str | None, _column("patient", "Whose study: counts once a window.")]
By = Annotated[
    str, typer.Option("--by", help="Watch the values of this column apart, in place of sites.")
]
Reference = Annotated[Path, typer.Option(help="Parquet or CSV: what is usual.")]


def plan(
    reference: Reference,
    out: Annotated[Path, typer.Option("--out", dir_okay=False, help="The plan's file (JSON).")],
    budget: Annotated[
        float, typer.Option(help="False alerts a year, all charts and sites together.")
    ] = 1.0,
    by: By = "",
    time: TimeColumn = None,
    site: SiteColumn = None,
    score: ScoreColumn = None,
    decision: DecisionColumn = None,
    truth: TruthColumn = None,
    truth_time: TruthTimeColumn = None,
    patient: PatientColumn = None,
    as_json: AsJson = False,
    home: Home = None,  # noqa: ARG001  (its callback notes where failures are written)
) -> None:
    """Write a monitoring plan for a table that was never seen before. No workspace is needed.

    Every column without a role is a fact to watch, as numbers or as names by what it holds. What
    is left out, such as identifiers, is said with the reason.
    """
    from cli.printing import print_json
    from monitoring.replay_files import plan_file

    columns = given(time=time, site=site, score=score, decision=decision, truth=truth,
                     truth_time=truth_time, patient=patient)  # fmt: skip
    planned = plan_file(reference, out, columns=columns, by=by, alerts_per_year=budget)
    if as_json:
        print_json({"out": out.name, **planned.content})
        return
    charts = planned.content["monitoring_plan"]["charts"]
    typer.echo(f"{out}: {len(charts)} charts, {planned.sentence}")
    for chart in charts:
        typer.echo(f"  {chart['name']}")
    for column, reason in planned.left_out.items():
        typer.echo(f"left out: {column}: {reason}")


def replay(
    plan: Annotated[
        Path, typer.Option("--plan", help="A plan's file, or a device's definition (YAML).")
    ],
    reference: Reference,
    current: Annotated[Path, typer.Option(help="Parquet or CSV: what is watched.")],
    by: By = "",
    time: TimeColumn = None,
    site: SiteColumn = None,
    score: ScoreColumn = None,
    decision: DecisionColumn = None,
    truth: TruthColumn = None,
    truth_time: TruthTimeColumn = None,
    patient: PatientColumn = None,
    as_json: AsJson = False,
    home: Home = None,  # noqa: ARG001  (its callback notes where failures are written)
) -> None:
    """Watch a table with a plan's charts: points and alerts. No workspace, no images.

    The same detectors, limits and rule of alerts as in operation (docs/monitor-replay.md). The
    JSON is described by docs/monitor-replay.schema.json.
    """
    from cli.printing import print_json
    from monitoring.replay_files import replay_files

    columns = given(time=time, site=site, score=score, decision=decision, truth=truth,
                     truth_time=truth_time, patient=patient)  # fmt: skip
    found = replay_files(plan, reference, current, columns=columns, by=by)
    for said in (found.budget, *found.remarks):
        typer.echo(said, err=True)
    if as_json:
        print_json(found.to_dict())
        return
    _print_states(found.points)
    for one in found.alerts:
        typer.echo(f"{one['raised_at']}  {one['evidence']['summary']}\n            "
                   f"likely cause: {one['cause']}")  # fmt: skip
    if not found.alerts:
        typer.echo("No alert.")


def given(**named: str | None) -> dict[str, str]:
    """The roles that were named, with their columns."""
    return {role: column for role, column in named.items() if column is not None}


def _print_states(points: list[dict[str, Any]]) -> None:
    """How many windows of each chart and site were quiet, alerting, not judged."""
    from collections import Counter

    from cli.printing import print_rows

    states = ("alert", "failed", "underpowered", "not estimable", "quiet")
    counted: dict[tuple[str, str], Counter[str]] = {}
    for point in points:
        key = point["chart"], point["site"]
        counted.setdefault(key, Counter())[point["state"]] += 1
    rows = [
        {"chart": chart, "site": site, **{state: found[state] for state in states}}
        for (chart, site), found in sorted(counted.items())
    ]
    print_rows(rows, as_json=False, empty="No window.")
