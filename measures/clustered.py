"""Several studies of one patient are not independent: intervals in closed form that allow for it.

The reference they are tested against draws patients again and again (:mod:`measures.bootstrap`);
these take milliseconds. Where every patient has one study they are the ordinary intervals.

Few patients make the variance between patients itself unsure. So limits are widened by the ratio
of Student's t at (patients - 1) to that at (studies - 1) degrees of freedom (Korn and Graubard,
Surv Methodol 1998;24:193), and below ten patients, or where patients show no spread at all, they
are at least those of counting each patient once.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from measures.agreement import (
    negative_percent_agreement,
    overall_percent_agreement,
    positive_percent_agreement,
)
from measures.balanced import balanced_accuracy
from measures.binary import accuracy, f1, npv, ppv, sensitivity, specificity
from measures.calibration import brier, calibration_intercept, calibration_slope
from measures.clusters import Measure, patient_codes
from measures.estimate import Estimate
from measures.inputs import Numbers, number_column, refuse_unequal
from measures.logistic import log_odds, logistic_line
from measures.proportions import normal_quantile, wilson_limits
from measures.roc import area_limits, auc, placements

__all__ = ["CLUSTERED", "clustered"]

Codes = NDArray[np.intp]
_FEW = 10  # patients below which their variance is not trusted on its own
_NO_SPREAD = 1e-15
_ONE_PATIENT = "fewer than two patients: studies of one patient show no spread between patients"


@dataclasses.dataclass(frozen=True, slots=True)
class _Grouped:
    """The columns of a measure and whose studies they are."""

    truth: Numbers
    prediction: Numbers
    codes: Codes

    def per_patient(self, column: Numbers) -> Numbers:
        sums: Numbers = np.bincount(self.codes, weights=column).astype(np.float64)
        return sums

    def classes(self) -> list[tuple[int, int]]:
        """Patients and studies among the diseased, then among the healthy."""
        sick = self.truth == 1.0
        return [(np.unique(self.codes[of]).size, int(of.sum())) for of in (sick, ~sick)]


_Limits = Callable[[Estimate, _Grouped], Estimate]


def clustered(
    measure: str,
    truth: ArrayLike,
    prediction: ArrayLike,
    *,
    patients: ArrayLike,
    level: float = 0.95,
) -> Estimate:
    """The same number as the measure of that name gives, with an interval that respects that
    studies of one patient resemble each other.

    Give the patient also where a patient has several images and an image several lesions: what is
    alike within an image is alike within its patient, so the outermost level is enough.

    Shares and F1: the ratio estimator's variance between patients gives a design effect (never
    taken below 1), and Wilson's limits are formed at the effective sample size (Rao and Scott,
    Biometrics 1992;48:577); Brier likewise. With no spread (none missed, say) the effective size
    is the number of patients. AUC: placements summed by patient, with the covariance of a
    patient's diseased and healthy studies (Obuchowski, Biometrics 1997;53:567), logit limits.
    Balanced accuracy: linearised in the same way, logit limits.
    Calibration slope and intercept: Wald limits with the cluster-robust (sandwich) variance
    (Liang and Zeger, Biometrika 1986;73:13).

    measure: one of CLUSTERED. truth: 0/1 (for an agreement, what the comparator said);
    prediction: decision or score, as the measure asks; patients: pseudonyms or numbers; all of
    shape (studies,). n stays the number of studies; the method names the patients behind it.
    Not estimable where the measure is not, or with fewer than two patients (of each class, for
    AUC, balanced accuracy and calibration). Raises ValueError for an unknown measure or malformed
    columns.

    >>> found = clustered("sensitivity", [1, 1, 1, 1, 1, 1], [1, 1, 0, 0, 1, 1],
    ...                   patients=["a", "a", "b", "b", "c", "c"])
    >>> print(found)
    sensitivity 0.667 (95 % interval 0.083 to 0.978, n = 6)
    >>> found.method
    'Wilson at the effective sample size (Rao-Scott), 3 patients'
    """
    if measure not in CLUSTERED:
        raise ValueError(f"no clustered interval for {measure!r}; known: {', '.join(CLUSTERED)}")
    plainly, limits = _FORMS[measure]
    y, p = number_column("truth", truth), number_column("prediction", prediction)
    codes, _ = patient_codes(patients)
    refuse_unequal(truth=y, prediction=p, patients=codes)
    plain = plainly(y, p, level=level)
    return plain if plain.value is None else limits(plain, _Grouped(y, p, codes))


def _share(hits: Callable[[Numbers, Numbers], tuple[Numbers, Numbers]]) -> _Limits:
    def limits(plain: Estimate, of: _Grouped) -> Estimate:
        top, bottom = hits(of.truth, of.prediction)
        share = float(top.sum() / bottom.sum())
        naive = share * (1.0 - share) / max(plain.n - 1, 1)
        return _wilson(plain, of.per_patient(top), of.per_patient(bottom), (plain.n, naive))

    return limits


def _jaccard(plain: Estimate, of: _Grouped) -> Estimate:
    shared = _share(lambda y, d: (y * d, np.maximum(y, d)))(plain, of)
    if shared.low is None or shared.high is None:
        return shared
    low, high = (2.0 * limit / (1.0 + limit) for limit in (shared.low, shared.high))
    method = shared.method.replace("size", "size of the Jaccard share, transformed", 1)
    return dataclasses.replace(shared, value=plain.value, low=low, high=high, method=method)


def _brier(plain: Estimate, of: _Grouped) -> Estimate:
    loss = (of.prediction - of.truth) ** 2
    mean, spread = float(loss.mean()), float(loss.var(ddof=1))
    # Without clusters, as in measures.calibration.brier.
    independent = float(plain.n)
    if spread > _NO_SPREAD:
        independent = max(independent, mean * (1.0 - mean) / spread * plain.n)
    counted = of.per_patient(np.ones(plain.n))
    return _wilson(plain, of.per_patient(loss), counted, (independent, spread / plain.n))


def _wilson(
    plain: Estimate, top: Numbers, bottom: Numbers, independent: tuple[float, float]
) -> Estimate:
    """Limits of sum(top) / sum(bottom), one entry a patient.

    independent: effective size and variance were each study of another patient.
    """
    size, naive = independent
    patients, n = int(np.count_nonzero(bottom)), plain.n
    if patients < 2:
        return Estimate.not_estimable(plain.measure, _ONE_PATIENT, n=n)
    share = float(top.sum() / bottom.sum())
    between = patients / (patients - 1) * float(np.sum((top - share * bottom) ** 2)) / n**2
    if naive <= _NO_SPREAD:
        kept = patients / n
    else:
        kept = 1.0 / (max(1.0, between / naive) * _widening(plain.level, patients, n) ** 2)
        kept = min(kept, patients / n) if patients < _FEW else kept
    low, high = wilson_limits(share * size * kept, size * kept, level=plain.level)
    method = f"Wilson at the effective sample size (Rao-Scott), {patients} patients"
    return dataclasses.replace(plain, value=share, low=float(low), high=float(high), method=method)


def _obuchowski(plain: Estimate, of: _Grouped) -> Estimate:
    sick = of.truth == 1.0
    few, studies = min(of.classes())
    if few < 2:
        return _too_few(plain, of)
    found = placements(of.truth, of.prediction)
    everyone, variance, once, sums = int(of.codes.max()) + 1, 0.0, 0.0, []
    both = ((sick, found.diseased), (~sick, found.healthy))
    for (rows, placed), (patients, _) in zip(both, of.classes(), strict=True):
        off = np.zeros(of.truth.size)
        off[rows] = (placed - found.area) / placed.size
        sums.append(of.per_patient(off))
        variance += patients / (patients - 1) * float(sums[-1] @ sums[-1])
        once += float(placed.var(ddof=1)) / patients
    variance += 2.0 * everyone / (everyone - 1) * float(sums[0] @ sums[1])
    variance = _guarded(variance, once, few) * _widening(plain.level, few, studies) ** 2
    low, high, method = area_limits(
        found.area, variance, named="Obuchowski", pairs=few, level=plain.level
    )
    return dataclasses.replace(plain, low=low, high=high, method=f"{method}, {everyone} patients")


def _balanced(plain: Estimate, of: _Grouped) -> Estimate:
    (of_sick, sick), (of_healthy, healthy) = of.classes()
    few, studies = min((of_sick, sick), (of_healthy, healthy))
    if few < 2 or plain.value is None:
        return _too_few(plain, of)
    right = of.prediction == of.truth
    variance, once, sums = 0.0, 0.0, []
    for rows, (patients, size) in zip(
        (of.truth == 1.0, of.truth == 0.0), of.classes(), strict=True
    ):
        share = float(right[rows].mean())
        sums.append(of.per_patient(0.5 * rows * (right - share) / size))
        variance += patients / (patients - 1) * float(sums[-1] @ sums[-1])
        once += 0.25 * share * (1.0 - share) / max(patients - 1, 1)
    everyone = sums[0].size
    variance += 2.0 * everyone / (everyone - 1) * float(sums[0] @ sums[1])
    variance = _guarded(variance, once, few) * _widening(plain.level, few, studies) ** 2
    low, high, method = area_limits(
        plain.value, variance, named="linearised", pairs=few, level=plain.level
    )
    return dataclasses.replace(plain, low=low, high=high, method=f"{method}, {everyone} patients")


def _sandwich(position: int) -> _Limits:
    def limits(plain: Estimate, of: _Grouped) -> Estimate:
        few, studies = min(of.classes())
        if few < 2 or plain.value is None:
            return _too_few(plain, of)
        x = log_odds(of.prediction)
        beta, model = logistic_line(x, of.truth)
        left = of.truth - 0.5 * (1.0 + np.tanh(0.5 * (beta[0] + beta[1] * x)))
        scores = np.column_stack([of.per_patient(left), of.per_patient(left * x)])
        patients = scores.shape[0]
        robust = patients / (patients - 1) * model @ scores.T @ scores @ model
        once = float(model[position, position]) * studies / few
        variance = _guarded(float(robust[position, position]), once, few)
        quantile = normal_quantile(plain.level) * _widening(plain.level, few, studies)
        half = quantile * math.sqrt(variance)
        method = f"Wald, cluster-robust variance, {patients} patients"
        low, high = plain.value - half, plain.value + half
        return dataclasses.replace(plain, low=low, high=high, method=method)

    return limits


def _too_few(plain: Estimate, of: _Grouped) -> Estimate:
    (diseased, _), (healthy, _) = of.classes()
    reason = f"needs two patients of each: {diseased} with diseased, {healthy} with healthy studies"
    return Estimate.not_estimable(plain.measure, reason, n=plain.n)


def _guarded(variance: float, once: float, patients: int) -> float:
    """The variance, or at least `once` (each patient counted once) where it cannot be trusted."""
    return max(variance, once) if patients < _FEW or variance <= _NO_SPREAD else variance


def _widening(level: float, patients: int, studies: int) -> float:
    from scipy.special import stdtrit

    tail = (1.0 - level) / 2.0
    return float(stdtrit(patients - 1, tail) / stdtrit(studies - 1, tail))


_FORMS: dict[str, tuple[Measure, _Limits]] = {
    "sensitivity": (sensitivity, _share(lambda y, d: (y * d, y))),
    "specificity": (specificity, _share(lambda y, d: ((1 - y) * (1 - d), 1 - y))),
    "ppv": (ppv, _share(lambda y, d: (y * d, d))),
    "npv": (npv, _share(lambda y, d: ((1 - y) * (1 - d), 1 - d))),
    "accuracy": (accuracy, _share(lambda y, d: (y * d + (1 - y) * (1 - d), np.ones(y.size)))),
    "positive_percent_agreement": (positive_percent_agreement, _share(lambda y, d: (y * d, y))),
    "negative_percent_agreement": (
        negative_percent_agreement,
        _share(lambda y, d: ((1 - y) * (1 - d), 1 - y)),
    ),
    "overall_percent_agreement": (
        overall_percent_agreement,
        _share(lambda y, d: (y * d + (1 - y) * (1 - d), np.ones(y.size))),
    ),
    "balanced_accuracy": (balanced_accuracy, _balanced),
    "f1": (f1, _jaccard),
    "auc": (auc, _obuchowski),
    "brier": (brier, _brier),
    "calibration_slope": (calibration_slope, _sandwich(1)),
    "calibration_intercept": (calibration_intercept, _sandwich(0)),
}
CLUSTERED = tuple(_FORMS)
