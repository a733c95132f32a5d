"""``radvigil monitor``: the last points of charts, both verdicts on one, and truth yet to come."""

from datetime import datetime
from typing import Annotated

import typer

from cli.opening import device_name, looking, now_of
from cli.options import AsJson, DeviceName, Home

Chart = Annotated[str, typer.Argument(help="A control chart, as 'monitor show' names it.")]
Site = Annotated[str, typer.Argument(help="A site by its name.")]


def points(
    chart: Chart, site: Site, device: DeviceName = None, as_json: AsJson = False,
    home: Home = None,
) -> None:
    """A control chart at a site in the last 30 days of surveillance, as stored."""
    from cli.printing import print_rows
    from records.chart_tails import chart_tails

    with looking(home) as store, store.reader() as reader:
        name = device_name(store, device)
        tail = chart_tails(reader, device=name, site=site).get((name, chart, site))
    rows = [] if tail is None else [
        {"day": day, "statistic": statistic, "limit": tail.limit}
        for day, statistic in zip(tail.days, tail.statistics, strict=True)
    ]
    print_rows(rows, as_json=as_json, empty=f"'{chart}' has no point at {site}.")


def verdicts(
    chart: Chart, site: Site, device: DeviceName = None, as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Which verdict raises the alert, what Evidently says of the same columns, why they differ."""
    from dataclasses import asdict

    from cli.printing import print_fields
    from monitoring.two_verdicts import two_verdicts
    from records.errors import NotFound

    with looking(home) as store, store.reader() as reader:
        name = device_name(store, device)
        found = two_verdicts(reader, device=name, chart=chart, site=site)
    if found is None:
        raise NotFound(f"'{chart}' has no point at {site}.", hint="See 'radvigil monitor show'.")
    print_fields(asdict(found), as_json=as_json)


def awaited(
    site: Site,
    device: DeviceName = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day; default today.")
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Of the last 120 days: how many studies were read, and of how many the truth is known."""
    from dataclasses import asdict

    from cli.printing import print_rows
    from regulatory.gathering.truth_awaited import awaited_truth

    with looking(home) as store, store.reader() as reader:
        found = awaited_truth(
            reader, device=device_name(store, device), site=site, first=None,
            last=(until or now_of(store)).date(), by=now_of(store).date(),
        )
    rows = [asdict(one) | {"complete": one.complete} for one in found]
    print_rows(rows, as_json=as_json, empty=f"No study of {site} was read in these days.")
