"""``radvigil monitor``: run and read a day's surveillance."""

from datetime import datetime
from typing import Annotated

import typer

from cli.opening import acting, device_name, looking, now_of, seed_for, start_routine
from cli.options import ACT, LOOK, AsJson, DeviceName, Home, Seed, noun

app = noun("Run and read a day's surveillance.")


@app.command(rich_help_panel=LOOK)
def show(as_json: AsJson = False, home: Home = None) -> None:
    """Where every chart stands at every site: the latest point, and the alert not yet closed."""
    from dataclasses import asdict

    from cli.printing import print_rows
    from records.surveillance_overview import chart_standings

    with looking(home) as store, store.reader() as reader:
        found = chart_standings(reader)
    rows = [asdict(one) | {"state": one.state} for one in found]
    short = ("chart", "site", "day", "n", "statistic", "limit", "state", "alert", "reason")
    shown = rows if as_json else [{name: row[name] for name in short} for row in rows]
    print_rows(shown, as_json=as_json, empty="No day was watched.")


@app.command(rich_help_panel=ACT)
def start(
    daily: Annotated[
        int, typer.Option(min=1, max=100_000, help="Studies that a site is expected to send a day.")
    ],
    device: DeviceName = None,
    seed: Seed = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Prepare the charts of the version that runs, once, before its first day.

    Freezes a reference for each chart and site, and solves its limit for the plan's false-alarm
    budget at so many studies a day.
    """
    from cli.printing import print_rows
    from journeys.start_watch import start_watch

    with acting(home) as store:
        made = start_watch(
            store, device_name(store, device), daily_n=daily, seed=seed_for(store, seed),
            actor=start_routine(store, "service:surveillance", task="prepare the charts"),
            now=now_of(store),
        )
    rows = [
        {"baseline": one.label, "chart": one.chart, "n": one.n, "alpha": one.alpha,
         "cannot_run": one.reason}
        for one in made
    ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="The plan has no charts.")


@app.command(rich_help_panel=ACT)
def day(
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="Such as 2026-05-25.")],
    device: DeviceName = None,
    site: Annotated[
        list[str] | None, typer.Option(help="Redo the intake of this site only; repeatable.")
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Take in, check, read, receive truth and watch: all sites of one day, each part once."""
    from cli.printing import print_fields
    from journeys.watch_day import watch_day

    with acting(home) as store:
        report = watch_day(
            store, device_name(store, device), day.date(), sites=site,
            actor=start_routine(store, "service:surveillance", task="monitor day"),
            now=now_of(store), progress=lambda text: typer.echo(f"{text} ...", err=True),
        )
    fields = {
        "day": report.day, "intake": {name: one.to_dict() for name, one in report.intake.items()},
        "predictions": report.predictions, "truths": report.truths, "watched": report.watched,
        "alerts": [f"{one.label} {one.site}: {one.summary}" for one in report.alerts],
        "drift_report": report.drift_report,
    }
    print_fields(fields, as_json=as_json)
