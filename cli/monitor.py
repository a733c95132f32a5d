"""``radvigil monitor``: run and read a day's surveillance."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli import (
    monitor_charts,
    monitor_drill,
    monitor_performance,
    monitor_revalidate,
    monitor_tables,
    monitor_trend,
)
from cli.monitor_announced import announce, announced, renew, withdraw
from cli.monitor_revalidate import owed_now
from cli.monitor_truth import compare_truth, truth_kinds
from cli.monitor_week import tell, week
from cli.opening import acting, device_name, looking, now_of, seed_for, start_routine
from cli.options import ACT, LOOK, AsJson, DeviceName, Home, Seed, noun

if TYPE_CHECKING:
    from measures.estimate import Estimate

app = noun("Run and read a day's surveillance.")
app.command(rich_help_panel=LOOK)(monitor_tables.plan)
app.command(rich_help_panel=LOOK)(monitor_tables.replay)
app.command(rich_help_panel=LOOK)(monitor_charts.points)
app.command(rich_help_panel=LOOK)(monitor_charts.verdicts)
app.command(rich_help_panel=LOOK)(monitor_charts.awaited)
app.command(rich_help_panel=LOOK)(week)
app.command(rich_help_panel=LOOK)(monitor_drill.drill)
app.command(rich_help_panel=ACT)(monitor_drill.verify)
app.command(rich_help_panel=LOOK)(announced)
app.command(rich_help_panel=ACT)(announce)
app.command(rich_help_panel=ACT)(withdraw)
app.command(rich_help_panel=ACT)(renew)
app.command(rich_help_panel=LOOK)(monitor_revalidate.revalidations)
app.command(rich_help_panel=ACT)(monitor_revalidate.revalidate)
app.command(rich_help_panel=ACT)(monitor_revalidate.incident)
app.command("sign-revalidation", rich_help_panel=ACT)(monitor_revalidate.sign_revalidation)
app.command(rich_help_panel=LOOK)(monitor_trend.trend)
app.command("trend-look", rich_help_panel=ACT)(monitor_trend.trend_look)
app.command("trend-decide", rich_help_panel=ACT)(monitor_trend.trend_decide)
app.command(rich_help_panel=ACT)(monitor_performance.measure)
app.command(rich_help_panel=LOOK)(monitor_performance.thresholds)
app.command(rich_help_panel=LOOK)(monitor_performance.completeness)
app.command("truth-kinds", rich_help_panel=LOOK)(truth_kinds)
app.command("compare-truth", rich_help_panel=ACT)(compare_truth)


@app.command(rich_help_panel=LOOK)
def show(as_json: AsJson = False, home: Home = None) -> None:
    """Where every chart stands at every site: the latest point, and the alert not yet closed."""
    from dataclasses import asdict

    from cli.printing import print_rows
    from records.surveillance_overview import chart_standings

    with looking(home) as store, store.reader() as reader:
        found = chart_standings(reader)
    rows = [asdict(one) | {"state": one.state} for one in found]
    short = ["chart", "site", "day", "n", "statistic", "limit", "state", "alert", "reason"]
    if len({one.device for one in found}) > 1:  # their charts have the same names
        short.insert(0, "device")
    shown = rows if as_json else [{name: row[name] for name in short} for row in rows]
    print_rows(shown, as_json=as_json, empty="No day was watched.")


@app.command(rich_help_panel=ACT)
def recount(device: DeviceName = None, as_json: AsJson = False, home: Home = None) -> None:
    """Count every day anew from its records, and say which counts stood otherwise.

    Pages read studies as counted by day; each day of surveillance counts the days that changed.
    """
    from dataclasses import asdict

    from cli.printing import print_fields
    from journeys.count_days import count_all_days

    with acting(home) as store:
        actor = start_routine(store, "service:surveillance", task="count all days anew")
        found = count_all_days(store, device_name(store, device), actor=actor, now=now_of(store))
    print_fields(asdict(found), as_json=as_json)


@app.command("time-to-read", rich_help_panel=LOOK)
def time_to_read(
    studies_a_day: Annotated[float, typer.Option(min=1, max=5_000, help="That come to be read.")],
    readers: Annotated[int, typer.Option(min=1, max=100, help="Who read at the same time.")] = 1,
    minutes: Annotated[float, typer.Option(min=0.1, max=240, help="A reading, on average.")] = 5.0,
    hours: Annotated[float, typer.Option(min=1, max=24, help="Open a day.")] = 10.0,
    answer_minutes: Annotated[
        float, typer.Option(min=0, max=240, help="Until the device has answered.")
    ] = 2.0,
    days: Annotated[int, typer.Option(min=20, max=5_000, help="Simulated.")] = 400,
    site: Annotated[str | None, typer.Option(help="Only with the studies of this site.")] = None,
    device: DeviceName = None,
    seed: Seed = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """What the order of the device does to the waiting, missed findings included: a simulation.

    Draws days of a reading room from the studies in operation whose truth is known, and reads
    each day in the order of the device and in the order of arrival.
    """
    from cli.printing import print_json, print_rows
    from monitoring.time_to_read import ReadingRoom
    from monitoring.worklist import time_to_read as measure
    from records.lookup import sites_named
    from records.queries import find_device

    room = ReadingRoom(studies_a_day, readers, minutes, hours, answer_minutes, days)
    with looking(home) as store, store.reader() as reader:
        if site:
            sites_named(reader, [site])
        drawn_from, found = measure(
            reader, find_device(reader, device_name(store, device)), room,
            seed=seed_for(store, seed), site=site,
        )
    if as_json:
        print_json({"drawn_from": drawn_from, "load": room.load,
                    "waits": [one.to_dict() for one in found]})  # fmt: skip
        return
    typer.echo(
        f"{days} simulated days, drawn from {drawn_from} studies with known truth; readers read "
        f"{room.load:.0%} of their time. Mean minutes of waiting (95 % interval over days):"
    )
    rows = [
        {"group": one.group, **{name: _minutes(of) for name, of in one.estimates.items()},
         "n": one.estimates["with"].n}
        for one in found
    ]  # fmt: skip
    print_rows(rows, as_json=False, empty="")


def _minutes(estimate: "Estimate") -> str:
    if not estimate.estimable:
        return f"not estimable: {estimate.reason}"
    return f"{estimate.value:.1f} ({estimate.low:.1f} to {estimate.high:.1f})"


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
    """Take in, check, read, receive truth and watch: all sites of one day, each part once.

    Then what is owed of revalidation by the plan is made, periods that are over are looked at for
    trends, and people are told.
    """
    from cli.printing import print_fields
    from journeys.watch_day import watch_day

    with acting(home) as store:
        actor = start_routine(store, "service:surveillance", task="monitor day")
        report = watch_day(
            store, device_name(store, device), day.date(), sites=site, actor=actor,
            now=now_of(store), progress=lambda text: typer.echo(f"{text} ...", err=True),
        )
        judged = owed_now(store, device_name(store, device), actor=actor)
        trends = monitor_trend.trends_now(store, device_name(store, device), actor=actor)
        told = tell(store, device_name(store, device), actor=actor)
    fields = {
        "day": report.day, "intake": {name: one.to_dict() for name, one in report.intake.items()},
        "predictions": report.predictions, "truths": report.truths, "watched": report.watched,
        "alerts": [f"{one.label} {one.summary}" for one in report.alerts],
        "drift_report": report.drift_report, "charts_wait": report.charts_wait,
        "revalidations": judged, "trends": trends, "told": told,
    }
    print_fields(fields, as_json=as_json)
