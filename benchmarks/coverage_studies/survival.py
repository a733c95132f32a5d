"""Time to event: C-indices, AUC, Brier score, observed share and its ratio to the predicted one.

The risk takes one of 201 values (quantiles of a normal), times are exponential, proportional
hazards, censoring exponential: so every truth is a finite sum.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from benchmarks.coverage_studies.study import Intervals, Study
from measures.estimate import Estimate
from measures.follow_up import event_chance
from measures.horizon_calibration import brier_at_horizon, observed_to_expected
from measures.inputs import Numbers
from measures.time_to_event import auc_at_horizon, harrell_c, uno_c

VALUES, HORIZON = 201, 1.0
Measure = Callable[[Numbers, Numbers, Numbers, Numbers], Estimate]


def risks() -> Numbers:
    """The values of the risk, standard normal."""
    from scipy.special import ndtri

    return np.asarray(ndtri((np.arange(VALUES) + 0.5) / VALUES), dtype=np.float64)


def hazards(base: float) -> Numbers:
    """Events per unit of time at each risk."""
    return base * np.exp(risks())


def ordered(weight: Numbers) -> float:
    """Share of the weight of pairs (first, second) in which the first has the higher risk."""
    risk = risks()
    right = (np.sign(risk[:, None] - risk[None, :]) + 1.0) / 2.0
    return float((weight * right).sum() / weight.sum())


def truths(base: float, censored: float) -> dict[str, float]:
    """What each measure should cover, at a base hazard and a rate of censoring."""
    hazard = hazards(base)
    first, both = hazard[:, None], hazard[:, None] + hazard[None, :]
    by = 1.0 - np.exp(-hazard * HORIZON)
    chance = np.clip(1.2 * by, 0.0, 1.0)  # a device that predicts a fifth too much
    return {
        "harrell_c": ordered(first / (both + 2.0 * censored)),
        "uno_c": ordered(first / both * (1.0 - np.exp(-both * HORIZON))),
        "auc_at_horizon": ordered(by[:, None] * (1.0 - by)[None, :]),
        "brier_at_horizon": float(np.mean(by * (1.0 - chance) ** 2 + (1.0 - by) * chance**2)),
        "event_chance": float(by.mean()),
        "observed_to_expected": float(by.mean() / chance.mean()),
    }


MEASURES: dict[str, tuple[str, Measure]] = {
    "harrell_c": ("infinitesimal jackknife, logit", lambda t, e, r, _: harrell_c(t, e, r)),
    "uno_c": (
        "infinitesimal jackknife, logit",
        lambda t, e, r, _: uno_c(t, e, r, horizon=HORIZON),
    ),
    "auc_at_horizon": (
        "infinitesimal jackknife, logit",
        lambda t, e, r, _: auc_at_horizon(t, e, r, horizon=HORIZON),
    ),
    "brier_at_horizon": (
        "Wilson at the effective size",
        lambda t, e, _, c: brier_at_horizon(t, e, c, horizon=HORIZON),
    ),
    "event_chance": ("Rothman-Wilson", lambda t, e, *_: event_chance(t, e, horizon=HORIZON)),
    "observed_to_expected": (
        "Rothman-Wilson over the mean",
        lambda t, e, _, c: observed_to_expected(t, e, c, horizon=HORIZON),
    ),
}


def limits_of(measure: Measure, n: int, base: float, censored: float) -> Intervals:
    """One estimate a drawn cohort."""

    def intervals(rng: Generator, repeats: int) -> tuple[Numbers, Numbers]:
        risk, hazard, limits = risks(), hazards(base), np.full((repeats, 2), np.nan)
        for repeat in range(repeats):
            which = rng.integers(0, VALUES, n)
            came = rng.exponential(1.0 / hazard[which])
            left = rng.exponential(1.0 / censored, n) if censored else np.full(n, 1e6)
            chance = np.clip(1.2 * (1.0 - np.exp(-hazard[which] * HORIZON)), 0.0, 1.0)
            event = (came <= left).astype(np.float64)
            found = measure(np.minimum(came, left), event, risk[which], chance)
            if found.low is not None and found.high is not None:
                limits[repeat] = found.low, found.high
        return limits[:, 0], limits[:, 1]

    return intervals


SETTINGS = [(60, 0.3, 0.3), (60, 0.1, 0.3), (200, 0.3, 0.0), (200, 0.3, 1.0), (200, 0.05, 0.3)]
FEW_EVENTS = "fewer than 15 events before the horizon: too short"
FIXED = "takes the predictions as known: too wide where they separate patients well"


def study(name: str, n: int, base: float, censored: float) -> Study:
    """One row of the table."""
    method, measure = MEASURES[name]
    true = truths(base, censored)
    few = name in ("uno_c", "auc_at_horizon") and n * true["event_chance"] < 15.0
    note = FEW_EVENTS if few else FIXED if name == "observed_to_expected" else ""
    return Study(
        name, method,
        f"{n} patients, {100 * true['event_chance']:.0f} % with the event by the horizon, "
        f"{100 * (1 - np.exp(-censored)):.0f} % censored before",
        true[name], limits_of(measure, n, base, censored),
        claimed=None if note else (0.93, 0.97), note=note,
    )  # fmt: skip


STUDIES = [study(name, *setting) for name in MEASURES for setting in SETTINGS]
