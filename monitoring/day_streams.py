"""What a day brought beside its studies, as charts take it: refused files, studies that the AI did
not read, and how long flagged and unflagged studies waited for a reader."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

import numpy as np
from sqlmodel import Session

from monitoring.detectors.base import Column
from monitoring.plan import ParsedPlan
from records.day_streams import files_on, turnarounds_on, unanswered_on
from records.product import ModelVersion

__all__ = ["LATER", "NOT_RUN", "REFUSED", "STREAMS", "TURNAROUNDS", "streams_of_day",
           "turnaround_streams"]  # fmt: skip

REFUSED, NOT_RUN = "refused", "not_run"
FLAGGED, UNFLAGGED, LATER = "turnaround_flagged", "turnaround_unflagged", "flagged_later"
TURNAROUNDS = (FLAGGED, UNFLAGGED, LATER)
STREAMS = (REFUSED, NOT_RUN, *TURNAROUNDS)
"""What a chart may watch that is no column of the day's studies."""
Streams = dict[str, dict[str, Column]]
"""By site, by name of the stream."""


def streams_of_day(
    session: Session, parsed: ParsedPlan, versions: Mapping[int | None, ModelVersion],
    at: Mapping[int | None, Collection[str]], day: date,
) -> Streams:  # fmt: skip
    """The streams that the plan's charts watch, of all sites; each is asked for once, and only
    where a chart watches it.

    versions, at: by number, the versions that run and the sites of each.
    """
    wanted = {str(one.parameters.get("column", "")) for one in parsed.charts}
    found: Streams = {}
    if REFUSED in wanted:
        for site, counts in files_on(session, day).items():
            entries = [reason for reason, files in counts.items() for _ in range(files)]
            found.setdefault(site, {})[REFUSED] = np.array(entries, object)
    for number, version in versions.items():
        if NOT_RUN in wanted:
            unanswered = unanswered_on(session, version, day, sites=at[number])
            for site, reasons in unanswered.items():
                found.setdefault(site, {})[NOT_RUN] = np.array(reasons, object)
        if wanted & {*TURNAROUNDS}:
            waited = turnarounds_on(session, version, day, sites=at[number])
            for site, minutes in waited.items():
                found.setdefault(site, {}).update(turnaround_streams(minutes, day))
    return found


def turnaround_streams(waited: list[tuple[bool, float]], day: date) -> dict[str, Column]:
    """Minutes of flagged and of unflagged studies, and of disjoint pairs of one each whether the
    flagged one waited longer (1; an equal wait counts half the pairs, in turn).

    waited: whether flagged, and minutes. Which are paired is drawn with the day as seed.
    """
    flagged = np.array([minutes for up, minutes in waited if up])
    others = np.array([minutes for up, minutes in waited if not up])
    rng = np.random.default_rng(day.toordinal())
    pairs = min(len(flagged), len(others))
    one, other = (rng.permutation(side)[:pairs] for side in (flagged, others))
    later = np.where(one == other, np.arange(pairs) % 2, one > other).astype(np.float64)
    return {FLAGGED: flagged, UNFLAGGED: others, LATER: later}
