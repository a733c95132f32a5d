"""How well a device tells several findings that may be present together: the AUC over all findings.

Of each finding the truth may be unknown in some studies; these count for the other findings alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.clusters import patient_codes
from measures.comparison import independent_difference
from measures.estimate import Estimate
from measures.inputs import Numbers, refuse_unequal
from measures.proportions import normal_quantile
from measures.roc import area_limits, placements

__all__ = ["auc_over_findings", "paired_auc_over_findings_difference"]

MACRO = "macro_auc"
_METHOD = "DeLong, mean over findings"


def auc_over_findings(
    states: ArrayLike,
    scores: ArrayLike,
    findings: Sequence[str],
    *,
    patients: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The mean over findings of the chance that a study with the finding is scored higher for it
    than a study without.

    Every finding counts the same, however rare. The variance adds, study by study (or patient by
    patient, Obuchowski, Biometrics 1997;53:567), its placements in all findings' curves, so that
    what the curves have in common because they are of the same studies is in it (DeLong,
    Biometrics 1988;44:837; with one finding it is DeLong's). A study of which a finding is not
    known is in the other findings' curves only. Logit interval; exact binomial on as many pairs as
    the rarest side of a finding allows when all findings are separated perfectly.

    states: shape (studies, findings), 1 present, 0 absent, -1 not known. scores: the same shape,
    finite. patients: shape (studies,), or None when each study is of another patient. n is the
    number of studies of which any finding is known. Not estimable when a finding has fewer than two
    studies (or patients) with it or without it, for a mean over the others would leave it out
    unsaid. Raises ValueError if malformed.

    >>> states = [[1, 0], [1, 1], [0, 1], [0, 0], [1, -1], [0, 0]]
    >>> scores = [[.9, .2], [.6, .8], [.3, .3], [.4, .4], [.2, .5], [.1, .1]]
    >>> print(auc_over_findings(states, scores, ["pneumonia", "effusion"]))
    macro_auc 0.806 (95 % interval 0.218 to 0.984, n = 6)
    """
    curves = _curves(states, scores, findings, patients)
    if isinstance(curves, Estimate):
        return curves
    low, high, method = area_limits(
        curves.area, float(curves.pulls @ curves.pulls), named=_METHOD, pairs=curves.rarest,
        level=level,
    )
    said = "" if patients is None else f", {curves.pulls.size} patients"
    return Estimate(MACRO, curves.n, curves.area, low, high, level, method + said)


def paired_auc_over_findings_difference(
    states: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    findings: Sequence[str],
    *,
    patients: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Difference between two such means on the same studies.

    The variance is that of the differences of each study's placements (DeLong's paired test, of
    the mean over findings). Normal interval cut at -1 and 1; from the two single intervals where
    that variance is zero. Everything else, and when it is not estimable, as
    :func:`auc_over_findings`.

    >>> states = [[1, 0], [1, 1], [0, 1], [0, 0], [1, -1], [0, 0]]
    >>> scores = [[.9, .2], [.6, .8], [.3, .3], [.4, .4], [.2, .5], [.1, .1]]
    >>> print(paired_auc_over_findings_difference(states, scores, scores[::-1], ["a", "b"]))
    macro_auc_difference 0.194 (95 % interval -0.456 to 0.845, n = 6)
    """
    one, two = (
        auc_over_findings(states, scores, findings, patients=patients, level=level)
        for scores in (first, second)
    )
    curves = [_curves(states, scores, findings, patients) for scores in (first, second)]
    pulls = [found.pulls for found in curves if isinstance(found, _Curves)]
    if one.value is None or two.value is None or len(pulls) < 2:
        return replace(independent_difference(one, two), n=one.n)
    apart = pulls[0] - pulls[1]
    variance = float(apart @ apart)
    if variance <= 1e-15:
        return replace(independent_difference(one, two), n=one.n)
    half, value = normal_quantile(level) * math.sqrt(variance), one.value - two.value
    said = "" if patients is None else f", {pulls[0].size} patients"
    return Estimate(
        f"{MACRO}_difference", one.n, value, max(-1.0, value - half), min(1.0, value + half),
        level, f"{_METHOD}, paired{said}",
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Curves:
    """The mean area, how each patient pulls at it, and how many the rarest side of a finding has.

    The squares of the pulls add up to the variance of the mean.
    """

    n: int
    area: float
    pulls: Numbers
    rarest: int


def _curves(
    states: ArrayLike, scores: ArrayLike, findings: Sequence[str], patients: ArrayLike | None
) -> _Curves | Estimate:
    known = _states(states, len(findings))
    marks = _scores(scores, known.shape)
    codes = np.arange(len(known)) if patients is None else patient_codes(patients)[0]
    refuse_unequal(states=known[:, 0], patients=codes)
    everyone = int(codes.max(initial=-1)) + 1
    n = int((known >= 0).any(axis=1).sum())
    pulls, areas, rarest = np.zeros(everyone), [], everyone
    for place, finding in enumerate(findings):
        sides = {"with": known[:, place] == 1, "without": known[:, place] == 0}
        few = {words: np.unique(codes[rows]).size for words, rows in sides.items()}
        for words, count in few.items():
            if count < 2:
                of = "studies" if patients is None else "patients"
                reason = f"{finding}: {count} {of} {words} it, two are needed"
                return Estimate.not_estimable(MACRO, reason, n=n)
        there, absent = sides.values()
        both = there | absent
        found = placements(known[both, place], marks[both, place])
        areas.append(found.area)
        for rows, placed, count in zip(
            (there, absent), (found.diseased, found.healthy), few.values(), strict=True
        ):
            pull = (placed - found.area) / placed.size * math.sqrt(count / (count - 1))
            pulls += np.bincount(codes[rows], weights=pull, minlength=everyone)
        rarest = min(rarest, *few.values())
    return _Curves(n, float(np.mean(areas)), pulls / len(findings), rarest)


def _states(states: ArrayLike, findings: int) -> NDArray[np.int8]:
    found = np.asarray(states)
    if findings < 1 or found.ndim != 2 or found.shape[1] != findings:
        raise ValueError(f"states: needs one column for each of {findings} findings, got shape "
                         f"{found.shape}")
    if not np.isin(found, (-1, 0, 1)).all():
        raise ValueError("states: 1 is present, 0 absent and -1 not known; something else is there")
    return found.astype(np.int8)


def _scores(scores: ArrayLike, shape: tuple[int, ...]) -> Numbers:
    marks = np.asarray(scores, dtype=np.float64)
    if marks.shape != shape:
        raise ValueError(f"scores: needs shape {shape}, got {marks.shape}")
    bad = int(np.count_nonzero(~np.isfinite(marks)))
    if bad:
        raise ValueError(f"scores: {bad} of {marks.size} entries are missing or infinite")
    return marks
