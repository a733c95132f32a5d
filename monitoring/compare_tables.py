"""Evidently's table comparison as records: weekly and at an alert, all sites together.

Its verdicts are chart points of the plan; they describe and raise no alert.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from monitoring.plan import ParsedPlan
from monitoring.run import study_rows
from records.product import ModelVersion
from records.queries import run_on
from records.surveillance import ChartPoint, DriftReport, MonitoringPlan, MonitoringRun

ALL_SITES = "all sites"
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class ComparisonFacts:
    """A comparison that was made: verdict per column, the report's HTML and JSON."""

    day: date
    reference_rows: int
    current_rows: int
    verdicts: tuple[Any, ...]
    html: bytes
    json: bytes
    evidently_version: str
    sites: tuple[str, ...]


def due_occasion(
    reader: Session, plan: MonitoringPlan, parsed: ParsedPlan, day: date, *, alert: bool
) -> str:
    """'alert' or 'weekly' where a comparison is due on this day and was not made yet, else ''."""
    run = run_on(reader, plan, day)
    if parsed.evidently is None or run is None:
        return ""
    made = select(func.count()).where(DriftReport.run_id == run.id)
    if reader.exec(made).one():
        return ""
    runs = reader.exec(
        select(func.count()).where(
            MonitoringRun.plan_id == plan.id, col(MonitoringRun.day) <= day
        )
    ).one()
    if alert and parsed.evidently.at_alert:
        return "alert"
    return "weekly" if runs % parsed.evidently.every_days == 0 else ""


def prepare_comparison(
    reader: Session,
    parsed: ParsedPlan,
    versions: Mapping[str, ModelVersion],
    *,
    day: date,
) -> ComparisonFacts | None:
    """Compare the last week's studies with the held-out studies of the evaluation.

    Args:
        versions: By site where the device is deployed, the version that runs there: the scores of a
            site, and of its reference, are those of its own version.

    Returns:
        None where no column can be compared.
    """
    import pandas as pd

    from monitoring.detectors.evidently_tables import compare_tables

    settings = parsed.evidently
    assert settings is not None
    held_out, arrived = list[dict[str, Any]](), list[dict[str, Any]]()
    for version in {one.id: one for one in versions.values()}.values():
        own = {site for site, one in versions.items() if one.id == version.id}
        of_version = study_rows(reader, version, purposes=("development", "external"), scored=True)
        held_out += [row for row in of_version if row["site"] in own]
        of_week = study_rows(
            reader, version, since=day - timedelta(days=settings.every_days - 1), until=day
        )
        arrived += [row for row in of_week if row["site"] in own]
    reference, current = choose_rows(held_out, arrived, sites=versions, seed=settings.seed)
    if not reference or not current:
        return None
    columns = [*settings.columns, *settings.categorical_columns]
    found = compare_tables(
        pd.DataFrame(reference)[columns], pd.DataFrame(current)[columns], settings
    )
    if found.html is None or found.json is None:
        return None
    return ComparisonFacts(
        day, found.reference_rows, found.current_rows, found.verdicts, found.html,
        found.json.encode(), found.evidently_version,
        tuple(sorted({row["site"] for row in reference})),
    )


def choose_rows(
    held_out: Rows, arrived: Rows, *, sites: Collection[str], seed: int
) -> tuple[Rows, Rows]:
    """The reference and the current studies of the sites that have both a device and a reference.

    A hospital where the device does not run, or one that no reference knows, would read as drift.
    """
    reference = balanced([row for row in held_out if row["site"] in sites], seed=seed)
    known = {row["site"] for row in reference}
    return reference, [row for row in arrived if row["site"] in known]


def balanced(rows: Rows, *, seed: int) -> Rows:
    """As many reference studies of each site: else the mix of sites alone would read as drift.

    Sites that were tested on few studies set the number; the choice is seeded.
    """
    import numpy as np

    sites = sorted({row["site"] for row in rows})
    own = {site: [row for row in rows if row["site"] == site] for site in sites}
    least = min((len(found) for found in own.values()), default=0)
    chosen: Rows = []
    for number, site in enumerate(sites):
        order = np.random.default_rng([seed, number]).permutation(len(own[site]))[:least]
        chosen += [own[site][index] for index in sorted(order.tolist())]
    return chosen


def record_comparison(
    tx: Session,
    plan: MonitoringPlan,
    facts: ComparisonFacts,
    *,
    occasion: str,
    digests: Sequence[str],
) -> DriftReport:
    """Record the report and a chart point a column; ``digests`` name HTML and JSON in the vault."""
    run = run_on(tx, plan, facts.day)
    assert run is not None and run.id is not None
    report = DriftReport(
        run_id=run.id, day=facts.day, occasion=occasion, reference_rows=facts.reference_rows,
        current_rows=facts.current_rows, verdicts=[one.to_dict() for one in facts.verdicts],
        html_digest=digests[0], json_digest=digests[1],
    )
    tx.add(report)
    tx.add_all(
        ChartPoint(
            run_id=run.id, chart=f"evidently {verdict.column}", site=ALL_SITES, day=facts.day,
            n=verdict.n_current, statistic=verdict.value, limit=verdict.threshold,
            signal=bool(verdict.drifted), reason=verdict.reason,
            details={"method": verdict.method, "n_reference": verdict.n_reference,
                     "sites": list(facts.sites),
                     "software": f"evidently {facts.evidently_version}"},
        )
        for verdict in facts.verdicts
    )
    tx.flush()
    return report
