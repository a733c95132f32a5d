"""What each kind of shift does to the studies of a site: to their columns, or to who comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from monitoring.detectors.base import FloatArray
from monitoring.detectors.rank_cusum import QUALITY_COLUMNS
from monitoring.drill_studies import Rows
from monitoring.knob_effects import knob_effects
from records.errors import InvalidInput

__all__ = [
    "Act", "Change", "Prefers", "Usual", "by_knob", "cases", "column_moved", "harder",
    "labelled", "later", "miscalibrated", "missing", "new_level", "noisier", "older", "scanner",
    "sentinel", "share_of", "software", "threshold",
]  # fmt: skip

SENTINEL = 999_999.0
NEW_NAME = "NEW"
"""How a maker, a model or a software version is called that was never there."""


@dataclass(frozen=True)
class Usual:
    """The site before the shift: its rows, and the score from which on the device flags."""

    rows: Rows
    threshold: float
    apart: float

    @classmethod
    def of(cls, rows: Rows) -> Usual:
        """Read off rows without a shift. Scores and truth may be missing."""
        score, decision = rows.get("score"), rows.get("decision")
        if score is None:
            return cls(rows, np.nan, 0.0)
        flagged = np.nanmean(decision) if decision is not None else 0.5
        threshold = float(np.nanquantile(score, 1.0 - flagged, method="higher"))
        known = np.isfinite(rows["truth"]) & np.isfinite(score)
        odds, truth = _odds(score[known]), rows["truth"][known]
        if not 0.0 < truth.sum() < len(truth):
            return cls(rows, threshold, 0.0)
        return cls(rows, threshold, float(odds[truth == 1].mean() - odds[truth == 0].mean()))


@dataclass(frozen=True)
class Act:
    """What a shift works on: rows, how far it is turned at each (shape (rows,)), the site before
    it, the column it was pointed at, and the random numbers."""

    rows: Rows
    size: FloatArray
    usual: Usual
    column: str
    rng: Generator


Change = Callable[[Act], Rows]
Prefers = Callable[[Rows, float, Usual], FloatArray]


def _odds(score: FloatArray) -> FloatArray:
    inside = np.clip(score, 1e-6, 1.0 - 1e-6)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def _rescored(act: Act, odds: FloatArray) -> Rows:
    """With these log odds, and decisions changed where the score crosses the device's threshold."""
    rows = dict(act.rows)
    before = rows["score"]
    rows["score"] = 1.0 / (1.0 + np.exp(-odds))
    if "decision" in rows:
        was, now = before >= act.usual.threshold, rows["score"] >= act.usual.threshold
        called = np.isfinite(rows["decision"]) & (was != now)
        rows["decision"] = np.where(called, now.astype(np.float64), rows["decision"])
    return rows


def _moved(act: Act, name: str, shift: FloatArray, spread: FloatArray | float = 1.0) -> FloatArray:
    """A column moved and widened by SDs of the site before; of numbers only."""
    usual = act.usual.rows[name]
    known = usual[np.isfinite(usual)]
    low, middle, high = np.quantile(known, [0.158655, 0.5, 0.841345])
    sd = (high - low) / 2.0 or float(known.std()) or 1.0  # a sentinel does not widen it
    return np.asarray(middle + spread * (act.rows[name] - middle) + shift * sd, np.float64)


def _closer(act: Act, kept: FloatArray) -> Rows:
    """Diseased and healthy keep this share of their distance; each falls half of it short."""
    if "score" not in act.rows:
        return act.rows
    step = (1.0 - kept) * act.usual.apart / 2.0
    towards = np.select([act.rows["truth"] == 1.0, act.rows["truth"] == 0.0], [-step, step], 0.0)
    if not towards.any():
        return act.rows
    return _rescored(act, _odds(act.rows["score"]) + towards)


def by_knob(knob: str) -> Change:
    """Image quality as a knob of the simulator changes it, and the scores as far as measured."""
    def change(act: Act) -> Rows:
        effects = knob_effects(knob)
        rows = dict(act.rows)
        for name in QUALITY_COLUMNS:
            if name in rows:
                rows[name] = _moved(
                    act, name, effects.shift(name, act.size), effects.spread(name, act.size)
                )
        if knob == "kilovolts_less" and "tube_voltage" in rows:
            rows["tube_voltage"] = rows["tube_voltage"] - act.size
        seen = Act(rows, act.size, act.usual, act.column, act.rng)
        return _closer(seen, effects.separation(act.size))

    return change


def scanner(act: Act) -> Rows:
    """This share of the studies comes from a machine of another maker."""
    new = act.rng.random(len(act.size)) < act.size
    effects = knob_effects("scanner")
    rows = dict(act.rows)
    for name in QUALITY_COLUMNS:
        if name in rows:
            one = np.ones(len(new))
            there = _moved(act, name, effects.shift(name, one), effects.spread(name, one))
            rows[name] = np.where(new, there, rows[name])
    for name in ("manufacturer", "model", "model_name", "software"):
        if name in rows:
            rows[name] = np.where(new, NEW_NAME, rows[name]).astype(object)
    return rows


