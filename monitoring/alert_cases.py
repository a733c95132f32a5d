"""The studies behind the alerts of a site in operation, as an explanation takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from sqlmodel import Session, col, select

from monitoring.baselines import columns_of
from monitoring.explaining.case_table import CaseTable
from monitoring.explaining.explanation import SiteCases
from records.cases import Study
from records.finding_states import any_is_known
from records.product import Deployment, ModelVersion, Site
from records.queries import prediction_rows

__all__ = ["site_cases"]

MOST_DAYS = 365
"""Days before the alert that are looked at."""
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
    held = [row for row in studies(purposes=purposes, scored=True) if row["site"] == site]
    since = max(began, day - timedelta(days=MOST_DAYS))
    watched = [row for row in studies(since=since, until=day) if row["site"] == site]
    truth = {
        row["study_id"]: row["truth"]
        for row in (
            *prediction_rows(reader, version, purposes=purposes, known_until=day),
            *prediction_rows(reader, version, since=since, until=day, known_until=day),
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
