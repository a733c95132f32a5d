"""How often a year without a change shows a false trend, and how soon a true one is found.

    python -m benchmarks.trend_error                 and write docs/statistics/trend-error.md
    python -m benchmarks.trend_error --years 2000    to the terminal

A year is four quarters of one device: events of each category are Poisson, the grave ones binomial.
The p-values and levels are those of `measures`; that the verdicts are those of `regulatory.trends`
is what tests/proof/test_trend_error.py holds. Baselines that are counted are drawn anew each year.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from measures.estimate import Estimate
from measures.event_excess import conditional_excess, fixed_rate_excess, severity_excess
from measures.multiplicity import holm_levels
from measures.proportions import clopper_pearson

PAGE = Path(__file__).parents[1] / "docs" / "statistics" / "trend-error.md"
ALPHA, QUARTERS, STUDIES = 0.05, 4, 10_000
GRAVE, EARLIER = 0.1, 40
"""The share of grave events, and how many earlier ones it was counted on."""
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Setting:
    """Expected events a quarter by category; counted: how many quarters a baseline counts, 0 where
    the rate is known; times: by how much the first category's rate rises; bare: without the plan's
    least count and ratio; variance: of a category's count over its mean, above 1 for clusters."""

    name: str
    expected: tuple[float, ...]
    counted: int = 0
    times: float = 1.0
    bare: bool = False
    variance: float = 1.0
    grave_times: float = 1.0


QUIET: tuple[Setting, ...] = (
    Setting("one category, 0.1 expected", (0.1,)),
    Setting("three categories, 0.1 to 0.5 expected", (0.1, 0.2, 0.5)),
    Setting("five categories, 2 expected each", (2.0,) * 5),
    Setting("five categories, 20 expected each", (20.0,) * 5),
    Setting("the same, any count and ratio", (20.0,) * 5, bare=True),
    Setting("five categories, 2 each, baseline of 4 quarters", (2.0,) * 5, counted=4),
    Setting("the same, 20 each, any count and ratio", (20.0,) * 5, counted=4, bare=True),
)
CLUSTERS = tuple(
    Setting(f"five categories, 20 each, variance {one:g} times the mean", (20.0,) * 5, variance=one)
    for one in (1.5, 3.0)
)
RISING = tuple(
    Setting(f"{expected:g} expected, {'4 quarters counted' if counted else 'rate known'}",
            (expected,) + (expected,) * 4, counted=counted, times=2.0)
    for counted in (0, 4) for expected in (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Year:
    """Quarters of a simulated year: events and grave ones, and the baselines that were counted.

    events: shape (quarters, categories). before: (categories,). grave: (quarters,).
    """

    events: Counts
    grave: Counts
    before: Counts
    grave_before: int


def drawn(setting: Setting, random: np.random.Generator) -> Year:
    """One year of the setting."""
    mean = np.asarray(setting.expected)
    rates = np.tile(mean, (QUARTERS, 1))
    rates[:, 0] *= setting.times
    if setting.variance > 1:
        shape = rates / (setting.variance - 1)
        rates = random.gamma(shape, setting.variance - 1)
    events = random.poisson(rates)
    share = min(1.0, GRAVE * setting.grave_times)
    return Year(
        events, random.binomial(events.sum(axis=1), share),
        random.poisson(mean * max(setting.counted, 1)), int(random.binomial(EARLIER, GRAVE)),
    )  # fmt: skip


@cache
def _p_fixed(events: int, expected: float) -> float:
    return float(fixed_rate_excess(events, 1.0, expected).p_value or 0.0)


@cache
def _p_counted(events: int, before: int, quarters: int) -> float:
    return float(conditional_excess(events, 1.0, before, float(quarters)).p_value or 0.0)


@cache
def _p_severity(grave: int, total: int, grave_before: int) -> float:
    found = severity_excess(grave, total, grave_before, EARLIER).p_value
    return 1.0 if found is None else float(found)


def trends_of(setting: Setting, year: Year) -> NDArray[np.bool_]:
    """By quarter and question, the severity last: is it a trend? Shape (quarters, k + 1)."""
    k = len(setting.expected)
    share = ALPHA / QUARTERS
    found = np.zeros((QUARTERS, k + 1), dtype=bool)
    for quarter in range(QUARTERS):
        counts = year.events[quarter].tolist()
        p = [
            _p_counted(x, int(m), setting.counted) if setting.counted else _p_fixed(x, mean)
            for x, m, mean in zip(counts, year.before, setting.expected, strict=True)
        ]
        signal = np.asarray(p) <= holm_levels(p, share * k / (k + 1))
        found[quarter, :k] = signal & [
            setting.bare or (x >= 3 and x >= 1.5 * base)
            for x, base in zip(counts, _expected(setting, year), strict=True)
        ]
        grave = _p_severity(int(year.grave[quarter]), sum(counts), year.grave_before)
        found[quarter, k] = grave <= share / (k + 1)
    return found


def _expected(setting: Setting, year: Year) -> list[float]:
    if not setting.counted:
        return list(setting.expected)
    return [float(m) / setting.counted for m in year.before]


def false_years(setting: Setting, years: int, seed: int = 0) -> Estimate:
    """The share of years with any trend, which nothing caused."""
    random = np.random.default_rng([seed, len(setting.name), int(10 * setting.expected[0])])
    hits = sum(bool(trends_of(setting, drawn(setting, random)).any()) for _ in range(years))
    return clopper_pearson(setting.name, hits, years)


def found_by(setting: Setting, years: int, seed: int = 0) -> tuple[Estimate, Estimate]:
    """The share of years in which the rise of the first category is found: at once, and at all."""
    random = np.random.default_rng([seed, 1 + setting.counted, int(10 * setting.expected[0])])
    first = np.array([
        trends_of(setting, drawn(setting, random))[:, 0] for _ in range(years)
    ])  # fmt: skip
    return (clopper_pearson("first quarter", int(first[:, 0].sum()), years),
            clopper_pearson("year", int(first.any(axis=1).sum()), years))  # fmt: skip


def page(years: int, quiet: Sequence[Setting] = QUIET, rising: Sequence[Setting] = RISING) -> str:
    """Both tables."""
    lines = [
        "# False trends, and true ones found", "",
        f"Written by `python -m benchmarks.trend_error`; do not edit. {years} simulated years a "
        f"row, alpha {ALPHA:g} a year, four quarters, a severity question beside the categories.",
        "What is tested and why: [trends](../trends.md).", "",
        "| nothing changes | years with a false trend (95 % interval) |", "|---|---|",
    ]  # fmt: skip
    for each in (*quiet, *CLUSTERS):
        lines.append(f"| {each.name} | {_share(false_years(each, years))} |")
    lines += [
        "", "The last two rows are what alpha does not cover: events in clusters, so that "
        "a count varies more than Poisson's.",
        "", "| the rate of one of five categories doubles | found after one quarter | in a year |",
        "|---|---|---|",
    ]  # fmt: skip
    for one in rising:
        at_once, ever = found_by(one, years)
        lines.append(f"| {one.name} | {_share(at_once)} | {_share(ever)} |")
    lines += ["", "Expected events are of one quarter and one category, before the rise.", ""]
    return "\n".join(lines)


def _share(one: Estimate) -> str:
    if one.value is None or one.low is None or one.high is None:
        return f"not estimable: {one.reason}"
    return f"{100 * one.value:.2f} % ({100 * one.low:.2f} to {100 * one.high:.2f})"


def main() -> None:
    """Print the tables, or write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--years", type=int, default=0)
    given = parser.parse_args()
    text = page(given.years or 20_000)
    if given.years:
        print(text)
    else:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
