"""``radvigil monitor drill``: what a plan does when something changes, and when nothing does."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.monitor_tables import (
    By,
    DecisionColumn,
    PatientColumn,
    ScoreColumn,
    SiteColumn,
    TimeColumn,
    TruthColumn,
    TruthTimeColumn,
    given,
)
from cli.opening import acting, device_name, now_of, seed_for, start_routine
from cli.options import AsJson, DeviceName, Home, Seed

STUDIES, SIMULATED = "What is replayed", "Simulated sites (without --reference)"




Plan = Annotated[
    Path | None, typer.Option("--plan", help="A plan's file, or a device's definition (YAML).")
]
ListShifts = Annotated[bool, typer.Option("--list", help="Tell the shifts, and stop.")]
Source = Annotated[
    Path | None, typer.Option(help="Parquet or CSV to draw studies from; else simulated.")
]
Before = Annotated[
    int, typer.Option(min=0, max=3650, help="Days before the shift.", rich_help_panel=STUDIES)
]
After = Annotated[
    int, typer.Option(min=1, max=3650, help="Days from its first.", rich_help_panel=STUDIES)
]
At = Annotated[
    str, typer.Option("--at", help="Site of the shift; else the first.", rich_help_panel=STUDIES)
]
Ramp = Annotated[
    int | None,
    typer.Option(min=0, max=3650, help="Days in which it grows.", rich_help_panel=STUDIES),
]
OfColumn = Annotated[
    str,
    typer.Option("--column", help="Which column, where --list asks.", rich_help_panel=STUDIES),
]
Sites = Annotated[int, typer.Option(min=1, max=50, rich_help_panel=SIMULATED, help="How many.")]
Daily = Annotated[
    int, typer.Option(min=1, max=5000, help="Studies a day.", rich_help_panel=SIMULATED)
]
ReferenceStudies = Annotated[
    int, typer.Option(min=50, max=100_000, help="Of each site.", rich_help_panel=SIMULATED)
]


def drill(
    plan: Plan = None,
    shift: Annotated[str, typer.Option(help="What changes: a name of --list.")] = "none",
    size: Annotated[float | None, typer.Option(help="How far; else as --list says.")] = None,
    list_shifts: ListShifts = False,
    reference: Source = None,
    repeats: Annotated[int, typer.Option(help="How often, each time on other studies.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same drill.")] = 0,
    before: Before = 28,
    after: After = 63,
    at: At = "",
    ramp: Ramp = None,
    column: OfColumn = "",
    sites: Sites = 3,
    daily: Daily = 20,
    reference_studies: ReferenceStudies = 400,
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
    """Replay a shift many times through a plan: false alerts a year, share found, delay.

    The same charts, limits and rule of alerts as in operation, on summary data of simulated sites
    or on resamples of a table, without images and without a workspace. What was found for the
    shipped plans: docs/monitoring-verification.md.
    """
    from cli.printing import print_json
    from monitoring.drill import Arrangement
    from monitoring.drill_files import DrillFiles, drill_files
    from monitoring.drill_shifts import Shift
    from records.errors import InvalidInput

    if list_shifts:
        _print_shifts(as_json=as_json)
        return
    if plan is None:
        raise InvalidInput("--plan: which plan?", hint="A file of 'radvigil monitor plan'.")
    columns = given(time=time, site=site, score=score, decision=decision, truth=truth,
                    truth_time=truth_time, patient=patient)  # fmt: skip
    found = drill_files(
        DrillFiles(
            plan, Shift.of(shift, size=size, ramp_days=ramp, column=column),
            Arrangement(before, after, at), repeats, seed, reference, columns, by, sites,
            daily, reference_studies,
        ),
        progress=lambda done: typer.echo(f"repeat {done} of {repeats}", err=True),
    )
    if as_json:
        print_json(found)
    else:
        _print_found(found)


def verify(
    shift: Annotated[
        list[str] | None, typer.Option(help="What is drilled, repeatable; else a list of 14.")
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Of each drill.")] = 50,
    sites: Sites = 3,
    daily: Daily = 20,
    device: DeviceName = None,
    seed: Seed = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Drill the device's plan on simulated studies and record it, for a monitoring verification.

    'radvigil document compile monitoring_verification' sets the newest run in type.
    """
    from cli.printing import print_rows
    from journeys.verify_watch import IN_TURN, verify_watch

    with acting(home) as store:
        made = verify_watch(
            store, device_name(store, device), shifts=shift or IN_TURN, repeats=repeats,
            seed=seed_for(store, seed), sites=sites, daily_n=daily,
            actor=start_routine(store, "service:surveillance", task="verify the watch"),
            now=now_of(store), progress=lambda said: typer.echo(f"{said} ...", err=True),
        )
        rows = [
            {"record": one.label, "shift": one.step,
             "false alerts a year": _said(one.summary["whole"]["false_alerts"]),
             "found": _said(one.summary["whole"]["detected"], share=True),
             "days until": _said(one.summary["whole"]["days"])}
            for one in made
        ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="")


def _print_shifts(*, as_json: bool) -> None:
    from cli.printing import print_rows
    from monitoring.drill_shifts import KINDS

    rows = [
        {"shift": name, "size": one.size, "from": one.least, "to": one.most, "unit": one.unit,
         "what": one.title, "column": one.column}
        for name, one in KINDS.items()
    ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="")


def _print_found(found: dict[str, Any]) -> None:
    from cli.printing import print_rows
    from records.counting import counted

    shift, arranged = found["shift"], found["arrangement"]
    where = f": {shift['size']:g} {shift['unit']} at {shift['site']}" if shift["site"] else ""
    of = f" ({shift['column']})" if shift["column"] else ""
    typer.echo(
        f"{shift['title']}{of}{where}; {counted(arranged['repeats'], 'repeat')} of "
        f"{arranged['days_before']} days before and {arranged['days_after']} after, "
        f"{counted(len(arranged['sites']), 'site')}, seed {arranged['seed']}. 95 % intervals."
    )
    shifted, few = bool(shift["site"]), False
    rows = []
    for one in (*found["charts"], found["whole"]):
        row = {"chart": one["chart"], "allowed": f"{one['budget']:.3g}",
               "false a year": _said(one["false_alerts"])}  # fmt: skip
        if shifted:
            row |= {"found": _said(one["detected"], share=True), "days": _median(one["days"]),
                    "studies": _median(one["studies"])}  # fmt: skip
            few |= one["days"].get("value") is None
        rows.append(row)
    print_rows(rows, as_json=False, empty="")
    if shifted:
        typer.echo("days, studies: median from the shift to the first alert."
                   + (f" '{FEW}': found in too few repeats for a median." if few else ""))
    for one in found["charts"]:
        if not one["judged"]:
            typer.echo(f"{one['chart']}: never judged: {one['reason']}")
    for note in found["notes"]:
        typer.echo(note)


FEW = "too few"


def _median(estimate: dict[str, Any]) -> str:
    """A median in whole days or studies."""
    if estimate.get("value") is None:
        return FEW
    value, low, high = (estimate[name] for name in ("value", "low", "high"))
    return f"{value:.0f} ({low:.0f} to {'no end' if high is None else format(high, '.0f')})"


def _said(estimate: dict[str, Any], *, share: bool = False) -> str:
    if estimate.get("value") is None:
        return str(estimate["reason"])
    value, low, high = (estimate[name] for name in ("value", "low", "high"))
    if share:
        return f"{value:.0%} ({low:.0%} to {high:.0%})".replace("%", " %")
    return f"{value:.3g} ({low:.3g} to {high:.3g})"
