"""References of another maker's product: the first studies that a version read at a site.

Such a version was never tested here, and begins when its results say so. Until a site has as many
studies as the plan asks for, its charts do not run, and each day's run says what is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from monitoring.baselines import SiteBaselines, prepare_baselines, record_baselines
from monitoring.plan import ParsedPlan
from monitoring.run import Running, baselines_of, study_rows
from records.base import digest_of
from records.chart_names import whole_chart
from records.counting import counted
from records.definition import DeviceDefinition
from records.product import ModelVersion
from records.queries import run_on
from records.surveillance import ChartBaseline, MonitoringPlan


@dataclass(frozen=True)
class FirstOperation:
    """The sites whose references are there now, by version; and why the others wait."""

    ready: list[tuple[ModelVersion, SiteBaselines]]
    gathering: dict[str, str]


def prepare_first(
    reader: Session,
    definition: DeviceDefinition,
    plan: MonitoringPlan,
    parsed: ParsedPlan,
    running: Mapping[str, Running],
    *,
    day: date,
) -> FirstOperation:
    """The references of sites that have none yet, from the studies before a day.

    The expected number of studies a day is that which was seen; the choice is seeded by the
    version, so that the same studies give the same reference.
    """
    ready: list[tuple[ModelVersion, SiteBaselines]] = []
    gathering: dict[str, str] = {}
    known = {
        one.version.id: baselines_of(reader, plan, one.version) for one in running.values()
    }
    for site, one in sorted(running.items()):
        if site in known[one.version.id]:
            continue
        read = study_rows(reader, one.version, until=day - timedelta(days=1), scored=True)
        rows = [row | {"split": ""} for row in read if row["site"] == site]
        days = len({row["arrived_on"] for row in rows})
        (found,) = prepare_baselines(
            definition, parsed, sorted(rows, key=lambda row: (row["arrived_on"], row["study_id"])),
            daily_n={site: max(1, round(len(rows) / max(days, 1)))}, watched_sites=len(running),
            seed=int(digest_of([one.version.version_digest, site])[:8], 16),
        )
        if found.n == 0:
            gathering[site] = (
                f"{one.version.label} has read {counted(len(rows), 'study', 'studies')} here; its "
                f"charts begin with {parsed.reference.minimum_n} patients as reference"
            )
        else:
            ready.append((one.version, _explained(found, definition)))
    return FirstOperation(ready, gathering)


def _explained(found: SiteBaselines, definition: DeviceDefinition) -> SiteBaselines:
    """A chart of the score of a product that states none says so, and not that studies lack."""
    assert definition.external is not None
    if definition.external.states_score:
        return found
    charts = definition.monitoring_plan.get("charts", ())
    of_score = {
        str(one["name"]) for one in charts if _column(one) in ("score", "out_of_distribution")
    }
    without = of_score | {
        name for name in (*found.prepared, *found.refused) if whole_chart(name) in of_score
    }
    return SiteBaselines(
        found.site, found.n, found.alpha,
        {name: one for name, one in found.prepared.items() if name not in without},
        found.refused | dict.fromkeys(without, "not estimable: the product states no score"),
        found.shares,
    )


def _column(chart: Mapping[str, object]) -> object:
    parameters = chart.get("parameters")
    return parameters.get("column") if isinstance(parameters, Mapping) else None


def record_first(
    tx: Session, plan: MonitoringPlan, found: FirstOperation, *, now: datetime
) -> list[ChartBaseline]:
    """Freeze the references that are there."""
    return [
        made
        for version, site in found.ready
        for made in record_baselines(tx, plan, version, [site], now=now)
    ]


def charts_that_wait(reader: Session, plan: MonitoringPlan, day: date) -> dict[str, str]:
    """Why the charts of a site did not run on a day that was watched, by site; those that ran are
    not in it."""
    run = run_on(reader, plan, day)
    return {
        site: str(one["charts_wait"]) for site, one in (run.counts if run else {}).items()
        if "charts_wait" in one
    }  # fmt: skip
