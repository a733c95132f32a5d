"""Tables of studies from outside, as another system would export them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from monitoring.replay import Replayed
from monitoring.replay_files import plan_file, replay_files

LEVELS = {"GE": 0.5, "Siemens": 0.3, "Philips": 0.2}


def table(
    n: int, start: str, days: int, *, seed: int, sites: tuple[str, ...] = ("North", "East")
) -> pd.DataFrame:
    """So many studies over so many days; 60 % of the truth known, 5 to 40 days on."""
    rng = np.random.default_rng(seed)
    seconds = np.sort(rng.integers(0, days * 86_400, n))
    frame = pd.DataFrame({"time": pd.Timestamp(start) + pd.to_timedelta(seconds, unit="s")})
    frame["site"] = rng.choice(sites, n)
    truth = (rng.random(n) < 0.2).astype(float)
    frame["score"] = 1.0 / (1.0 + np.exp(-(rng.normal(size=n) + 2.0 * truth - 1.5)))
    frame["decision"] = (frame["score"] > 0.4).astype(int)
    known = rng.random(n) < 0.6
    frame["truth"] = np.where(known, truth, np.nan)
    late = frame["time"] + pd.to_timedelta(rng.integers(5, 40, n), unit="D")
    frame["truth_time"] = late.where(pd.Series(known))
    frame["patient"] = rng.integers(0, 3 * n, n)
    frame["tube_voltage"] = rng.normal(110.0, 8.0, n).round(1)
    frame["age"] = rng.integers(18, 90, n)
    frame["manufacturer"] = rng.choice(list(LEVELS), n, p=list(LEVELS.values()))
    frame["view"] = "PA"
    return frame


def written(frame: pd.DataFrame, path: Path) -> Path:
    """The table as a file, by the ending of its name."""
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False)
    return path


def replayed(
    folder: Path, reference: pd.DataFrame, current: pd.DataFrame, *, budget: float = 1.0,
    **given: Any,
) -> Replayed:  # fmt: skip
    """A plan made for the reference, replayed on the current table."""
    one = written(reference, folder / "reference.parquet")
    two = written(current, folder / "current.csv")
    plan_file(one, folder / "plan.json", columns=given.get("columns", {}),
              by=given.get("by", ""), alerts_per_year=budget)  # fmt: skip
    return replay_files(folder / "plan.json", one, two, columns={})


def signals(found: Replayed) -> set[tuple[str, str]]:
    """(chart, site) of every signal, whether it leads an alert or was merged into one."""
    return {
        (chart, one["site"]) for one in found.alerts
        for chart in (one["chart"], *(also["chart"] for also in one["evidence"]["also"]))
    }


def states(found: Replayed, chart: str, site: str) -> list[str]:
    """The states of one chart at one site, window by window."""
    return [
        one["state"] for one in found.points if (one["chart"], one["site"]) == (chart, site)
    ]
