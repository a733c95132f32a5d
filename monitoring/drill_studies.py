"""Studies for drills, as summary data without images: of simulated sites, or drawn from a table.

Columns of a draw: `score`, `decision`, `truth` (NaN unknown), `truth_delay` (days until it is
known, NaN never), and facts. Every study is its own patient.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np
from numpy.random import Generator

from imaging.sources.sites import SITES
from monitoring.detectors.base import Column, FloatArray
from monitoring.detectors.rank_cusum import QUALITY_COLUMNS
from monitoring.knob_effects import knob_effects
from monitoring.replay_tables import WatchTable
from records.errors import InvalidInput

__all__ = [
    "FIRST_DAY",
    "LABELS",
    "Rows",
    "SimulatedSites",
    "StudySource",
    "TableResamples",
    "Who",
    "joined",
    "table_of",
]  # fmt: skip

Rows = dict[str, Column]
"""Columns of equal length, one entry a study."""
Who = Callable[[Rows], FloatArray]
"""How much rather each study comes than usual: weights for a draw."""
FIRST_DAY = date(2026, 1, 5)
"""A Monday; what is watched begins here, the reference ends the day before."""
LABELS = ("score", "decision", "truth", "truth_delay", "day")
SENSITIVITY, SPECIFICITY = 0.92, 0.85
NEVER_KNOWN = 0.03
POOL = 6
"""A mix of other patients is chosen from so many times the studies needed."""


class StudySource(Protocol):
    """Where the studies of a drill come from: each draw is independent and nothing has changed."""

    @property
    def sites(self) -> tuple[str, ...]:
        """The sites, in order."""
        ...

    def counts(self, site: str, first: date, days: int, rng: Generator) -> FloatArray:
        """Studies on each of so many days from the first on."""
        ...

    def reference_days(self, site: str) -> int:
        """How many days the reference of the site spans: whole weeks."""
        ...

    def draw(self, site: str, n: int, rng: Generator, *, who: Who | None = None) -> Rows:
        """n studies of a site; who: chosen by these weights."""
        ...


@dataclass(frozen=True)
class SimulatedSites:
    """Hospitals alike in size: correlated skewed image quality, patients and scores of Northfield.

    What finding, projection and age do to image quality is measured
    (:mod:`monitoring.knob_effects`). Scores are binormal in their log odds: at 0.5 the device is
    right for 0.92 of those with and 0.85 of those without the finding. Truth comes after 2 to 10
    days, for 3 % never. numbers: further columns that a plan watches, skewed numbers that depend on
    nothing; probabilities: further columns between 0 and 1; ages: further names of the age.
    """

    sites: tuple[str, ...] = ("East", "North", "South")
    daily_n: int = 20
    reference_n: int = 400
    numbers: tuple[str, ...] = ()
    probabilities: tuple[str, ...] = ()
    ages: tuple[str, ...] = ()

    def counts(
        self, site: str, first: date, days: int, rng: Generator  # noqa: ARG002
    ) -> FloatArray:
        """Poisson numbers of studies, every day alike."""
        return rng.poisson(self.daily_n, days).astype(np.float64)

    def reference_days(self, site: str) -> int:  # noqa: ARG002
        """As many weeks as hold the reference."""
        return 7 * max(-(-self.reference_n // (7 * self.daily_n)), 1)

    def draw(self, site: str, n: int, rng: Generator, *, who: Who | None = None) -> Rows:
        """n studies; chosen by weights among six times as many."""
        if who is None:
            return self._drawn(site, n, rng)
        pool = self._drawn(site, POOL * n, rng)
        return _chosen(pool, n, rng, weights=who(pool), again=False)

    def _drawn(self, site: str, n: int, rng: Generator) -> Rows:
        home = SITES["northfield"]
        truth = (rng.random(n) < home.prevalence).astype(np.float64)
        portable = rng.random(n) < home.portable_share
        age = np.clip(np.round(rng.normal(home.age_mean, home.age_sd, n)), 18.0, 94.0)
        shared = rng.normal(size=(n, 1))
        latent = 0.6 * shared + 0.8 * rng.normal(size=(n, len(QUALITY_COLUMNS)))
        for place, name in enumerate(QUALITY_COLUMNS):
            latent[:, place] += _dependence(name, truth, portable, age)
        centre = np.random.default_rng([1, *site.encode()]).normal(size=len(QUALITY_COLUMNS))
        quality = np.exp(0.4 * latent) + centre
        score = _scores(truth, rng)
        voltage = np.where(portable, home.portable_voltage_kv, home.tube_voltage_kv)
        delay = rng.integers(2, 11, n).astype(np.float64)
        delay[rng.random(n) < NEVER_KNOWN] = np.nan
        return {
            "score": score, "decision": (score >= 0.5).astype(np.float64), "truth": truth,
            "truth_delay": delay,
            **{name: quality[:, place] for place, name in enumerate(QUALITY_COLUMNS)},
            "tube_voltage": np.round(voltage + rng.normal(0.0, 3.0, n), 1), "age": age,
            "sex": _named(rng.random(n) < home.female_share, "F", "M"),
            "view": _named(portable, "AP", "PA"),
            "manufacturer": np.full(n, home.manufacturer, object),
            "model": np.full(n, home.model, object),
            "software": np.full(n, home.software, object),
            **{name: np.exp(0.4 * rng.normal(size=n)) for name in self.numbers},
            **{name: rng.beta(2.0, 5.0, n) for name in self.probabilities},
            **dict.fromkeys(self.ages, age),
        }  # fmt: skip


def _scores(truth: FloatArray, rng: Generator) -> FloatArray:
    from scipy.special import ndtri

    centre = np.where(truth == 1.0, ndtri(SENSITIVITY), ndtri(1.0 - SPECIFICITY))
    odds = centre + rng.normal(size=len(truth))
    return np.asarray(1.0 / (1.0 + np.exp(-odds)), np.float64)


def _dependence(name: str, truth: FloatArray, portable: Column, age: FloatArray) -> FloatArray:
    """What finding, projection and age add to a measure, in SD; zero on average at Northfield."""
    home = SITES["northfield"]
    finding = np.diff(knob_effects("prevalence").shift(name, np.array([0.01, 0.99])))[0] / 0.98
    view = np.diff(knob_effects("portable_share").shift(name, np.array([0.0, 1.0])))[0]
    old = np.diff(knob_effects("age_mean").shift(name, np.array([45.0, 70.0])))[0] / 25.0
    return np.asarray(
        finding * (truth - home.prevalence) + view * (portable - home.portable_share)
        + old * (age - home.age_mean)
    )  # fmt: skip


def _named(chosen: Column, one: str, other: str) -> Column:
    return np.where(chosen, one, other).astype(object)


class TableResamples:
    """Bootstrap resamples of a table: of each site its studies, drawn anew with replacement, and
    the days' volumes, drawn anew among days of the same weekday.

    Reference and watched studies are both resamples of the table, so that neither is known more
    exactly than it would be. Raises InvalidInput where the table holds no whole week.
    """

    def __init__(self, table: WatchTable) -> None:
        self.name, self.sites = table.name, table.sites
        self._rows: dict[str, Rows] = {}
        self._weekdays: dict[str, list[FloatArray]] = {}
        self._days: dict[str, int] = {}
        for site in table.sites:
            at = table.rows_of(site)
            day = table.day[at]
            self._rows[site] = {
                **{name: one[at] for name, one in table.values().items()},
                "truth": table.truth[at], "truth_delay": table.truth_day[at] - day,
            }  # fmt: skip
            daily = np.bincount(day - day[0]).astype(np.float64)
            self._days[site] = 7 * (len(daily) // 7)
            weekday = (day[0] - FIRST_DAY.toordinal() + np.arange(len(daily))) % 7
            self._weekdays[site] = [daily[weekday == one] for one in range(7)]
        if not any(self._days.values()):
            raise InvalidInput(
                f"{table.name}: no site has studies over a whole week.",
                hint="Give a longer table.",
            )

    def counts(self, site: str, first: date, days: int, rng: Generator) -> FloatArray:
        """For each day the volume of one of the table's days of that weekday."""
        start = first.toordinal() - FIRST_DAY.toordinal()
        known = [self._weekdays[site][(start + day) % 7] for day in range(days)]
        return np.array([rng.choice(one) if len(one) else 0.0 for one in known])

    def reference_days(self, site: str) -> int:
        """The whole weeks of the table at this site."""
        return max(self._days[site], 7)

    def draw(self, site: str, n: int, rng: Generator, *, who: Who | None = None) -> Rows:
        """n studies with replacement."""
        rows = self._rows[site]
        return _chosen(rows, n, rng, weights=who(rows) if who else None, again=True)


