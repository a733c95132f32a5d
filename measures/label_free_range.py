"""How well the device probably does on studies without truth, under every explanation that their
scores allow; and when the scores alone cannot say.

A changed spread of scores has several explanations that no score tells apart: the score means what
it meant (P(diseased | score) kept), only the prevalence moved (each class scores as before), or the
prevalence stayed and some of the diseased look healthy, or some of the healthy diseased. One number
would silently choose one of them. Scores enter by their rank among the reference's, so any scale
will do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from measures.clusters import Resampling
from measures.estimate import Estimate
from measures.inputs import Numbers, binary_column, number_column, refuse_unequal
from measures.label_free_checks import label_shift
from measures.partial_truth import Parts, Slope, performance_slopes
from measures.proportions import normal_quantile, wilson, wilson_limits
from measures.recalibration import isotonic

__all__ = [
    "EXPLANATIONS", "LearntCells", "PerformanceRange", "explained_performance", "learn_cells",
    "place_scores", "score_edges",
]  # fmt: skip

EXPLANATIONS = ("meaning kept", "prevalence moved", "appearance moved")
MOST_UNSEEN = 0.02
MISFIT = 0.01
_SHARE = 60
_KNOWN = 1e-5
_HARDLY = "the scores hardly tell which prevalence they come from"


@dataclass(frozen=True, slots=True)
class LearntCells:
    """What a labelled reference taught, by bin of the score: studies with and without the finding,
    the chance of the finding, and refits of that chance on resamples. refits: (refits, bins)."""

    sick: Numbers
    well: Numbers
    chance: Numbers
    refits: Numbers

    @property
    def prevalence(self) -> float:
        """Share with the finding."""
        return float(self.sick.sum() / (self.sick.sum() + self.well.sum()))


@dataclass(frozen=True, slots=True)
class _Told:
    value: float
    variance: float


@dataclass(frozen=True, slots=True)
class PerformanceRange:
    """What the scores of a window allow, by measure and explanation.

    n: studies. prevalence: the share with the finding if only the mix of the classes moved.
    distrust: why none of it is to be believed; empty where nothing speaks against it.
    """

    n: int
    prevalence: Estimate
    distrust: tuple[str, ...]
    told: Mapping[str, Mapping[str, _Told]]
    undefined: Mapping[str, str]

    def apart(self, measure: str) -> float:
        """How far the explanations lie apart."""
        values = [one.value for one in self.told.get(measure, {}).values()]
        return max(values) - min(values) if values else math.nan

    def estimate(self, measure: str, *, level: float = 0.95) -> Estimate:
        """The range over all explanations, each with its interval, for what these very studies will
        show. Value: 'meaning kept', or 'prevalence moved' where the scores exclude the reference's
        prevalence."""
        each = {name: self.explained(measure, name, level=level) for name in EXPLANATIONS}
        wrong = [one.reason for one in each.values() if one.value is None]
        if wrong:
            return Estimate.not_estimable(f"estimated_{measure}", wrong[0], n=self.n)
        lows = [one.low for one in each.values() if one.low is not None]
        highs = [one.high for one in each.values() if one.high is not None]
        lead = EXPLANATIONS[1] if self._moved else EXPLANATIONS[0]
        return Estimate(
            f"estimated_{measure}", self.n, each[lead].value, min(lows), max(highs), level,
            "range over three explanations of the scores",
        )  # fmt: skip

    def explained(self, measure: str, explanation: str, *, level: float = 0.95) -> Estimate:
        """The figure under one explanation: Wilson at the effective sample size."""
        name = f"estimated_{measure}"
        found = self.told.get(measure, {}).get(explanation)
        if found is None:
            reason = self.undefined.get(measure) or (self.distrust or ("no study",))[0]
            return Estimate.not_estimable(name, reason, n=self.n)
        if found.variance <= 1e-15 or not 0.0 < found.value < 1.0:
            return Estimate.not_estimable(name, "no spread: its variance is zero", n=self.n)
        size = found.value * (1.0 - found.value) / found.variance
        low, high = wilson_limits(found.value * size, size, level=level)
        return Estimate(name, self.n, found.value, float(low), float(high), level, explanation)

    @property
    def _moved(self) -> bool:
        return self.prevalence.method.endswith("reference's excluded")


def score_edges(truth: ArrayLike, score: ArrayLike) -> Numbers:
    """Where to cut the scores into bins so that their ranks are nearly kept: quantiles of all
    studies and of the diseased.

    truth: 0/1, score: finite, both of shape (studies,). Raises ValueError if malformed.

    >>> score_edges([0, 0, 1], [1.0, 2.0, 3.0]).tolist()
    [1.0, 2.0, 3.0]
    """
    diseased, marks = binary_column("truth", truth), number_column("score", score)
    refuse_unequal(truth=diseased, score=marks)
    heights = np.unique(marks)
    if heights.size <= 2 * _SHARE:
        return np.asarray(heights, np.float64)
    parts = np.linspace(0.0, 1.0, _SHARE + 1)
    cuts = [np.quantile(one, parts, method="inverted_cdf") for one in (marks, marks[diseased])
            if one.size]  # fmt: skip
    return np.unique(np.concatenate(cuts))


def place_scores(edges: ArrayLike, score: ArrayLike) -> Numbers:
    """The bin of each score; bin k holds what lies above edge k - 1, up to edge k. 0 and one beyond
    the last are for scores below and above anything in the reference: bins are counted from 1.

    >>> place_scores([1.0, 2.0], [0.5, 1.0, 1.5, 2.0, 3.0]).tolist()
    [0, 1, 2, 2, 3]
    """
    cuts, marks = number_column("edges", edges), number_column("score", score)
    place = np.searchsorted(cuts, marks, side="left") + 1
    return np.where(marks < cuts[0], 0, place)


def learn_cells(sick: ArrayLike, well: ArrayLike, *, resampling: Resampling) -> LearntCells:
    """The chance of the finding by bin of the score: isotonic, with refits on resamples of studies.

    sick, well: counts by bin, in order of the score, shape (bins,). Raises ValueError where a class
    is missing.

    >>> learn_cells([0, 1, 3], [3, 1, 0], resampling=Resampling(1, 200)).chance.tolist()
    [0.0, 0.5, 1.0]
    """
    ill, fine = number_column("sick", sick), number_column("well", well)
    refuse_unequal(sick=ill, well=fine)
    rng = np.random.default_rng(resampling.seed)
    total = int(ill.sum() + fine.sum())
    chance = _chance(ill, fine)
    refits = []
    both = np.concatenate([ill, fine])
    for drawn in rng.multinomial(total, both / total, size=resampling.replicates):
        one, other = drawn[: ill.size].astype(float), drawn[ill.size :].astype(float)
        if one.sum() and other.sum():
            refits.append(_chance(one, other))
    return LearntCells(ill, fine, chance, np.array(refits))


def explained_performance(learnt: LearntCells, seen: ArrayLike) -> PerformanceRange:
    """What the scores and decisions of a window without truth say of its performance.

    Under each explanation every study counts in part as diseased (as in
    :func:`measures.label_free.expected_performance`). 'Meaning kept': by the reference's chance.
    'Prevalence moved': that chance moved by Bayes to the most likely mix of the reference's two
    classes (Saerens, Neural Comput 2002;14:21). 'Appearance moved': the same scores with the
    reference's own prevalence; what is missing among the diseased scores like the healthy, what is
    too many are healthy studies that score like the diseased. Variance: the truth's own chance, the
    curve's from its refits, the prevalence's.

    seen: counts of studies by bin of :func:`place_scores` and decision, shape (bins + 2, 2). Not to
    be trusted (`distrust`) with fewer than 200 studies on either side, where more than 2 % of the
    scores surely lie outside the reference's, or where no mix of its two classes fits at 1 %.
    Raises ValueError for another shape.

    >>> learnt = learn_cells([20, 40, 60], [200, 60, 20], resampling=Resampling(1, 200))
    >>> found = explained_performance(learnt, [[0, 0], [220, 0], [0, 100], [0, 80], [0, 0]])
    >>> print(found.estimate("sensitivity"))
    estimated_sensitivity 0.833 (95 % interval 0.707 to 0.907, n = 400)
    """
    counts = np.asarray(seen, np.float64)
    bins = learnt.sick.size
    if counts.shape != (bins + 2, 2):
        raise ValueError(f"seen: shape {(bins + 2, 2)} is needed, not {counts.shape}")
    n = int(counts.sum())
    beyond = wilson("unseen", int(counts[0].sum() + counts[-1].sum()), n)
    inside = counts[1:-1].copy()
    inside[0] += counts[0]
    inside[-1] += counts[-1]
    prevalence, fits = _mix(learnt, inside.sum(axis=1))
    doubts = []
    if beyond.low is not None and beyond.low > MOST_UNSEEN:
        doubts.append(
            f"{100 * (beyond.value or 0.0):.1f} % of the scores lie outside those of the reference"
        )
    if prevalence.value is None or prevalence.low is None or prevalence.high is None:
        doubts.append(prevalence.reason)
    elif not _KNOWN < prevalence.low < prevalence.high < 1.0 - _KNOWN:
        doubts.append(_HARDLY)
    if prevalence.value is None or doubts[-1:] == [_HARDLY]:
        return PerformanceRange(n, prevalence, tuple(doubts), {}, {})
    if fits < MISFIT:
        doubts.append("the scores fit no mix of the reference's two classes")
    told, undefined = _each(learnt, inside, prevalence)
    return PerformanceRange(n, prevalence, tuple(doubts), told, undefined)


def _chance(sick: Numbers, well: Numbers) -> Numbers:
    rank = np.arange(sick.size, dtype=np.float64)
    curve = isotonic(
        np.repeat([1, 0], sick.size), np.tile(rank, 2), weights=np.concatenate([sick, well])
    )
    return curve.apply(rank)


def _mix(learnt: LearntCells, seen: Numbers) -> tuple[Estimate, float]:
    """The prevalence that explains the scores, and how well; its method says where it excludes the
    reference's own."""
    rank = np.arange(seen.size) / max(seen.size - 1, 1)
    sick, well = learnt.sick.astype(int), learnt.well.astype(int)
    truth = np.repeat([1, 0], [sick.sum(), well.sum()])
    before = np.concatenate([np.repeat(rank, sick), np.repeat(rank, well)])
    found, test = label_shift(truth, before, np.repeat(rank, seen.astype(int)))
    if found.value is None or found.low is None or found.high is None or test.p_value is None:
        return found, 0.0
    own = learnt.prevalence
    apart = not found.low <= own <= found.high
    method = found.method + (", reference's excluded" if apart else "")
    kept = Estimate(
        "prevalence", found.n, found.value, found.low, found.high, found.level, method
    )
    return kept, float(test.p_value)


