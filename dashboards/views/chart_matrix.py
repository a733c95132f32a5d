"""Where every control chart stands at every site, at a glance; each cell opens its chart."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from dashboards import look
from dashboards.desk import Desk
from monitoring.two_verdicts import EVIDENTLY
from records.chart_names import level_of
from records.chart_tails import ChartTail, chart_tails
from records.surveillance_overview import Baseline, ChartStanding, baselines, chart_standings
from regulatory.documents.wording import number

PAGE = "control-charts"

Key = tuple[str, str, str]
"""Device, chart, site."""

_ATTENTION = ("open alert", "signal", "failed", "degraded")


def chart_address(device: str, chart: str, site: str = "") -> str:
    """The address of a chart's own page."""
    told = {"device": device, "site": site, "chart": chart}
    return f"./{PAGE}?{urlencode({name: one for name, one in told.items() if one})}"


def show_matrix(desk: Desk, *, brief: bool = False) -> None:
    """A row a control chart, a column a site. ``brief``: figures only of what is not in control,
    and a chart of a subgroup only where it needs somebody."""
    chosen = desk.selection
    standings = [one for one in chart_standings(desk.reader, device=chosen.device, site=chosen.site)
                 if not one.chart.startswith(EVIDENTLY)
                 and (not brief or not level_of(one.chart) or one.state in _ATTENTION)]
    prepared = [one for one in baselines(desk.reader, device=chosen.device)
                if chosen.holds(site=one.site) and not (brief and level_of(one.chart))]
    tails = chart_tails(desk.reader, device=chosen.device, site=chosen.site)
    matrix(standings, prepared, tails, brief=brief)


def matrix(
    standings: Sequence[ChartStanding], prepared: Sequence[Baseline],
    tails: Mapping[Key, ChartTail], *, brief: bool = False,
) -> None:
    """The table of what was read; charts that need somebody first."""
    # Evidently compares all sites together and raises no alert: its verdicts have their own tab.
    stood = {(one.device, one.chart, one.site): one for one in standings}
    cannot = {(one.device, one.chart, one.site): one.reason for one in prepared if one.reason}
    known = {*stood, *cannot}
    sites = sorted({site for _, _, site in known})
    several = len({device for device, _, _ in known}) > 1
    needy = {key[:2] for key, one in stood.items() if one.state in _ATTENTION}
    rows: list[list[look.Cell]] = []
    order = sorted({key[:2] for key in known}, key=lambda one: (one not in needy, one))
    for device, chart in order:
        row: list[look.Cell] = [device] if several else []
        row.append(look.Link(look.plain_name(chart), chart_address(device, chart)))
        keys = [(device, chart, site) for site in sites]
        row += [cell(stood.get(key), tails.get(key), cannot.get(key, ""), brief=brief)
                for key in keys]
        rows.append(row)
    look.table(
        [*(["Device"] if several else []), "Control chart", *sites], rows,
        empty="No day of surveillance was run yet: there is no chart point. It is run each day by "
        "the scheduler, or with 'radvigil monitor day'.",
    )


def cell(
    one: ChartStanding | None, tail: ChartTail | None, cannot: str = "", *, brief: bool = False
) -> look.Cell:
    """State and last points of one chart at one site, or why it cannot run there."""
    if one is None:
        return look.mark("cannot run", small=cannot) if cannot else "not applicable"
    small = f"{one.day}, n = {one.n}, {_figure(one)}"
    if one.revalidation:
        small += f"; counted since the deployment, {one.revalidation} since the onset"
    calm = brief and one.state == "in control"
    found = look.mark(one.state, small=str(one.day) if calm else small)
    if one.alert:
        found = look.Mark(f"{one.alert} {one.alert_status}", "bad", small)
    return look.Glance(
        found, chart_address(one.device, one.chart, one.site), tail.statistics if tail else (),
        tail.limit if tail else None,
    )


def _figure(one: ChartStanding) -> str:
    if one.statistic is None:
        return one.reason or "no reason recorded"
    limit = "none" if one.limit is None else number(one.limit, 2)
    return f"statistic {number(one.statistic, 2)}, limit {limit}"
