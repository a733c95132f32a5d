"""Days from a shift to its alert: the watch beside AIM-CU, NannyML and Evidently at one false-alarm
rate, on the same studies.

    python -m benchmarks.detection                        print the tables
    python -m benchmarks.detection --quiet 40 --repeats 5  short

One simulated site of 30 studies a day, a reference of half a year, four weeks in control and nine
from the shift on. Each peer's limit is set so that it alarms in as many of the quiet streams of 13
weeks as the watch does (in none: just above the highest that they show). NannyML and Evidently are
run on chunks of a day and of a week.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection_peers import Stream, aimcu, evidently, nannyml
from monitoring.drill import Arrangement, streams
from monitoring.drill_shifts import Shift
from monitoring.drill_studies import FIRST_DAY, SimulatedSites
from monitoring.plan import parse_plan
from monitoring.replay import replay
from monitoring.replay_plan import ReplayPlan

SOURCE = SimulatedSites(("North",), daily_n=30, reference_n=30 * 182)
ARRANGED = Arrangement(before=28, after=63)
CALIBRATING = 1_000_000
"""Seeds of the quiet streams: others than those of the shifts."""
PEERS: dict[str, Callable[[Stream, Stream], NDArray[np.float64]]] = {
    "AIM-CU": aimcu,
    "NannyML, days": partial(nannyml, length=1), "NannyML, weeks": partial(nannyml, length=7),
    "Evidently, days": partial(evidently, length=1),
    "Evidently, weeks": partial(evidently, length=7),
}  # fmt: skip
SHIFTS = (
    Shift.of("brightness", size=1.05), Shift.of("tube_voltage", size=5.0),
    Shift.of("noise", size=1.1), Shift.of("blur", size=0.5), Shift.of("gradual_blur", size=1.0),
    Shift.of("new_scanner", size=0.5), Shift.of("view_mix", size=0.45),
    Shift.of("age_mix", size=-8.0), Shift.of("prevalence", size=0.55),
    Shift.of("harder_disease", size=1.0), Shift.of("software", size=0.6),
    Shift.of("threshold", size=-0.7), Shift.of("labels", size=0.25),
    Shift.of("volume", size=0.4), Shift.of("silence"), Shift.of("missing", size=0.1),
    Shift.of("sentinel", size=0.05),
)  # fmt: skip


def plan() -> ReplayPlan:
    """Charts that add up for images, scores and performance; windows for names and volume."""
    names = [
        {"name": f"fact {one}", "detector": "fact_distribution",
         "parameters": {"column": one, "kind": "names", "window": "week"}}
        for one in ("view", "sex", "manufacturer", "software")
    ]  # fmt: skip
    claimed = [
        {"name": one, "detector": "claimed_performance", "parameters": {"measure": one}}
        for one in ("sensitivity", "specificity")
    ]
    content = {
        "horizon_days": 91, "false_alarm_budget": 0.05, "minimum_n": 5,
        "reference": {"maximum_n": 2000},
        "charts": [
            {"name": "images", "detector": "rank_cusum"},
            {"name": "patients", "detector": "rank_cusum",
             "parameters": {"columns": ["tube_voltage", "age"]}},
            {"name": "scores", "detector": "conformal_test"}, *claimed, *names,
            {"name": "fact tube_voltage", "detector": "fact_distribution",
             "parameters": {"column": "tube_voltage", "kind": "numbers", "window": "day"}},
            {"name": "positive rate", "detector": "positive_rate",
             "parameters": {"window": "week"}},
            {"name": "volume", "detector": "study_volume", "parameters": {"window": "week"}},
            {"name": "silence", "detector": "silent_days"},
        ],
    }  # fmt: skip
    return ReplayPlan(parse_plan(content), {"sensitivity": 0.87, "specificity": 0.80})


def observed(shift: Shift, seed: int) -> tuple[list[int], dict[str, NDArray[np.float64]]]:
    """Days of our alerts (0: the first watched), and each peer's statistic by day."""
    reference, watched = streams(SOURCE, shift, ARRANGED, seed=seed)
    first = FIRST_DAY.toordinal()
    ours = [
        date.fromisoformat(one["raised_at"]).toordinal() - first
        for one in replay(plan(), reference, watched).alerts
    ]
    span = SOURCE.reference_days("North")
    before = Stream.of(reference, first=first - span, days=span)
    now = Stream.of(watched, first=first, days=ARRANGED.days)
    return ours, {name: peer(before, now) for name, peer in PEERS.items()}


def calibrated(quiet: int) -> tuple[int, dict[str, float], dict[str, int]]:
    """In how many quiet streams we alarm; each peer's limit for as many; and by its own limit."""
    own = {"AIM-CU": 4.0, "NannyML": 3.0, "Evidently": 1.0}
    alarmed, peaks = 0, {name: np.empty(quiet) for name in PEERS}
    for number in range(quiet):
        ours, series = observed(Shift.of("none"), CALIBRATING + number)
        alarmed += bool([one for one in ours if one < ARRANGED.days])
        for name, values in series.items():
            peaks[name][number] = values.max()
    limits = {
        name: float(np.sort(one)[::-1][min(alarmed, quiet - 1)]) for name, one in peaks.items()
    }
    released = {name: int((one > own[name.split(",")[0]]).sum()) for name, one in peaks.items()}
    return alarmed, limits, released


def delays(shift: Shift, repeats: int, limits: dict[str, float]) -> dict[str, list[float]]:
    """Days to the first alarm from the shift on, a repeat; infinite where there was none."""
    found: dict[str, list[float]] = {"the watch": [], **{name: [] for name in PEERS}}
    for seed in range(repeats):
        ours, series = observed(shift, seed)
        after = [one for one in ours if one >= ARRANGED.before]
        found["the watch"].append(min(after) - ARRANGED.before + 1.0 if after else np.inf)
        for name, values in series.items():
            late = np.flatnonzero(values[ARRANGED.before :] > limits[name])
            found[name].append(float(late[0] + 1) if len(late) else np.inf)
    return found


def main() -> int:
    """Print the rate, the limits and the table of median delays."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--quiet", type=int, default=60)
    asked.add_argument("--repeats", type=int, default=7)
    given = asked.parse_args()
    alarmed, limits, released = calibrated(given.quiet)
    print(f"quiet streams of 13 weeks with an alarm: the watch {alarmed} of {given.quiet}; at "
          f"their own limits {released}; limits for the watch's rate "
          f"{ {name: round(one, 2) for name, one in limits.items()} }", flush=True)  # fmt: skip
    names = ["the watch", *PEERS]
    print("| shift | size | " + " | ".join(names) + " |\n|---|---|" + "---|" * len(names))
    won = dict.fromkeys([*PEERS, "the best of all"], 0)
    for shift in SHIFTS:
        found = delays(shift, given.repeats, limits)
        medians = {name: float(np.median(one)) for name, one in found.items()}
        for name in PEERS:
            won[name] += medians["the watch"] <= medians[name]
        won["the best of all"] += medians["the watch"] <= min(medians.values())
        print(f"| {shift.name} | {shift.size:g} {shift.kind.unit} | "
              + " | ".join(_days(medians[name]) for name in names) + " |", flush=True)  # fmt: skip
    print(f"shorter or equal, of {len(SHIFTS)}: {won}")
    return 0


def _days(median: Any) -> str:
    return f"{median:g}" if np.isfinite(median) else "not found"


if __name__ == "__main__":
    sys.exit(main())
