"""False alerts a device-year, when nothing changes: every shipped plan and each of its charts.

    python -m benchmarks.in_control_years                       12 plans, 200 device-years each
    python -m benchmarks.in_control_years --years 10 --plan chest-triage
    python -m benchmarks.in_control_years --into years --write  and put the tables into the docs

A device-year is 365 days of one simulated site of 20 studies a day, where the whole budget is spent
(of several sites each has a share of it). Each year has studies and a reference of its own, and no
plan's are another's. It is the drill of `radvigil monitor drill` without a shift: the production
charts on numbers, without images; half a second of processor time a year.

--into FOLDER keeps each year as it ends, under the plan's and the code's digest: the same command
goes on where it was stopped, --minutes ends it in time, and after a change of plan, chart or
measure the years are drawn anew.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from measures.estimate import Estimate
from measures.event_rate import events_per_year
from monitoring.drill import Arrangement, DrillAlert, Repeat, drill
from monitoring.drill_files import simulated_for
from monitoring.drill_report import ChartFindings, DrillReport, drill_report
from monitoring.drill_shifts import Shift
from monitoring.replay_plan import ReplayPlan, read_replay_plan
from records.settings import REPOSITORY

YEARS = 200
NONE, YEAR = Shift.of("none"), Arrangement(before=0, after=365)
PLANS = tuple(one.stem for one in sorted((REPOSITORY / "devices").glob("*.yaml")))
PAGE = REPOSITORY / "docs" / "monitoring-verification.md"
BEGIN, END = "<!-- in-control years -->", "<!-- end of in-control years -->"
RUNS = ("measures", "monitoring", "imaging/sources/sites.py", "records/yaml_source.py")
"""What a year depends on beside its plan."""


@dataclass
class Kept:
    """The finished years of one plan, as lines of a file; without a folder in memory alone."""

    path: Path | None
    years: dict[int, Repeat] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path | None, name: str, digest: str) -> Kept:
        """What was kept under this plan and this code; the years of others are not read."""
        if folder is None:
            return cls(None)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}-{digest[:12]}.jsonl"
        lines = path.read_text().split("\n")[:-1] if path.is_file() else []
        if path.is_file():  # a line that was cut short when the run was stopped
            path.write_text("".join(f"{one}\n" for one in lines))
        return cls(path, dict(_read(json.loads(one)) for one in lines))

    def keep(self, year: int, repeat: Repeat) -> None:
        """Keep one year, at once."""
        self.years[year] = repeat
        if self.path is not None:
            with self.path.open("a") as file:
                file.write(json.dumps(_line(year, repeat)) + "\n")


def _line(year: int, repeat: Repeat) -> dict[str, Any]:
    return {
        "year": year, "alerts": [asdict(one) for one in repeat.alerts],
        "studies": repeat.studies[-1:], "reasons": repeat.reasons,
        "states": {name: dict(one) for name, one in repeat.states.items()},
    }  # fmt: skip


def _read(line: dict[str, Any]) -> tuple[int, Repeat]:
    alerts = tuple(
        DrillAlert(one["day"], one["site"], one["chart"], one["cause"],
                   tuple((int(day), str(chart)) for day, chart in one["signals"]))
        for one in line["alerts"]
    )  # fmt: skip
    states = {name: Counter(one) for name, one in line["states"].items()}
    return line["year"], Repeat(alerts, tuple(line["studies"]), states, line["reasons"])


def code_digest() -> str:
    """SHA-256 of every source that a year depends on."""
    found = hashlib.sha256()
    for part in RUNS:
        at = REPOSITORY / part
        for path in sorted(at.rglob("*.py")) if at.is_dir() else [at]:
            found.update(path.read_bytes())
    return found.hexdigest()


def plan_digest(name: str, sites: int) -> str:
    """SHA-256 of a plan's file, the code, and how many sites it is watched at."""
    plan = (REPOSITORY / "devices" / f"{name}.yaml").read_bytes()
    return hashlib.sha256(plan + f"{sites} {code_digest()}".encode()).hexdigest()


def years_of(
    name: str, years: int, kept: Kept, *, sites: int = 1, ends: float = float("inf")
) -> Iterator[int]:
    """Watch the years of a plan that are not kept yet, until `ends` (time.monotonic)."""
    plan = read_replay_plan(REPOSITORY / "devices" / f"{name}.yaml")
    source = simulated_for(plan, sites=sites)
    own = zlib.crc32(name.encode()) * 10_000  # no plan's studies are another's
    for year in range(years):
        if year not in kept.years:
            if time.monotonic() > ends:
                return
            kept.keep(year, drill(plan, source, NONE, YEAR, seeds=[own + year])[0])
        yield year


def findings(name: str, kept: Kept, *, sites: int = 1) -> tuple[ReplayPlan, DrillReport]:
    """What the kept years of a plan say, each chart and the whole."""
    plan = read_replay_plan(REPOSITORY / "devices" / f"{name}.yaml")
    named = simulated_for(plan, sites=sites).sites
    repeats = [one for _, one in sorted(kept.years.items())]
    return plan, drill_report(plan, repeats, YEAR, sites=named, shifted=False)


