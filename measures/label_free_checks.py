"""When not to trust an estimate made without truth.

Scores alone cannot tell a shift of prevalence from harmless change, nor see at all that a disease
looks different: these checks catch what can be caught, and the last one, once truth arrives, the
rest. An estimate that fails one is not to be quoted without saying so.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from measures.calibration import ONE_CLASS, calibration_slope, one_class, truth_and_probability
from measures.estimate import Estimate
from measures.inputs import Numbers, binary_column, probability_column, refuse_unequal
from measures.label_free import LabelledReference
from measures.partial_truth import Parts, performance_slopes
from measures.proportions import normal_quantile, wilson
from measures.recalibration import isotonic
from measures.significance import SignificanceTest

__all__ = [
    "calibration_helps",
    "held_out_slope",
    "label_shift",
    "outside_reference",
    "realised_against_expected",
    "score_shift",
]

_GROUPS = 10
_FEWEST = 200


def outside_reference(
    reference: LabelledReference, score: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """Share of studies scored beyond anything the reference has seen, where the curve is a guess.

    score: probability, shape (studies,). Not estimable without a study. Raises ValueError if
    malformed.

    >>> from measures.recalibration import IsotonicCurve
    >>> seen = LabelledReference(IsotonicCurve((0.2, 0.8), (0.0, 1.0)), (), 0.2, 0.8, 100)
    >>> outside_reference(seen, [0.1, 0.5, 0.6, 0.7]).value
    0.25
    """
    marks = probability_column("score", score)
    beyond = int(np.count_nonzero((marks < reference.lowest) | (marks > reference.highest)))
    return wilson("outside_reference", beyond, marks.size, level=level)


def score_shift(reference: ArrayLike, current: ArrayLike) -> SignificanceTest:
    """Whether the scores are spread differently from the reference at all. If not, an unchanged
    estimate says little: a concept drift leaves the scores where they were.

    Two-sample Kolmogorov-Smirnov. reference, current: probabilities, each of its own length. No
    statistic when either has no study. Raises ValueError if malformed.

    >>> score_shift(np.linspace(0, 1, 50), np.linspace(0, 0.4, 50)).p_value < 0.001
    True
    """
    from scipy.stats import ks_2samp

    one, other = probability_column("reference", reference), probability_column("current", current)
    name, n = "two-sample Kolmogorov-Smirnov", one.size + other.size
    if min(one.size, other.size) == 0:
        return SignificanceTest(name, n, reason="no study in one of the two")
    found = ks_2samp(one, other)
    return SignificanceTest(name, n, float(found.statistic), None, float(found.pvalue))


def label_shift(
    truth: ArrayLike, score: ArrayLike, current: ArrayLike, *, level: float = 0.95
) -> tuple[Estimate, SignificanceTest]:
    """Whether a changed prevalence explains the new scores, and which: if it does, the estimate
    made without truth is wrong, for P(diseased | score) has changed with it.

    Label shift means that each class scores as before and only their mix changed. The prevalence is
    the most likely mix of the reference's two classes (Saerens, Neural Comput 2002;14:21) over
    tenths of the reference's scores, with a Wald interval on the logit scale; the test asks whether
    any mix fits (chi-square). Both allow for the reference's own chance. Read both:
    a mix that fits and a prevalence off the reference's is label shift; no mix that fits is some
    other change.

    truth: 0/1 and score: probability of the reference, current: new scores. Not estimable, and no
    statistic, with one class, fewer than 200 studies in either, or classes that score alike.
    Raises ValueError if malformed.

    >>> rng = np.random.default_rng(1)
    >>> truth = rng.random(4000) < 0.2
    >>> score = 1 / (1 + np.exp(-(2 * truth - 1 + rng.normal(size=4000))))
    >>> new = 1 / (1 + np.exp(-(2 * (rng.random(2000) < 0.5) - 1 + rng.normal(size=2000))))
    >>> found, fits = label_shift(truth, score, new)
    >>> found.low < 0.5 < found.high, fits.p_value > 0.01
    (True, True)
    """
    from scipy.special import chdtrc

    diseased, marks = truth_and_probability(truth, score)
    new = probability_column("current", current)
    name = "label shift, chi-square of the best mix"
    edges = (
        np.unique(np.quantile(marks, np.linspace(0.0, 1.0, _GROUPS + 1)[1:-1]))
        if marks.size
        else marks
    )
    sick, well, seen = (
        np.bincount(np.searchsorted(edges, column), minlength=edges.size + 1).astype(np.float64)
        for column in (marks[diseased], marks[~diseased], new)
    )
    reason = ""
    if one_class(diseased):
        reason = ONE_CLASS
    elif min(marks.size, new.size) < _FEWEST:
        reason = f"fewer than {_FEWEST} studies in the reference or now"
    elif edges.size < 3:
        reason = "the reference has too few different scores"
    if reason:
        return (
            Estimate.not_estimable("prevalence_by_label_shift", reason, n=new.size),
            SignificanceTest(name, new.size, reason=reason),
        )
    as_sick, as_well = (sick + 0.5) / (sick + 0.5).sum(), (well + 0.5) / (well + 0.5).sum()
    share = _best_mix(as_sick, as_well, seen)
    mixed = share * as_sick + (1.0 - share) * as_well
    own = share**2 * as_sick / sick.sum() + (1.0 - share) ** 2 * as_well / well.sum()
    spread = new.size * mixed + new.size**2 * own
    chi = float(np.sum((seen - new.size * mixed) ** 2 / spread))
    freedom = seen.size - 2
    test = SignificanceTest(name, new.size, chi, freedom, float(chdtrc(freedom, chi)))
    return _mix_estimate((share, level), (as_sick, as_well), spread, new.size), test


def calibration_helps(truth: ArrayLike, score: ArrayLike, *, seed: int) -> bool:
    """Whether an isotonic curve makes the scores more honest on studies that it was not fitted to;
    if not, take the scores as they are.

    Ten stratified hold-outs of a tenth (scikit-learn's StratifiedShuffleSplit); the expected
    calibration error over ten equally full groups of all held-out studies, before and after.
    NannyML's rule. truth: 0/1, score: probability, both of shape (studies,). False with one class
    only. Raises ValueError if malformed or with fewer than 20 studies.

    >>> rng = np.random.default_rng(1)
    >>> score = rng.random(1000)
    >>> calibration_helps(rng.random(1000) < score**2, score, seed=42)
    True
    """
    from sklearn.model_selection import StratifiedShuffleSplit

    diseased, marks = truth_and_probability(truth, score)
    if marks.size < 20:
        raise ValueError(f"score: {marks.size} studies are too few to hold some out")
    if min(int(diseased.sum()), int((~diseased).sum())) < 2:
        return False
    splits = StratifiedShuffleSplit(n_splits=10, test_size=0.1, random_state=seed)
    sick, before, after = [], [], []
    for fitted, held in splits.split(marks, diseased):
        sick.append(diseased[held].astype(np.float64))
        before.append(marks[held])
        after.append(isotonic(diseased[fitted], marks[fitted]).apply(marks[held]))
    told = np.concatenate(sick)
    return _error(told, np.concatenate(before)) > _error(told, np.concatenate(after))


def held_out_slope(
    truth: ArrayLike, score: ArrayLike, *, folds: int = 5, seed: int, level: float = 0.95
) -> Estimate:
    """Whether the reference's own curve holds on reference studies it was not fitted to: the
    calibration slope over folds. Far from 1, the reference is too small for this method.

    truth: 0/1, score: probability, both of shape (studies,). Not estimable with one class or where
    the slope is not. Raises ValueError if malformed or with fewer than two studies a fold.

    >>> rng = np.random.default_rng(1)
    >>> score = rng.random(3000)
    >>> found = held_out_slope(rng.random(3000) < score, score, seed=1)
    >>> found.low < 1.0 < found.high
    True
    """
    diseased, marks = truth_and_probability(truth, score)
    if folds < 2 or marks.size < 2 * folds:
        raise ValueError(f"folds: {folds} folds of {marks.size} studies are not possible")
    if min(int(diseased.sum()), int((~diseased).sum())) < folds:
        return Estimate.not_estimable("held_out_slope", ONE_CLASS, n=marks.size)
    # Folds share out each class, so that no curve is fitted without one.
    order = np.random.default_rng(seed).permutation(marks.size)
    order = order[np.argsort(diseased[order], kind="stable")]
    fold = np.empty(marks.size, dtype=np.intp)
    fold[order] = np.arange(marks.size) % folds
    chance = np.empty(marks.size)
    for at in range(folds):
        held = fold == at
        chance[held] = isotonic(diseased[~held], marks[~held]).apply(marks[held])
    # A pool of one class says 0 or 1; so few studies cannot mean so sure.
    edge = 1.0 / (marks.size + 2.0)
    found = calibration_slope(diseased, np.clip(chance, edge, 1.0 - edge), level=level)
    if found.value is None or found.low is None or found.high is None:
        return Estimate.not_estimable("held_out_slope", found.reason, n=found.n)
    return Estimate(
        "held_out_slope", found.n, found.value, found.low, found.high, level, f"{folds} folds, Wald"
    )


def realised_against_expected(
    truth: ArrayLike, chance: ArrayLike, score: ArrayLike, decision: ArrayLike
) -> dict[str, SignificanceTest]:
    """Once truth arrives: did the device do as was expected without it? If not, the score has
    changed its meaning, and every later estimate on this reference is void.

    For each measure, realised minus expected over the error that the truth's own chance allows,
    normal and two-sided. chance: the calibrated probability, score: for the ranking, truth and
    decision: 0/1, all of shape (studies,). No statistic where a measure is undefined or has no
    spread. Raises ValueError if malformed.

    >>> rng = np.random.default_rng(1)
    >>> score = rng.random(500)
    >>> found = realised_against_expected(rng.random(500) < score, score, score, score > 0.5)
    >>> found["accuracy"].p_value > 0.01
    True
    """
    diseased, stated = truth_and_probability(truth, chance)
    marks, flagged = probability_column("score", score), binary_column("decision", decision)
    refuse_unequal(truth=diseased, score=marks, decision=flagged)
    sick = diseased.astype(np.float64)
    expected = performance_slopes(Parts(stated, 1.0 - stated, flagged, marks))
    realised = performance_slopes(Parts(sick, 1.0 - sick, flagged, marks))
    found = {}
    for name, slope in expected.items():
        test, got = f"{name}, realised against expected", realised[name]
        if isinstance(slope, str) or isinstance(got, str):
            reason = slope if isinstance(slope, str) else str(got)
            found[name] = SignificanceTest(test, marks.size, reason=reason)
            continue
        variance = float((slope.diseased - slope.healthy) ** 2 @ (stated * (1.0 - stated)))
        if variance <= 1e-15:
            found[name] = SignificanceTest(test, marks.size, reason="no spread is expected")
            continue
        z = (got.value - slope.value) / math.sqrt(variance)
        p = math.erfc(abs(z) / math.sqrt(2.0))
        found[name] = SignificanceTest(test, marks.size, z, None, p)
    return found


def _best_mix(as_sick: Numbers, as_well: Numbers, seen: Numbers) -> float:
    from scipy.optimize import minimize_scalar

    def surprise(share: float) -> float:
        return -float(seen @ np.log(share * as_sick + (1.0 - share) * as_well))

    return float(minimize_scalar(surprise, bounds=(1e-6, 1.0 - 1e-6), method="bounded").x)


def _mix_estimate(
    share_and_level: tuple[float, float],
    classes: tuple[Numbers, Numbers],
    spread: Numbers,
    n: int,
) -> Estimate:
    share, level = share_and_level
    name, apart = "prevalence_by_label_shift", classes[0] - classes[1]
    told = float(n**2 * np.sum(apart**2 / spread))
    if told <= 1e-9 or not 0.001 < share < 0.999:
        return Estimate.not_estimable(name, "no mix of the two classes strictly inside fits", n=n)
    error = 1.0 / math.sqrt(told) / (share * (1.0 - share))
    z = normal_quantile(level)
    middle = math.log(share / (1.0 - share))
    low, high = (0.5 * (1.0 + math.tanh(0.5 * (middle + s * error))) for s in (-z, z))
    return Estimate(name, n, share, low, high, level, "most likely mix, Wald on the logit scale")


def _error(sick: Numbers, chance: Numbers) -> float:
    order = np.argsort(chance)
    width = sick.size // _GROUPS
    starts = np.arange(_GROUPS) * width
    off = np.add.reduceat((sick - chance)[order], starts)
    return float(np.abs(off).sum()) / sick.size
