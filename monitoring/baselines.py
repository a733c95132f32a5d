"""Before day one: for each chart at each site the frozen reference, and the limit solved for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from sqlmodel import Session, select

from monitoring.detectors.base import ChartContext, Column, Prepared
from monitoring.output_columns import OUTPUT_COLUMNS
from monitoring.plan import ChartPlan, ParsedPlan, allocate
from monitoring.site_charts import prepare_site
from monitoring.windows import StudyColumns, choose_reference
from records.chart_names import level_of
from records.definition import DeviceDefinition
from records.product import ModelVersion, Site
from records.surveillance import ChartBaseline, MonitoringPlan

QUALITY = ("brightness", "contrast", "sharpness", "noise", "entropy", "saturation")
FACTS = ("age_years", "tube_voltage_kv", "exposure_mas")
NAMED_FACTS = (
    "sex", "view", "manufacturer", "model_name", "software_version", "body_part", "modality",
)  # fmt: skip
WATCHED = (*QUALITY, "score", "decision", *OUTPUT_COLUMNS, *FACTS)
"""Columns of numbers that a chart may watch."""
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class SiteBaselines:
    """The charts of one site, prepared; and for those that cannot run there, why.

    n, alpha: of a chart of the whole site. shares: what a chart by subgroup spends instead.
    """

    site: str
    n: int
    alpha: float
    prepared: dict[str, Prepared]
    refused: dict[str, str]
    shares: Mapping[str, float] = field(default_factory=dict)

    def n_of(self, chart: str) -> int:
        """Studies that the frozen reference of a chart holds: of a level its own."""
        own = self.prepared.get(chart, {}).get("reference_n") if level_of(chart) else None
        return self.n if own is None else int(own)


def columns_of(rows: Rows) -> dict[str, Column]:
    """Per watched column one number a study, NaN where it could not be had; of facts that are
    names one name, None where it was not recorded; and the day on which the study arrived."""
    numbers: dict[str, Column] = {
        name: np.array(
            [np.nan if row.get(name) is None else float(row[name]) for row in rows],
            dtype=np.float64,
        )
        for name in WATCHED
    }
    named: dict[str, Column] = {
        name: np.array([row.get(name) or None for row in rows], dtype=object)
        for name in NAMED_FACTS
    }
    days = [row.get("arrived_on") for row in rows]
    day: Column = np.array([np.nan if one is None else one.toordinal() for one in days], float)
    return numbers | named | {"day": day}


def facts_of_levels(rows: Rows) -> dict[str, Column]:
    """What divides studies into subgroups, one entry a study: names, and the age as a number."""
    named: dict[str, Column] = {
        name: np.array([row.get(name) or None for row in rows], dtype=object)
        for name in ("sex", "view", "manufacturer")
    }
    ages = [row.get("age_years") for row in rows]
    age = np.array([np.nan if one is None else float(one) for one in ages], np.float64)
    return named | {"age_years": age}


def with_truth(rows: Rows) -> dict[str, Column]:
    """The watched columns of a reference and its truth, 1 or 0 a study, NaN where it is not known.

    What is read in operation has no such column: its truth comes by itself.
    """
    truth = [
        float(row["truth"]) if isinstance(row.get("truth"), bool | int) and row["truth"] in (0, 1)
        else np.nan
        for row in rows
    ]  # fmt: skip
    return columns_of(rows) | {"truth": np.array(truth, np.float64)}


def claim_bounds(definition: DeviceDefinition) -> dict[str, float]:
    """The lowest acceptable value of each claimed measure: the claim minus its margin."""
    return {claim.measure: claim.value - claim.margin for claim in definition.overall_claims}


def prepare_baselines(
    definition: DeviceDefinition,
    plan: ParsedPlan,
    rows: Rows,
    *,
    daily_n: Mapping[str, int],
    watched_sites: int,
    seed: int,
) -> list[SiteBaselines]:
    """Choose each site's reference and solve the limits, within the plan's false-alarm budget.

    Args:
        definition: The device's promises; the claims give the bounds of performance charts.
        plan: The parsed monitoring plan.
        rows: One mapping a study with study_uid, patient, site, split ('' in operation), the
            image quality measures and the score.
        daily_n: Studies a day expected at each site to be watched.
        watched_sites: All sites that are watched, those of other versions too: they share the
            budget of false alarms.
        seed: Of random choices and of tie-breaking.
    """
    studies = _studies(rows)
    allocation = allocate(plan, sites=watched_sites)
    alpha = allocation.alpha
    shares = {
        one.name: allocation.alpha_of(one) for one in plan.charts if one.share < 1.0
    }
    # of other tasks truth is a class or an outline, and in operation right is something else
    yes_or_no = definition.task.kind == "classification"
    found = []
    for site, expected in sorted(daily_n.items()):
        window = choose_reference(studies, plan.reference, site=site, seed=seed)
        if window.reason:
            reasons = {chart.name: window.reason for chart in plan.charts}
            found.append(SiteBaselines(site, 0, alpha, {}, reasons, shares))
            continue
        columns = with_truth if yes_or_no else columns_of
        chosen = columns([rows[index] for index in window.rows.tolist()])
        contexts = {
            chart.name: ChartContext(
                chart=chart.name, site=site, alpha=shares.get(chart.name, alpha),
                horizon_days=plan.horizon_days,
                daily_n=_expected(chart, chosen, window.n, expected),
                minimum_n=plan.minimum_n, bounds=claim_bounds(definition), seed=seed,
            )
            for chart in plan.charts
        }
        levels = _references_of_levels(plan, rows, site=site, seed=seed, columns=columns)
        prepared, refused = prepare_site(plan, chosen, contexts=contexts, of_levels=levels)
        found.append(SiteBaselines(site, window.n, alpha, prepared, refused, shares))
    return found


def _expected(chart: ChartPlan, reference: Mapping[str, Column], n: int, daily_n: int) -> int:
    """Studies a day that a chart may expect: of a level its part of the reference, at least one."""
    if chart.level is None:
        return daily_n
    return max(round(daily_n * float(chart.level.holds(reference, n).mean())), 1)


def _references_of_levels(
    plan: ParsedPlan, rows: Rows, *, site: str, seed: int,
    columns: Callable[[Rows], dict[str, Column]],
) -> dict[str, dict[str, Column] | str]:  # fmt: skip
    """The reference of each level, chosen among its own studies by the plan's rule; or why it has
    none."""
    levels = {one.level.name: one.level for one in plan.charts if one.level is not None}
    here = [row for row in rows if row["site"] == site] if levels else []
    facts = columns_of(here)
    found: dict[str, dict[str, Column] | str] = {}
    for name, level in levels.items():
        own = [here[at] for at in np.flatnonzero(level.holds(facts, len(here))).tolist()]
        window = choose_reference(_studies(own), plan.reference, site=site, seed=seed)
        if window.reason:
            found[name] = f"{name}: {window.reason}"
        else:
            found[name] = columns([own[at] for at in window.rows.tolist()])
    return found


def _studies(rows: Rows) -> StudyColumns:
    return StudyColumns(
        [row["study_uid"] for row in rows], [row["patient"] for row in rows],
        [row["site"] for row in rows], [row["split"] for row in rows],
    )


def record_baselines(
    tx: Session,
    plan: MonitoringPlan,
    version: ModelVersion,
    found: Sequence[SiteBaselines],
    *,
    now: datetime,
) -> list[ChartBaseline]:
    """Freeze the baselines of a version; those frozen before stay as they are."""
    assert plan.id is not None and version.id is not None
    sites = {site.name: site for site in tx.exec(select(Site))}
    query = select(ChartBaseline).where(
        ChartBaseline.plan_id == plan.id, ChartBaseline.model_version_id == version.id
    )
    frozen = {(one.chart, one.site_id) for one in tx.exec(query)}
    fresh = []
    for one in found:
        site_id = sites[one.site].id
        assert site_id is not None
        for chart in (*one.prepared, *one.refused):
            if (chart, site_id) in frozen:
                continue
            fresh.append(
                ChartBaseline(
                    plan_id=plan.id, model_version_id=version.id, site_id=site_id, chart=chart,
                    n=one.n_of(chart), alpha=one.shares.get(chart, one.alpha),
                    prepared=one.prepared.get(chart, {}),
                    reason=one.refused.get(chart, ""), frozen_at=now,
                )
            )
    tx.add_all(fresh)
    tx.flush()
    return fresh
