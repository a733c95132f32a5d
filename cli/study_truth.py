"""``radvigil study truth-states``: how much of the truth has come back, by which rule it counts."""

from typing import TYPE_CHECKING

import typer

from cli.opening import device_name, looking, now_of
from cli.options import AsJson, DeviceName, Home, Since, Until, day_of

if TYPE_CHECKING:
    from measures.estimate import Estimate
    from regulatory.documents.truth_facts import TruthFacts


def truth_states(
    since: Since = None,
    until: Until = None,
    device: DeviceName = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """How much of the truth has come back: by site, by kind, how late, and whether sources agree.

    Of the studies that the device has read in operation, as known today; --since and --until
    choose by the day of arrival. Says which kinds count, the strongest first.
    """
    import json
    from datetime import date

    from cli.printing import print_rows
    from records.queries import find_device
    from regulatory.gathering.truth_states import truth_facts

    with looking(home) as store, store.reader() as reader:
        today = now_of(store).date()
        first, last = day_of(since) or date.min, day_of(until) or today
        found = truth_facts(
            reader, find_device(reader, device_name(store, device)), by=today,
            period=(first, last),
        )
    if as_json:
        typer.echo(json.dumps(_plain(found)))
        return
    typer.echo(found.rule)
    print_rows(
        [
            {
                "site": one.site, "studies": one.studies, **dict(one.states),
                "known by": ", ".join(f"{kind} {count}" for kind, count in one.kinds),
            }
            for one in found.sites
        ],
        as_json=False, empty="The device has read no study in operation.",
    )  # fmt: skip
    for one in found.sites:
        typer.echo(f"{one.site}: {_said(one.known)} known, {_said(one.late)} late (nothing after "
                   f"{found.late_after_days} days, {found.late_from}).")  # fmt: skip
        typer.echo(f"  days until known: half {_said(one.median_days, 0)}; "
                   f"90 % {_said(one.most_days, 0)}")  # fmt: skip
    for pair in found.apart:
        typer.echo(f"{pair.stronger} and {pair.weaker} disagree: {_said(pair.disagree)}; "
                   f"kappa {_said(pair.kappa, 2)}")  # fmt: skip


def _said(one: "Estimate", digits: int = 3) -> str:
    if one.value is None or one.low is None or one.high is None:
        return f"not estimable ({one.reason}, n = {one.n})"
    low, high = (f"{limit:.{digits}f}" for limit in (one.low, one.high))
    return f"{one.value:.{digits}f} (95 % CI {low} to {high}, n = {one.n})"


def _plain(found: "TruthFacts") -> dict[str, object]:
    return {
        "by": found.by.isoformat(), "rule": found.rule, "late_after_days": found.late_after_days,
        "sites": [
            {
                "site": one.site, "studies": one.studies, "states": dict(one.states),
                "kinds": dict(one.kinds), "known": one.known.to_dict(),
                "late": one.late.to_dict(), "median_days": one.median_days.to_dict(),
                "most_days": one.most_days.to_dict(),
            }
            for one in found.sites
        ],
        "disagreement": [
            {
                "stronger": one.stronger, "weaker": one.weaker,
                "disagree": one.disagree.to_dict(), "kappa": one.kappa.to_dict(),
            }
            for one in found.apart
        ],
    }