def verdict(one: ChartFindings) -> str:
    """Whether a chart's, or the plan's, rate lies within what is allowed."""
    low, high = one.false_alerts.low, one.false_alerts.high
    return "not judged" if low is None or high is None else verdict_of(low, high, one.budget)


def verdict_of(low: float, high: float, allowed: float) -> str:
    """Whether an interval of a rate lies within, reaches or exceeds what is allowed, both a year.

    >>> verdict_of(0.02, 0.05, 0.2), verdict_of(0.1, 0.3, 0.2), verdict_of(0.3, 0.5, 0.2)
    ('within', 'not decided', 'above')
    """
    if high <= allowed:
        return "within"
    return "not decided" if low <= allowed else "above"


def tables(found: Sequence[tuple[str, DrillReport, int]]) -> str:
    """The plans as wholes, each kind of chart over all plans, then each chart of each."""
    whole = ["| plan | device-years | allowed a year | false alerts a year (95 % interval) | |",
             "|---|---|---|---|---|"]  # fmt: skip
    each = ["| plan | chart | allowed a year | false alerts a year (95 % interval) | judged, % | |",
            "|---|---|---|---|---|---|"]  # fmt: skip
    for name, report, years in found:
        one = report.whole
        whole.append(f"| {name} | {years} | {one.budget:.3f} | {_rate(one.false_alerts)} "
                     f"| {verdict(one)} |")  # fmt: skip
        each += [
            f"| {name} | {chart.name} | {chart.budget:.3f} | {_rate(chart.false_alerts)} "
            f"| {100.0 * chart.judged:.0f} | {verdict(chart)} |"
            for chart in report.charts
        ]
    return "\n".join([*whole, "", *_pooled(found), "", *each])


def _pooled(found: Sequence[tuple[str, DrillReport, int]]) -> list[str]:
    """A kind of chart over all plans that have it: enough years to be decided by."""
    told = ["| chart | plans | device-years | allowed a year | false alerts a year (95 % interval) "
            "| |", "|---|---|---|---|---|---|"]  # fmt: skip
    kinds: dict[str, list[tuple[ChartFindings, int]]] = {}
    for _, report, years in found:
        for chart in report.charts:
            if chart.false_alerts.value is not None:
                kinds.setdefault(chart.name, []).append((chart, years))
    for name, charts in kinds.items():
        years = sum(of for _, of in charts)
        alerts = sum(round((one.false_alerts.value or 0.0) * of) for one, of in charts)
        allowed = sum(one.budget * of for one, of in charts) / years
        rate = events_per_year(name, alerts, 365 * years)
        low, high = rate.low, rate.high
        assert low is not None and high is not None
        told.append(f"| {name} | {len(charts)} | {years} | {allowed:.3f} | {_rate(rate)} "
                    f"| {verdict_of(low, high, allowed)} |")  # fmt: skip
    return told


def _rate(rate: Estimate) -> str:
    if rate.value is None or rate.low is None or rate.high is None:
        return rate.reason
    return f"{rate.value:.3f} ({rate.low:.3f} to {rate.high:.3f})"


def main() -> int:
    """Watch, print and where asked write the tables; 1 where a rate lies above what is allowed."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--plan", action="append", choices=PLANS)
    asked.add_argument("--years", type=int, default=YEARS)
    asked.add_argument("--sites", type=int, default=1)
    asked.add_argument("--into", type=Path)
    asked.add_argument("--minutes", type=float, default=float("inf"))
    asked.add_argument("--write", action="store_true", help=f"into {PAGE.name}")
    given = asked.parse_args()
    ends, took = time.monotonic() + 60.0 * given.minutes, time.process_time()
    found, above, drawn = [], 0, 0
    for name in given.plan or PLANS:
        kept = Kept.of(given.into, name, plan_digest(name, given.sites))
        known = len(kept.years)
        for year in years_of(name, given.years, kept, sites=given.sites, ends=ends):
            if (year + 1) % 50 == 0:
                print(f"{name}: {year + 1} of {given.years}", file=sys.stderr, flush=True)
        drawn += len(kept.years) - known
        if not kept.years:
            print(f"{name}: no year was watched in time", file=sys.stderr)
            continue
        _, report = findings(name, kept, sites=given.sites)
        above += sum(verdict(one) == "above" for one in (report.whole, *report.charts))
        found.append((name, report, len(kept.years)))
    text = tables(found)
    print(text)
    took = time.process_time() - took
    print(f"\n{drawn} device-years watched, {took / max(drawn, 1):.2f} s of processor time each; "
          f"{above} rates above what is allowed")  # fmt: skip
    if given.write:
        page = PAGE.read_text()
        head, tail = page.split(BEGIN)[0], page.split(END)[1]
        PAGE.write_text(f"{head}{BEGIN}\n{text}\n{END}{tail}")
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
