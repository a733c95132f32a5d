"""The studies behind the alerts of a site in operation, as an explanation takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from sqlalchemy import func
from sqlmodel import Session, col, select

from monitoring.baselines import columns_of
from monitoring.explaining.case_table import CaseTable
from monitoring.explaining.explanation import SiteCases
from records.cases import Study
from records.finding_states import any_is_known
from records.product import Deployment, ModelVersion, Site
from records.queries import prediction_rows

__all__ = ["site_cases"]

MOST_DAYS, MOST_STUDIES = 365, 20_000
"""What is looked at before the alert: so many days at most, and the last so many studies."""
LEAST_REFERENCE = 30
"""Held-out studies of a site, fewer than which its first studies in operation are the reference."""
Rows = Sequence[Mapping[str, Any]]


def site_cases(
    reader: Session, version: ModelVersion, site: str, *, began: date, day: date, studies: Any
) -> SiteCases:
    """The studies of a site that a version read, up to a day, and those held out before.

    began: since when the version runs there. studies: reads studies by purposes, since and until
    (:func:`monitoring.run.study_rows` of the version). The truth is what was known on the day.
    """
    purposes = ("development", "external")
    held = studies(purposes=purposes, scored=True, site=site)
    since = _since(reader, site, max(began, day - timedelta(days=MOST_DAYS)), day)
    watched = studies(since=since, until=day, site=site)
    known: dict[str, Any] = {"known_until": day, "site": site}
    truth = {
        row["study_id"]: row["truth"]
        for row in (
            *prediction_rows(reader, version, purposes=purposes, **known),
            *prediction_rows(reader, version, since=since, until=day, **known),
        )
        if row["truth"] is not None and any_is_known(row.get("truth_finding") or "")
    }
    if len(held) < LEAST_REFERENCE:  # as the charts do: the first in operation are the reference
        ordered = sorted(watched, key=lambda row: (row["arrived_on"], row["study_id"]))
        held, watched = ordered[:LEAST_REFERENCE], ordered[LEAST_REFERENCE:]
    return SiteCases(
        _table(held, truth), _table(watched, truth),
        _events(reader, version, site, began),
    )


def _table(rows: Rows, truth: Mapping[int, int]) -> CaseTable:
    columns = columns_of(rows)
    day = np.array([row["arrived_on"].toordinal() for row in rows], np.int64)
    # Of a device that outlines, right is an outline that fits, which no decision tells.
    outlined = bool(np.isfinite(columns["share"]).any())
    known = [None if outlined else truth.get(row["study_id"]) for row in rows]
    return CaseTable(
        day, np.array([f"{Study.PREFIX}-{row['study_id']:04d}" for row in rows], object),
        {name: values for name, values in columns.items() if name != "day"},
        np.array([np.nan if one is None else float(one) for one in known]),
    )


def _since(reader: Session, site: str, first: date, day: date) -> date:
    """The first day that is looked at: a later one where the site sent more than is looked at."""
    query = (
        select(col(Study.arrived_on), func.count())
        .join(Site, col(Site.id) == Study.site_id)
        .where(
            Site.name == site, Study.purpose == "clinical", Study.arrived_on >= first,
            Study.arrived_on <= day,
        )
        .group_by(col(Study.arrived_on))
        .order_by(col(Study.arrived_on).desc())
    )
    total = 0
    for arrived_on, n in reader.exec(query):
        total += n
        if total >= MOST_STUDIES:
            return max(arrived_on, first)
    return first


def _events(
    reader: Session, version: ModelVersion, site: str, began: date
) -> list[tuple[date, str, str]]:
    """What the records know of the site: another version put into use; the first is no event."""
    query = (
        select(Deployment)
        .join(Site, col(Site.id) == Deployment.site_id)
        .where(Site.name == site, Deployment.model_version_id != version.id)
    )
    if any(one.started_at.date() <= began for one in reader.exec(query)):
        return [(began, "device", f"{version.label} was put into use here on {began}")]
    return []
