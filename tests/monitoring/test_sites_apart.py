"""Sites that differ: small ones, days without data, truth long after, clocks of other zones."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from monitoring.plan import parse_plan
from monitoring.replay import replay
from monitoring.replay_plan import ReplayPlan
from monitoring.replay_tables import Roles, WatchTable, read_table
from records.errors import InvalidInput


def studies(site: str, *, daily: int, days: int, begin: str, zone: str = "") -> pd.DataFrame:
    """Studies from 00:30 to 23:30 on the wall clock of the site."""
    rng = np.random.default_rng([7, *site.encode(), days])
    n = daily * days
    hours = np.tile(np.linspace(0.5, 23.5, daily), days)
    time = pd.Timestamp(begin) + pd.to_timedelta(np.repeat(np.arange(days), daily), "D")
    at = time + pd.to_timedelta(hours, "h").round("s")
    return pd.DataFrame({
        "time": [f"{one:%Y-%m-%dT%H:%M:%S}{zone}" for one in at], "site": site,
        "decision": (rng.random(n) < 0.3).astype(int), "number": np.arange(n),
    })  # fmt: skip


def table(tmp_path: Path, name: str, *parts: pd.DataFrame) -> WatchTable:
    path = tmp_path / f"{name}.csv"
    pd.concat(parts).to_csv(path, index=False)
    return read_table(path, Roles(), kinds={})


def plan(*charts: dict[str, Any]) -> ReplayPlan:
    return ReplayPlan(parse_plan({
        "horizon_days": 90, "false_alarm_budget": 0.05, "minimum_n": 5, "charts": list(charts),
    }))  # fmt: skip


RATE = {"name": "rate", "detector": "positive_rate", "parameters": {"window": "day"}}
SILENCE = {"name": "silence", "detector": "silent_days"}


def test_each_site_is_watched_by_the_day_of_its_own_wall_clock(tmp_path: Path) -> None:
    """Half past midnight in Tokyo is the day before in Greenwich."""
    zones = {"Tokyo": "+09:00", "New York": "-05:00"}
    reference, current = (
        table(tmp_path, name, *(
            studies(site, daily=24, days=days, begin=begin, zone=zone)
            for site, zone in zones.items()
        ))
        for name, days, begin in (("reference", 30, "2025-12-06"), ("current", 14, "2026-01-05"))
    )  # fmt: skip
    points = replay(plan(RATE, SILENCE), reference, current).points
    for site in zones:
        own = [one for one in points if one["site"] == site and one["chart"] == "rate"]
        assert [one["n"] for one in own] == [24] * 14  # no day lost an hour to its neighbour
        assert own[0]["window_start"] == "2026-01-05"
    assert {one["state"] for one in points} <= {"quiet", "underpowered", "alert"}


def test_a_site_too_small_for_a_reference_says_so_and_its_neighbour_is_watched(
    tmp_path: Path,
) -> None:
    reference = table(
        tmp_path, "reference", studies("Large", daily=20, days=30, begin="2025-12-06"),
        studies("Small", daily=1, days=30, begin="2025-12-06"),
    )
    current = table(
        tmp_path, "current", studies("Large", daily=20, days=14, begin="2026-01-05"),
        studies("Small", daily=1, days=14, begin="2026-01-05"),
    )
    points = replay(plan(RATE), reference, current).points
    small = [one for one in points if one["site"] == "Small"]
    assert {one["state"] for one in small} == {"not estimable"}
    assert all("30 reference studies" in one["reason"] and not one["n"] for one in small)
    assert {one["state"] for one in points if one["site"] == "Large"} <= {"quiet", "underpowered"}


def test_a_day_without_studies_is_no_figure_and_silence_is_told_by_its_own_chart(
    tmp_path: Path,
) -> None:
    reference = table(tmp_path, "reference", studies("North", daily=20, days=30,
                                                     begin="2025-12-06"))  # fmt: skip
    current = table(
        tmp_path, "current", studies("North", daily=20, days=5, begin="2026-01-05"),
        studies("North", daily=20, days=5, begin="2026-01-20"),
    )
    found = replay(plan(RATE, SILENCE), reference, current)
    rates = [one for one in found.points if one["chart"] == "rate"]
    empty = [one for one in rates if "2026-01-10" <= one["window_end"] < "2026-01-20"]
    assert len(empty) == 10
    assert {(one["value"], one["state"], one["reason"]) for one in empty} == {
        (None, "not estimable", "no study in the window")
    }
    (alert,) = found.alerts
    assert alert["chart"] == "silence"
    assert date(2026, 1, 10) < date.fromisoformat(alert["raised_at"]) < date(2026, 1, 20)


def test_truth_long_after_its_study_is_no_time_in_the_future(tmp_path: Path) -> None:
    frame = studies("North", daily=20, days=30, begin="2025-12-06")
    frame["truth"] = 1
    frame["truth_time"] = "2026-01-09"
    frame.loc[3, "truth_time"] = "2026-12-01"  # an autopsy, a year later
    assert table(tmp_path, "late", frame).n == 600


@pytest.mark.parametrize("many", [1, 20])
def test_a_few_studies_long_after_all_others_are_refused_and_a_reopened_site_is_not(
    tmp_path: Path, many: int
) -> None:
    parts = [studies("North", daily=20, days=30, begin="2025-12-06"),
             studies("North", daily=many, days=1, begin="2027-01-04")]  # fmt: skip
    if many == 1:
        with pytest.raises(InvalidInput, match="dated in the future"):
            table(tmp_path, "clock", *parts)
    else:
        assert table(tmp_path, "clock", *parts).n == 620
