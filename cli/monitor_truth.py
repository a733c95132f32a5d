"""``radvigil monitor compare-truth`` and ``truth-kinds``: accuracy by each way of knowing it."""

from datetime import datetime
from typing import Annotated, Any

import typer

from cli.opening import acting, device_name, looking, now_of, start_routine
from cli.options import AsJson, DeviceName, Home


def compare_truth(
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day; else the start.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day; else today.")
    ] = None,
    device: DeviceName = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Measure each version in use by report text, later verification and adjudication.

    Side by side, over all sites and at each: what is known of a part only is also corrected for
    how that part was chosen.
    """
    from cli.printing import print_rows
    from journeys.compare_truth_kinds import compare_truth_kinds

    with acting(home) as store:
        now = now_of(store)
        made = compare_truth_kinds(
            store, device_name(store, device), since=since.date() if since else None,
            until=until.date() if until else now.date(),
            actor=start_routine(store, "service:surveillance", task="compare kinds of truth"),
            now=now,
        )
        rows = [
            {"comparison": one.label, "studies": one.studies, "from": one.period_from,
             "to": one.period_to}
            for one in made
        ]
    print_rows(rows, as_json=as_json, empty="Nothing was compared.")


def truth_kinds(
    site: Annotated[str | None, typer.Option(help="Only this site, or 'all'.")] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Accuracy by each way of knowing the truth, side by side, as it was last compared."""
    from cli.printing import print_rows
    from records.truth_kind_results import EVERYWHERE, newest_comparisons

    with looking(home) as store, store.reader() as reader:
        found = newest_comparisons(reader)
        rows: list[dict[str, Any]] = []
        wanted = site or (None if as_json else EVERYWHERE)
        for one in found:
            beside: dict[tuple[str, str], dict[str, Any]] = {}
            for row in one.rows:
                if wanted not in (None, row.site):
                    continue
                if as_json:
                    figures = {name: getattr(row.result, name) for name in _FIGURES}
                    rows.append({"comparison": one.label, "version": row.version,
                                 "name": row.name, "site": row.site, "truth_by": row.way,
                                 "caveat": row.caveat} | figures)  # fmt: skip
                    continue
                cells = beside.setdefault((row.site, row.way), {
                    "version": row.name, "site": row.site, "truth by": row.way
                })  # fmt: skip
                cells[row.result.measure] = row.words
            rows += beside.values()
    print_rows(
        rows, as_json=as_json,
        empty="Nothing was compared yet: 'radvigil monitor compare-truth'.",
    )


_FIGURES = ("measure", "n", "value", "low", "high", "level", "method", "reason")
