"""Lesions found against false alarms per image: the free-response curve and what is quoted of it.

Several lesions are of one patient, so intervals draw or compare patients, never lesions (Bandos
and Obuchowski, Stat Methods Med Res 2019;28:1808). Matching is in :mod:`measures.detection`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.bootstrap import expanded_limits, patient_draws
from measures.clustered import clustered
from measures.clusters import Resampling, patient_codes
from measures.detection import Matched
from measures.estimate import Estimate
from measures.inputs import Numbers, number_column
from measures.proportions import wilson_limits

__all__ = [
    "FrocCurve",
    "froc_curve",
    "froc_score",
    "lesion_sensitivity",
    "sensitivity_at_false_positives",
]

_UNDEFINED_ALLOWED = 0.05  # share of resamples without a lesion
_NO_LESION = "no true lesion in these images"
_LUNA16 = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True, slots=True)
class FrocCurve:
    """The free-response ROC curve, from nothing marked to every candidate.

    threshold: descending, the first infinite; a candidate counts when score >= threshold.
    false_positives: per image. sensitivity: share of lesions found. All of shape (points,).
    """

    threshold: Numbers
    false_positives: Numbers
    sensitivity: Numbers


def froc_curve(matched: Matched) -> FrocCurve:
    """Share of lesions found, and false positives per image, at every threshold.

    Raises ValueError without an image or without a lesion.

    >>> from measures.detection import ImageMarks, MatchRule, match
    >>> image = ImageMarks([[1, 1], [9, 9]], [0.9, 0.4], [[1, 2], [5, 5]])
    >>> curve = froc_curve(match([image], MatchRule("distance", 2.0)))
    >>> curve.sensitivity.tolist(), curve.false_positives.tolist()
    ([0.0, 0.5, 0.5], [0.0, 0.0, 1.0])
    """
    if matched.images == 0:
        raise ValueError("no image to count false positives in")
    if matched.found_at.size == 0:
        raise ValueError(_NO_LESION)
    ranked = _Ranked.of(matched, np.zeros(matched.images, dtype=np.intp))
    false, hits = ranked.counted(np.ones((1, 1)))
    return FrocCurve(
        np.r_[np.inf, ranked.score[ranked.ends]],
        false[0] / matched.images, hits[0] / matched.found_at.size,
    )  # fmt: skip


def lesion_sensitivity(
    matched: Matched, threshold: float, *, patients: ArrayLike, level: float = 0.95
) -> Estimate:
    """Share of true lesions that the device marks at its threshold, with an interval that respects
    that lesions of one patient resemble each other.

    The ratio estimator of :func:`measures.clustered.clustered`. patients: one per image, shape
    (images,). n is the number of lesions. Not estimable without a lesion or with lesions of one
    patient only. Raises ValueError for a patient column that does not fit, or a NaN threshold.

    >>> from measures.detection import ImageMarks, MatchRule, match
    >>> images = [ImageMarks([[1, 1]], [0.9], [[1, 2], [5, 5]]), ImageMarks([], [], [[3, 3]])]
    >>> found = lesion_sensitivity(match(images, MatchRule("distance", 2)), 0.5, patients=[1, 2])
    >>> round(found.value, 3), found.n
    (0.333, 3)
    """
    if np.isnan(threshold):
        raise ValueError("threshold: must be a number")
    codes = _patients_of(matched, patients)
    if matched.found_at.size == 0:
        return Estimate.not_estimable("lesion_sensitivity", _NO_LESION, n=0)
    found = clustered(
        "sensitivity", np.ones(matched.found_at.size), matched.found_at >= threshold,
        patients=codes[matched.lesion_image], level=level,
    )  # fmt: skip
    return dataclasses.replace(found, measure="lesion_sensitivity")


def sensitivity_at_false_positives(
    matched: Matched,
    rates: Sequence[float],
    *,
    patients: ArrayLike,
    resampling: Resampling,
    level: float = 0.95,
) -> tuple[Estimate, ...]:
    """Share of lesions found when the device may give so many false positives per image, one
    estimate a rate.

    The threshold is the lowest at which there are no more than that (nothing is interpolated, so
    the point can be set); where all candidates together give fewer, it is the share that they
    find. The threshold is chosen anew in each resample of patients, for its choice is part of the
    uncertainty. With no spread between resamples: Wilson on as many lesions as patients have any.

    rates: false positives per image, finite, not negative. patients: one per image. n is the
    number of lesions. Not estimable without a lesion, with lesions of one patient only, or when
    over 5 % of resamples have none. Raises ValueError if malformed.

    >>> from measures.detection import ImageMarks, MatchRule, match
    >>> images = [ImageMarks([[1, 1], [9, 9]], [0.9, 0.4], [[1, 2]]),
    ...           ImageMarks([[7, 7]], [0.6], [[3, 3]]), ImageMarks([], [], [])]
    >>> found, = sensitivity_at_false_positives(match(images, MatchRule("distance", 2)), [0.5],
    ...                                         patients=[1, 2, 3], resampling=Resampling(1))
    >>> found.value, found.n, found.measure
    (0.5, 2, 'lesion_sensitivity_at_0.5_false_positives')
    """
    names = [f"lesion_sensitivity_at_{rate:g}_false_positives" for rate in rates]
    return _resampled(matched, rates, np.eye(len(names)), names, (patients, resampling, level))


def froc_score(
    matched: Matched,
    rates: Sequence[float] = _LUNA16,
    *,
    patients: ArrayLike,
    resampling: Resampling,
    level: float = 0.95,
) -> Estimate:
    """The average share of lesions found over several rates of false positives per image.

    Rates as in LUNA16 (1/8 to 8; Setio et al., Med Image Anal 2017;42:1) unless others are given.
    Everything else as :func:`sensitivity_at_false_positives`.

    >>> from measures.detection import ImageMarks, MatchRule, match
    >>> images = [ImageMarks([[1, 1], [9, 9]], [0.9, 0.4], [[1, 2]]),
    ...           ImageMarks([[3, 3]], [0.6], [[3, 3]]), ImageMarks([], [], [])]
    >>> froc_score(match(images, MatchRule("distance", 2)), patients=[1, 2, 3],
    ...            resampling=Resampling(1)).method
    'Wilson on 2 patients (all resamples agree)'
    """
    mean = np.full((len(rates), 1), 1.0 / max(len(rates), 1))
    return _resampled(matched, rates, mean, ["froc_score"], (patients, resampling, level))[0]


@dataclass(frozen=True, slots=True)
class _Ranked:
    """Candidates from the highest score down. ends: the last of each group of equal scores."""

    score: Numbers
    patient: NDArray[np.intp]
    hit: NDArray[np.bool_]
    ends: NDArray[np.intp]

    @classmethod
    def of(cls, matched: Matched, codes: NDArray[np.intp]) -> _Ranked:
        order = np.argsort(-matched.score, kind="stable")
        score = matched.score[order]
        ends = np.flatnonzero(np.r_[score[1:] != score[:-1], [True] * bool(score.size)])
        return cls(score, codes[matched.image[order]], matched.lesion[order] >= 0, ends)

    def counted(self, times: Numbers) -> tuple[Numbers, Numbers]:
        """False positives and lesions found at each threshold; times: (resamples, patients)."""
        weights = times[:, self.patient]
        start = np.zeros((len(times), 1))
        sums = [
            np.hstack([start, np.cumsum(weights * of, axis=1)[:, self.ends]])
            for of in (~self.hit, self.hit)
        ]
        return sums[0], sums[1]


def _resampled(
    matched: Matched,
    rates: Sequence[float],
    combined: Numbers,
    names: Sequence[str],
    drawn_by: tuple[ArrayLike, Resampling, float],
) -> tuple[Estimate, ...]:
    wanted = number_column("rates", list(rates))
    if wanted.size == 0 or (wanted < 0.0).any():
        raise ValueError(f"rates: false positives per image, not negative, got {list(rates)}")
    patients, resampling, level = drawn_by
    codes = _patients_of(matched, patients)
    whose = codes[matched.lesion_image]
    n, count, with_lesion = whose.size, int(codes.max(initial=-1)) + 1, np.unique(whose).size
    if with_lesion < 2:
        reason = _NO_LESION if n == 0 else "lesions of one patient only: nothing to resample"
        return tuple(Estimate.not_estimable(name, reason, n=n) for name in names)
    images = np.bincount(codes, minlength=count).astype(np.float64)
    lesions = np.bincount(whose, minlength=count).astype(np.float64)
    ranked = _Ranked.of(matched, codes)

    def found(times: Numbers) -> Numbers:
        false, hits = ranked.counted(times)
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = [
                hits[np.arange(len(times)), (false <= limit[:, None]).sum(axis=1) - 1]
                / (times @ lesions)
                for limit in np.outer(wanted, times @ images) * (1.0 + 1e-9)
            ]
            together: Numbers = np.transpose(shares) @ combined
        return together

    value = found(np.ones((1, count)))[0]
    draws = patient_draws(count, resampling, columns=max(ranked.score.size, count))
    values = np.concatenate([found(times.astype(np.float64)) for times in draws])
    return tuple(
        _limits(name, (float(value[i]), values[:, i]), (n, count, with_lesion), resampling, level)
        for i, name in enumerate(names)
    )


def _limits(
    name: str,
    found: tuple[float, Numbers],
    sizes: tuple[int, int, int],
    resampling: Resampling,
    level: float,
) -> Estimate:
    (value, drawn), (n, count, with_lesion) = found, sizes
    defined = drawn[np.isfinite(drawn)]
    if defined.size < (1.0 - _UNDEFINED_ALLOWED) * drawn.size:
        reason = f"no lesion in {drawn.size - defined.size} of {drawn.size} resamples of patients"
        return Estimate.not_estimable(name, reason, n=n)
    if np.ptp(defined) <= 1e-12:
        low, high = map(float, wilson_limits(value * with_lesion, with_lesion, level=level))
        method = f"Wilson on {with_lesion} patients (all resamples agree)"
    else:
        low, high = expanded_limits(defined, count, level=level)
        method = (
            f"cluster bootstrap, expanded percentile, {count} patients, "
            f"{resampling.replicates} resamples, seed {resampling.seed}"
        )
    return Estimate(name, n, value, min(low, value), max(high, value), level, method)


def _patients_of(matched: Matched, patients: ArrayLike) -> NDArray[np.intp]:
    codes, _ = patient_codes(patients)
    if codes.size != matched.images:
        raise ValueError(f"patients: one per image is needed, {matched.images}, got {codes.size}")
    return codes
