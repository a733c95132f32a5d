"""Calibration: data whose logistic recalibration is known, honest or not, common or rare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from benchmarks.coverage_studies.study import Study
from measures.calibration import (
    brier,
    calibration_in_the_large,
    calibration_intercept,
    calibration_slope,
    log_loss,
)
from measures.calibration_error import expected_calibration_error, maximum_calibration_error
from measures.clusters import Resampling
from measures.estimate import Estimate
from measures.inputs import Numbers
from measures.integrated_calibration import integrated_calibration_index
from measures.recalibration import derived_prevalence
from measures.reliability import BrierDecomposition, brier_decomposition

Measure = Callable[[Numbers, Numbers], Estimate]

_FEW = Resampling(seed=1, replicates=200)
_BINS = 5
_AT_LEAST = (0.95, 1.0)


@dataclass(frozen=True)
class _World:
    """Log odds of the score are normal round `middle`; the true ones are a line in them."""

    name: str
    middle: float
    intercept: float
    slope: float

    def draw(self, rng: Generator, n: int) -> tuple[Numbers, Numbers]:
        odds = self.middle + 1.3 * rng.normal(size=n)
        return (rng.random(n) < self.chance(odds)).astype(float), 1.0 / (1.0 + np.exp(-odds))

    def chance(self, odds: Numbers) -> Numbers:
        chance: Numbers = 1.0 / (1.0 + np.exp(-(self.intercept + self.slope * odds)))
        return chance

    def grid(self) -> tuple[Numbers, Numbers, Numbers]:
        """Scores, true chances and masses, fine enough to integrate over."""
        steps = np.linspace(-8.0, 8.0, 200_001)
        mass = np.exp(-(steps**2) / 2.0)
        odds = self.middle + 1.3 * steps
        return 1.0 / (1.0 + np.exp(-odds)), self.chance(odds), mass / mass.sum()


_HONEST = _World("honest, prevalence 0.29", -1.2, 0.0, 1.0)
_RARE = _World("honest, prevalence 0.10", -2.75, 0.0, 1.0)
_EXTREME = _World("too extreme and too low, prevalence 0.44", -1.2, 0.5, 0.7)


def _truths(world: _World) -> dict[str, float]:
    score, chance, mass = world.grid()
    odds = np.log(score / (1.0 - score))
    place = np.minimum((score * _BINS).astype(int), _BINS - 1)
    held = np.bincount(place, mass, _BINS)
    sick, stated = np.bincount(place, mass * chance, _BINS), np.bincount(place, mass * score, _BINS)
    share = float(mass @ chance)
    low, high = -10.0, 10.0
    for _ in range(80):
        middle = (low + high) / 2.0
        less = float(mass @ (1.0 / (1.0 + np.exp(-(odds + middle))))) < share
        low, high = (middle, high) if less else (low, middle)
    apart = sick / held
    return {
        "brier": float(mass @ (chance * (1 - score) ** 2 + (1 - chance) * score**2)),
        "log_loss": -float(mass @ (chance * np.log(score) + (1 - chance) * np.log(1 - score))),
        "calibration_in_the_large": low,
        "calibration_intercept": world.intercept,
        "calibration_slope": world.slope,
        "expected_calibration_error": float(np.abs(sick - stated).sum()),
        "maximum_calibration_error": float((np.abs(sick - stated) / held).max()),
        "integrated_calibration_index": float(mass @ np.abs(chance - score)),
        "derived_prevalence": 1.0 / (1.0 + np.exp(low) * (1.0 - share) / share),
        "brier_reliability": float(((sick - stated) ** 2 / held).sum()),
        "brier_resolution": float((held * (apart - share) ** 2).sum()),
        "brier_uncertainty": share * (1.0 - share),
    }


def _part(which: str) -> Measure:
    def measure(truth: Numbers, score: Numbers) -> Estimate:
        found = brier_decomposition(truth, score, _BINS, resampling=_FEW)
        if not isinstance(found, BrierDecomposition):
            return found
        part: Estimate = getattr(found, which)
        return part

    return measure


def _study(
    world: _World,
    n: int,
    name: str,
    measure: Measure,
    told: tuple[str, tuple[float, float] | None, str],
) -> Study:
    def intervals(rng: Generator, repeats: int) -> tuple[Numbers, Numbers]:
        found = [measure(*world.draw(rng, n)) for _ in range(repeats)]
        low = [np.nan if one.low is None else one.low for one in found]
        high = [np.nan if one.high is None else one.high for one in found]
        return np.array(low), np.array(high)

    method, claimed, note = told
    setting = f"{world.name}, n = {n}"
    return Study(name, method, setting, _truths(world)[name], intervals, claimed, note)


_CLAIMED = (0.93, 0.97)
_WALD = "Wald from the model's own variance: a little short where the slope is not 1"
_SKEWED = "few large losses rule the mean: short with few diseased"


def _plain() -> list[Study]:
    measures: list[tuple[Measure, str]] = [
        (brier, "Wilson at the effective sample size"),
        (log_loss, "Student t"),
        (calibration_in_the_large, "Wald"),
        (calibration_intercept, "Wald"),
        (calibration_slope, "Wald"),
        (derived_prevalence, "delta method, logit"),
    ]
    short = {
        ("log_loss", _RARE, 100): _SKEWED,
        ("calibration_in_the_large", _EXTREME, 500): _WALD,
    }
    found = []
    for measure, method in measures:
        name = measure.__name__
        for world, n in ((_HONEST, 100), (_RARE, 100), (_RARE, 500), (_EXTREME, 500)):
            note = short.get((name, world, n), "")
            told = (method, None if note else _CLAIMED, note)
            found.append(_study(world, n, name, measure, told))
    return found


def _error(truth: Numbers, score: Numbers) -> Estimate:
    return expected_calibration_error(truth, score, _BINS, resampling=_FEW)


def _worst(truth: Numbers, score: Numbers) -> Estimate:
    return maximum_calibration_error(truth, score, _BINS)


def _index(truth: Numbers, score: Numbers) -> Estimate:
    return integrated_calibration_index(truth, score, smoother="logistic", resampling=_FEW)


_FEW_IN_A_BIN = "200 studies leave a handful in the top bins, where chance is not normal"
_SKEWED_MEAN = "basic bootstrap of a mean of absolute values: short with few studies"


def _drawn() -> list[Study]:
    error = "basic bootstrap, debiased, 5 bins"
    worst = "Wilson, simultaneous over 5 bins"
    index = "logistic, basic bootstrap"
    root = "basic bootstrap of the root"
    told: list[tuple[str, Measure, str, _World, tuple[float, float] | None, str]] = [
        ("expected_calibration_error", _error, error, _HONEST, None, _FEW_IN_A_BIN),
        ("expected_calibration_error", _error, error, _EXTREME, None, _SKEWED_MEAN),
        ("maximum_calibration_error", _worst, worst, _HONEST, _AT_LEAST, ""),
        ("maximum_calibration_error", _worst, worst, _EXTREME, _AT_LEAST, ""),
        ("integrated_calibration_index", _index, index, _HONEST, _CLAIMED, ""),
        ("integrated_calibration_index", _index, index, _EXTREME, None, _SKEWED_MEAN),
        ("brier_reliability", _part("reliability"), root, _HONEST, None, _FEW_IN_A_BIN),
        ("brier_reliability", _part("reliability"), root, _EXTREME, _CLAIMED, ""),
        ("brier_resolution", _part("resolution"), root, _EXTREME, _CLAIMED, ""),
        ("brier_uncertainty", _part("uncertainty"), "Wilson, transformed", _EXTREME, _CLAIMED, ""),
    ]
    few = [
        _study(world, 200, name, measure, (method, claimed, note))
        for name, measure, method, world, claimed, note in told
    ]
    name = "expected_calibration_error"
    return [*few, _study(_EXTREME, 800, name, _error, (error, _CLAIMED, ""))]


STUDIES: list[Study] = _plain() + _drawn()
