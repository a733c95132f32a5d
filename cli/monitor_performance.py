"""``radvigil monitor measure``, ``thresholds``, ``completeness``: how good, and on what basis."""

from datetime import datetime
from typing import Annotated, Any

import typer

from cli.opening import acting, device_name, looking, now_of, start_routine
from cli.options import AsJson, DeviceName, Home, Since, Until, day_of


def measure(
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day of arrival.")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day of arrival.")],
    device: DeviceName = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Measure each version that ran in care on the studies of a period: over all sites and at each.

    Estimates with intervals by subgroup, the calibration curve, and the counts by score of which
    'radvigil monitor thresholds' tells. Only studies whose truth is known; each period once.
    """
    from cli.printing import print_rows
    from journeys.measure_period import measure_period
    from records.errors import InvalidInput
    from records.evaluation_overview import IN_OPERATION, stored_evaluations

    with acting(home) as store:
        name, now = device_name(store, device), now_of(store)
        period = (since.date(), until.date())
        if not period[0] <= period[1] <= now.date():
            raise InvalidInput(
                "A period begins before it ends, and is over.", hint=f"Today is {now.date()}."
            )
        actor = start_routine(store, "service:evaluation", task="measure a period")
        measure_period(store, name, period=period, actor=actor, now=now)
        with store.reader() as reader:
            found = [
                one for one in stored_evaluations(reader, name)
                if (one.period_from, one.period_to) == period and one.purpose == IN_OPERATION
            ]
    rows = [
        {"evaluation": one.label, "version": one.version, "site": one.site,
         "studies": one.studies, "patients": one.patients}
        for one in found
    ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="No version ran in care in this period.")


def thresholds(
    evaluation: Annotated[str, typer.Argument(help="An evaluation, such as EVA-0001.")],
    cut: Annotated[
        list[float] | None,
        typer.Option(help="Only the kept threshold that is nearest to this one; repeatable."),
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """What other operating points would have meant in an evaluation. Exploratory: changes nothing.

    Sensitivity, specificity, PPV, NPV, alerts per 100 studies and net benefit, each with its 95 %
    interval, at the thresholds that were kept when it was measured; first the decisions as they
    were made.
    """
    from cli.printing import print_rows
    from monitoring.threshold_explorer import EXPLORATORY, Threshold, explore

    with looking(home) as store, store.reader() as reader:
        found = explore(reader, evaluation)
    shown = list(found.thresholds) if not cut else [found.at(one) for one in cut]
    every: list[Threshold] = [*([found.as_it_was] if found.as_it_was else []), *shown]
    rows: list[dict[str, Any]] = [
        {"threshold": "as it was" if one.cut is None else one.cut}
        | {
            name: estimate.to_dict() if as_json else _said(estimate)
            for name, estimate in one.estimates.items() if name != "net_benefit_of_all" or as_json
        }
        for one in every
    ]
    if not as_json:
        names = list(dict.fromkeys(name for row in rows for name in row))
        rows = [{name: row.get(name, "") for name in names} for row in rows]
    print_rows(rows, as_json=as_json, empty="No threshold was kept.")
    if not as_json:
        typer.echo(" ".join(one for one in (EXPLORATORY, found.mind) if one))


def _said(one: Any) -> str:
    if one.value is None:
        return f"not estimable: {one.reason}"
    return f"{one.value:.3g} ({one.low:.3g} to {one.high:.3g})"


def completeness(
    site: Annotated[str | None, typer.Option(help="Only studies of this site.")] = None,
    since: Since = None,
    until: Until = None,
    facts: Annotated[
        bool, typer.Option("--facts", help="Of facts of the acquisition, not of the truth.")
    ] = False,
    device: DeviceName = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """How many studies have their truth by week of arrival, and how late; or which facts they lack.

    Truth counts by the device's rule. Without --since the last half year. 'radvigil study
    truth-states' tells it by site and kind.
    """
    from cli.printing import print_rows
    from monitoring.completeness import days_counted, facts_by_site
    from records.lookup import sites_named
    from records.queries import find_device
    from regulatory.gathering.truth_states import truth_by_week

    with looking(home) as store, store.reader() as reader:
        by = now_of(store).date()
        period = days_counted(day_of(since), day_of(until), by=by)
        if site:
            sites_named(reader, [site])
        rows: list[dict[str, Any]]
        if facts:
            rows = [
                {"site": one.site, "fact": one.fact, "studies": one.recorded.n,
                 "recorded": one.recorded.value, "low": one.recorded.low,
                 "high": one.recorded.high}
                for one in facts_by_site(
                    reader, first=period[0], last=period[1], site=site or ""
                )
            ]  # fmt: skip
        else:
            asked = find_device(reader, device_name(store, device))
            rows = [
                {"site": one.truth.site, "from": one.first, "to": one.last,
                 "studies": one.truth.studies, "known": one.truth.known.value,
                 "low": one.truth.known.low, "high": one.truth.known.high,
                 "median_days": one.truth.median_days.value,
                 "reason": one.truth.median_days.reason}
                for one in truth_by_week(reader, asked, by=by, period=period, site=site or "")
            ]  # fmt: skip
    print_rows(rows, as_json=as_json, empty="No study of operation arrived in these days.")