def _chosen(
    rows: Rows, n: int, rng: Generator, *, weights: FloatArray | None, again: bool
) -> Rows:
    chances = None if weights is None else weights / weights.sum()
    taken = rng.choice(len(rows["truth"]), n, replace=again, p=chances)
    return {name: one[taken] for name, one in rows.items()}


def joined(parts: list[Rows]) -> Rows:
    """The rows of several draws, one after the other."""
    return {name: np.concatenate([one[name] for one in parts]) for name in parts[0]}


def table_of(
    name: str, drawn: Mapping[str, Rows], *, first: date | None = None, days: int = 0
) -> WatchTable:
    """The draws of all sites, each with its `day` (ordinal), as a table that a plan watches.

    first, days: what the table covers, whether or not a study came.
    """
    sites = tuple(sorted(drawn))
    rows = joined([drawn[site] for site in sites])
    site = np.repeat(np.arange(len(sites)), [len(drawn[one]["day"]) for one in sites])
    order = np.lexsort((rows["day"], site))
    day = rows["day"].astype(np.int64)
    known = np.where(np.isnan(rows["truth_delay"]), np.nan, rows["truth"])
    return WatchTable(
        name=name, sites=sites, site=site[order], day=day[order],
        patient=np.full(len(day), -1, np.int64), score=_ordered(rows.get("score"), order),
        decision=_ordered(rows.get("decision"), order), truth=known[order],
        truth_day=np.where(np.isnan(known), np.nan, day + rows["truth_delay"])[order],
        facts={one: values[order] for one, values in rows.items() if one not in LABELS},
        zoned=False, row=np.arange(1, len(day) + 1),
        covers=(first.toordinal(), first.toordinal() + days - 1) if first and days else None,
    )  # fmt: skip


def _ordered(values: Column | None, order: Column) -> FloatArray | None:
    return None if values is None else np.asarray(values[order], np.float64)