def software(act: Act) -> Rows:
    """The scores move, and the software is called by a new name."""
    rows = _rescored(act, _odds(act.rows["score"]) + act.size)
    if "software" in rows:
        rows["software"] = np.where(act.size != 0.0, NEW_NAME, rows["software"]).astype(object)
    return rows


def noisier(act: Act) -> Rows:
    """Scores scatter by so much more, in SD of their log odds."""
    return _rescored(act, _odds(act.rows["score"]) + act.size * act.rng.normal(size=len(act.size)))


def miscalibrated(act: Act) -> Rows:
    """Log odds times a slope about the threshold: decisions stay, probabilities do not."""
    centre = _odds(np.full(1, act.usual.threshold))[0]
    odds = centre + act.size * (_odds(act.rows["score"]) - centre)
    return dict(act.rows) | {"score": 1.0 / (1.0 + np.exp(-odds))}


def threshold(act: Act) -> Rows:
    """Flags from another score on; the scores stay."""
    moved = _odds(np.full(1, act.usual.threshold))[0] + act.size
    rows = dict(act.rows)
    was = rows["score"] >= act.usual.threshold
    now = _odds(rows["score"]) >= moved
    called = np.isfinite(rows["decision"]) & (was != now)
    rows["decision"] = np.where(called, now.astype(np.float64), rows["decision"])
    return rows


def harder(act: Act) -> Rows:
    """The diseased score lower, as far as subtler findings did in the simulator."""
    effects = knob_effects("subtler")
    kept, step = effects.separation(act.size), act.usual.apart
    fall = np.where(act.rows["truth"] == 1.0, (1.0 - kept) * step, 0.0)
    return _rescored(act, _odds(act.rows["score"]) - fall)


def labelled(act: Act) -> Rows:
    """This share of the healthy is said to have the finding."""
    truth = act.rows["truth"]
    wrong = (truth == 0.0) & (act.rng.random(len(truth)) < act.size)
    return dict(act.rows) | {"truth": np.where(wrong, 1.0, truth)}


def later(act: Act) -> Rows:
    """The truth is known so many days later."""
    return dict(act.rows) | {"truth_delay": act.rows["truth_delay"] + np.round(act.size)}


def missing(act: Act) -> Rows:
    """This share of a column is empty."""
    values, gone = act.rows[act.column], act.rng.random(len(act.size)) < act.size
    left = values.copy()
    left[gone] = None if values.dtype == object else np.nan
    return dict(act.rows) | {act.column: left}


def sentinel(act: Act) -> Rows:
    """This share of a column holds 999999, as where nothing was known."""
    values, wrong = act.rows[act.column], act.rng.random(len(act.size)) < act.size
    entered = values.copy()
    entered[wrong] = str(int(SENTINEL)) if values.dtype == object else SENTINEL
    return dict(act.rows) | {act.column: entered}


def column_moved(act: Act) -> Rows:
    """A column of numbers moves by so many SDs of the site before."""
    values = act.rows[act.column]
    if values.dtype != object:
        return dict(act.rows) | {act.column: _moved(act, act.column, act.size)}
    raise InvalidInput(f"--column {act.column}: it holds names.", hint="Use new_level for names.")


def new_level(act: Act) -> Rows:
    """This share of a column of names holds one that was never there."""
    values, new = act.rows[act.column], act.rng.random(len(act.size)) < act.size
    if values.dtype != object:
        raise InvalidInput(f"--column {act.column}: it holds numbers.", hint="Use column for them.")
    return dict(act.rows) | {act.column: np.where(new, NEW_NAME, values).astype(object)}


def cases(rows: Rows, share: float, usual: Usual) -> FloatArray:
    """So that this share has the finding, among those whose truth is known; the others as usual."""
    was = float(np.nanmean(usual.rows["truth"]))
    if not 0.0 < was < 1.0:
        raise InvalidInput("prevalence: studies with and without the finding are needed.")
    odds = [share / was, (1.0 - share) / (1.0 - was)]
    return np.select([rows["truth"] == 1.0, rows["truth"] == 0.0], odds, 1.0)


def older(rows: Rows, years: float, usual: Usual) -> FloatArray:
    """Exponential weights that move the mean age by so many years, of an age that is normal."""
    spread = float(np.nanvar(usual.rows["age"])) or 1.0
    middle = float(np.nanmean(usual.rows["age"]))
    away = np.nan_to_num(rows["age"] - middle)
    return np.exp(np.clip(years * away / spread, -20.0, 20.0))


def share_of(column: str, level: str) -> Prefers:
    """So that this share of the studies has the level."""
    def weights(rows: Rows, share: float, usual: Usual) -> FloatArray:
        was = float(np.mean(usual.rows[column] == level))
        if not 0.0 < was < 1.0:
            raise InvalidInput(
                f"{column}: studies with and without '{level}' are needed to change their mix."
            )
        return np.where(rows[column] == level, share / was, (1.0 - share) / (1.0 - was))

    return weights