def _each(
    learnt: LearntCells, inside: Numbers, prevalence: Estimate
) -> tuple[dict[str, dict[str, _Told]], dict[str, str]]:
    assert prevalence.value is not None and prevalence.low is not None
    assert prevalence.high is not None
    own, z = learnt.prevalence, normal_quantile(prevalence.level)
    error = (_logit(prevalence.high) - _logit(prevalence.low)) / (2.0 * z)
    error = math.hypot(error, 1.0 / math.sqrt(_studies(learnt) * own * (1.0 - own)))
    middle = _logit(prevalence.value)
    found: dict[str, dict[str, _Told]] = {}
    undefined: dict[str, str] = {}
    for name, turn in _TURNS.items():
        at = [_slopes(inside, turn(learnt.chance, own, _share(middle + step)))
              for step in (0.0, -error, error)]  # fmt: skip
        chance = turn(learnt.chance, own, _share(middle))
        refits = turn(learnt.refits, own, _share(middle)) - chance
        for measure, slope in at[0].items():
            if isinstance(slope, str):
                undefined[measure] = slope
                continue
            pull = (slope.diseased - slope.healthy).reshape(inside.shape)
            variance = float(np.sum(inside * pull**2 * (chance * (1.0 - chance))[:, None]))
            variance += float(np.var(refits @ (pull * inside).sum(axis=1)))
            ends = [one[measure] for one in at[1:]]
            if not any(isinstance(one, str) for one in ends):
                low, high = (one.value for one in ends if not isinstance(one, str))
                variance += ((high - low) / 2.0) ** 2
            found.setdefault(measure, {})[name] = _Told(slope.value, variance)
    return {one: each for one, each in found.items() if len(each) == len(_TURNS)}, undefined


