"""After an announced change: is there enough to take a new reference from, and does it still work?

Pure but for the reading: what is found here is confirmed by a person and only then recorded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlmodel import Session, select

from measures.proportions import wilson
from monitoring.baselines import claim_bounds, prepare_baselines
from monitoring.plan import ParsedPlan
from monitoring.run import Running, study_rows
from records.base import digest_of
from records.definition import DeviceDefinition
from records.errors import Refused
from records.finding_states import any_is_known
from records.planned_changes import PlannedChange
from records.product import Site
from records.queries import last_watched_day, prediction_rows
from records.renewed_references import RENEWED
from records.surveillance import ChartBaseline, MonitoringPlan

__all__ = ["NewReference", "performance_since", "prepare_new_reference"]

Rows = Sequence[Mapping[str, Any]]
WANTED = {"sensitivity": 1, "specificity": 0}


@dataclass(frozen=True)
class NewReference:
    """Charts with a new reference, and what the truth since the change says of performance.

    holds: True where every claim holds by its interval, False where one is broken by it, None
    where the truth decides neither. refused: charts that cannot take one, with the reason.
    """

    charts: tuple[tuple[ChartBaseline, int, dict[str, Any]], ...]
    refused: Mapping[str, str]
    holds: bool | None
    grounds: str


def performance_since(bounds: Mapping[str, float], rows: Rows) -> tuple[bool | None, str]:
    """Whether each claimed share is at or above its bound by its 95 % interval (Wilson), and the
    figures in words. rows: truth (None unknown) and decision.

    >>> performance_since({"sensitivity": 0.7}, [{"truth": True, "decision": True}] * 30)
    (True, 'sensitivity 1.00 (0.89 to 1.00, n = 30; at least 0.70)')
    """
    said: list[str] = []
    verdicts: list[bool | None] = []
    for measure, bound in bounds.items():
        if measure not in WANTED:
            continue
        own = [row for row in rows if row["truth"] is not None
               and int(row["truth"]) == WANTED[measure]]  # fmt: skip
        right = sum(int(row["decision"]) == WANTED[measure] for row in own)
        found = wilson(measure, right, len(own))
        if found.value is None or found.low is None or found.high is None:
            said.append(f"{measure} not estimable: no truth known")
            verdicts.append(None)
            continue
        said.append(f"{measure} {found.value:.2f} ({found.low:.2f} to {found.high:.2f}, "
                    f"n = {found.n}; at least {bound:.2f})")  # fmt: skip
        broken = False if found.high < bound else None
        verdicts.append(True if found.low >= bound else broken)
    if not verdicts:
        return None, "no claim that the truth could show"
    if False in verdicts:
        return False, "; ".join(said)
    return (True if all(verdicts) else None), "; ".join(said)


def prepare_new_reference(
    reader: Session, definition: DeviceDefinition, plan: MonitoringPlan, parsed: ParsedPlan,
    running: Mapping[str, Running], change: PlannedChange,
) -> NewReference:  # fmt: skip
    """The charts of the site with the first studies after the change as reference.

    Raises:
        Refused: The device does not run there, the change is not over, or fewer patients than the
            plan's reference needs have come since.
    """
    site = reader.get_one(Site, change.site_id).name
    last = last_watched_day(reader, definition.name)
    if site not in running:
        raise Refused(f"{definition.name} does not run at {site}.")
    if last is None or last <= change.last_day:
        raise Refused(
            f"{change.label} is not over by the last watched day ({last or 'none'}).",
            hint=f"Watch days after {change.last_day} first.",
        )
    version, since = running[site].version, change.last_day + timedelta(days=1)
    read = study_rows(reader, version, since=since, until=last, scored=True)
    rows = sorted((row | {"split": ""} for row in read if row["site"] == site),
                  key=lambda row: (row["arrived_on"], row["study_id"]))  # fmt: skip
    old = {
        one.chart: one for one in reader.exec(
            select(ChartBaseline).where(
                ChartBaseline.plan_id == plan.id, ChartBaseline.site_id == change.site_id,
                ChartBaseline.model_version_id == version.id,
            )
        ) if not one.reason and parsed.alerts.class_of(one.chart) in RENEWED
    }
    daily = max((int(one.prepared.get("daily_n", 1)) for one in old.values()), default=1)
    (found,) = prepare_baselines(
        definition, parsed, rows, daily_n={site: daily}, watched_sites=len(running),
        seed=int(digest_of([version.version_digest, site, change.label])[:8], 16),
    )
    if not found.n:
        reason = next(iter(found.refused.values()), "no study")
        raise Refused(f"Too early for a new reference of {site}: {reason}.",
                      hint="Wait for more studies after the change.")  # fmt: skip
    judged = [
        row for row in prediction_rows(reader, version, since=since, known_until=last)
        if row["site"] == site and any_is_known(row.get("truth_finding") or "")
    ]
    holds, grounds = performance_since(claim_bounds(definition), judged)
    charts = tuple(
        (old[name], found.n_of(name), one) for name, one in found.prepared.items() if name in old
    )
    refused = {name: why for name, why in found.refused.items() if name in old}
    return NewReference(charts, refused, holds, grounds)