def _studies(learnt: LearntCells) -> float:
    return float(learnt.sick.sum() + learnt.well.sum())


def _slopes(inside: Numbers, chance: Numbers) -> dict[str, Slope | str]:
    mass, flagged = inside.ravel(), np.tile([False, True], inside.shape[0])
    each, rank = np.repeat(chance, 2), np.repeat(np.arange(inside.shape[0], dtype=float), 2)
    return performance_slopes(Parts(mass * each, mass * (1.0 - each), flagged, rank))


def _kept(chance: Numbers, _own: float, _now: float) -> Numbers:
    return chance


def _prevalence(chance: Numbers, own: float, now: float) -> Numbers:
    odds = now / (1.0 - now) * (1.0 - own) / own
    return np.asarray(chance * odds / (chance * odds + 1.0 - chance))


def _appearance(chance: Numbers, own: float, now: float) -> Numbers:
    moved = _prevalence(chance, own, now)
    if now <= own:  # those missing among the diseased score like the healthy
        return np.asarray(moved + (1.0 - moved) * (own - now) / (1.0 - now))
    return np.asarray(moved * own / now)


_TURNS: dict[str, Callable[[Numbers, float, float], Numbers]] = dict(
    zip(EXPLANATIONS, (_kept, _prevalence, _appearance), strict=True)
)


def _logit(share: float) -> float:
    return math.log(share / (1.0 - share))


def _share(odds: float) -> float:
    return 0.5 * (1.0 + math.tanh(0.5 * odds))
